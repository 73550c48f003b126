//! Versioned policies: the grid that levels are read from, and what due dates are derived with.
//!
//! A version is never changed once it was made; risks and their events name the one they used.

use abate_entity::{calendar, rating_grid, sla_policy};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::calendar::business_day::Holidays;
use crate::platform::problem::Problem;
use crate::risk::clock::{SlaCalendar, SlaPolicy, Versions};
use crate::risk::rating::Grid;

/// The name under which the versions of each policy in use are kept.
const STANDARD: &str = "standard";

/// The policies in force, and every version that an event may name.
#[derive(Clone, Debug)]
pub struct Policies {
    /// Number of the grid's row.
    pub grid_id: i64,
    /// The grid in force.
    pub grid: Grid,
    /// Number of the policy's row.
    pub policy_id: i64,
    /// Name and version of the policy in force, as `standard@1`.
    pub policy: String,
    /// Name and version of the calendar in force.
    pub calendar: String,
    /// The zone whose days count.
    pub zone: Tz,
    /// Every version there is.
    pub versions: Versions,
}

impl Policies {
    /// Reads them.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds something else.
    pub async fn load(db: &impl ConnectionTrait) -> Result<Self, Problem> {
        let mut versions = Versions::default();
        let mut policy = None;
        let rows = sla_policy::Entity::find().order_by_asc(sla_policy::Column::Id).all(db).await?;
        for row in rows {
            let name = format!("{}@{}", row.name, row.version);
            versions.policies.insert(name.clone(), read::<SlaPolicy>(row.data)?);
            policy = Some((row.id, name));
        }
        let mut current = None;
        for row in calendar::Entity::find().order_by_asc(calendar::Column::Id).all(db).await? {
            let name = format!("{}@{}", row.name, row.version);
            let calendar = read::<SlaCalendar>(row.data)?;
            current = Some((name.clone(), calendar.zone));
            versions.calendars.insert(name, calendar);
        }
        let grid = rating_grid::Entity::find()
            .order_by_desc(rating_grid::Column::Id)
            .one(db)
            .await?
            .ok_or_else(missing)?;
        let (policy_id, policy) = policy.ok_or_else(missing)?;
        let (calendar, zone) = current.ok_or_else(missing)?;
        Ok(Self { grid_id: grid.id, grid: read(grid.data)?, policy_id, policy, calendar, zone, versions })
    }
}

/// Makes the policies that a new organisation starts with, and a new version of the calendar when the
/// organisation's zone was changed.
///
/// # Errors
/// When the database refuses.
pub async fn write_defaults(tx: &impl ConnectionTrait, zone: Tz, now: DateTime<Utc>) -> Result<(), Problem> {
    if rating_grid::Entity::find().one(tx).await?.is_none() {
        let row = rating_grid::ActiveModel {
            name: Set(STANDARD.to_owned()),
            version: Set(1),
            data: Set(write(&Grid::standard())?),
            created_at: Set(now),
            ..Default::default()
        };
        row.insert(tx).await?;
    }
    if sla_policy::Entity::find().one(tx).await?.is_none() {
        let row = sla_policy::ActiveModel {
            name: Set(STANDARD.to_owned()),
            version: Set(1),
            data: Set(write(&SlaPolicy::standard())?),
            created_at: Set(now),
            ..Default::default()
        };
        row.insert(tx).await?;
    }
    let newest = calendar::Entity::find()
        .filter(calendar::Column::Name.eq(STANDARD))
        .order_by_desc(calendar::Column::Version)
        .one(tx)
        .await?;
    let (version, holidays) = match newest {
        None => (1, Holidays::default()),
        Some(row) => {
            let calendar: SlaCalendar = read(row.data)?;
            if calendar.zone == zone {
                return Ok(());
            }
            (row.version + 1, calendar.holidays)
        }
    };
    let row = calendar::ActiveModel {
        name: Set(STANDARD.to_owned()),
        version: Set(version),
        data: Set(write(&SlaCalendar { zone, holidays })?),
        created_at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

fn read<T: DeserializeOwned>(data: serde_json::Value) -> Result<T, Problem> {
    serde_json::from_value(data).map_err(Problem::internal)
}

fn write<T: Serialize>(policy: &T) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(policy).map_err(Problem::internal)
}

fn missing() -> Problem {
    Problem::internal(anyhow::anyhow!("the database has no policies; restart Abate to make the default ones"))
}
