//! The calendars, by name. That of the organisation is called `standard`, and its zone is the configured one.

use abate_entity::calendar;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};

use super::version::{Kept, Version};
use super::{STANDARD, read, write};
use crate::calendar::business_day::Holidays;
use crate::platform::problem::Problem;
use crate::risk::clock::SlaCalendar;

/// Every version of every calendar.
pub(super) async fn load(db: &impl ConnectionTrait) -> Result<Kept<SlaCalendar>, Problem> {
    let rows = calendar::Entity::find().all(db).await?.into_iter();
    let versions = rows
        .map(|row| Ok(Version { id: row.id, name: row.name, number: row.version, data: read(row.data)? }));
    Ok(Kept::new(versions.collect::<Result<_, Problem>>()?))
}

/// Makes the organisation's calendar, or a new version of it when the organisation's zone was changed; answers
/// whether days count otherwise from now on.
pub(super) async fn write_default(
    tx: &impl ConnectionTrait,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<bool, Problem> {
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
                return Ok(false);
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
    Ok(version > 1)
}
