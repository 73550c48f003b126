//! Waivers: a check or a risk does not count for an asset until a day. Each has a reason, an owner and an end.

use abate_entity::{app_user, asset, gate_waiver, risk};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::json;

use super::rules::{Check, Waiver};
use crate::access::actor::Actor;
use crate::access::right::WaiveGate;
use crate::access::scope::Scope;
use crate::access::user;
use crate::asset::register;
use crate::audit_log;
use crate::calendar::local_time::end_of_day;
use crate::platform::problem::{Kind, Problem};
use crate::risk::create::check_text;
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::step::today;

/// Longest time that a waiver holds, in days.
pub const MOST_DAYS: i64 = 90;
/// Longest reason, in characters.
const MAX_REASON: usize = 2_000;

/// A waiver to be made.
#[derive(Clone, Debug, Default)]
pub struct NewWaiver {
    /// Key of the asset.
    pub asset: String,
    /// The check.
    pub check: Option<String>,
    /// Key of the risk.
    pub risk: Option<String>,
    /// Why.
    pub reason: String,
    /// Address of who answers for it; the maker unless told.
    pub owner: Option<String>,
    /// Its last day.
    pub until: Option<NaiveDate>,
}

/// A waiver with the names beside its row.
#[derive(Clone, Debug)]
pub struct Named {
    /// The row.
    pub row: gate_waiver::Model,
    /// Key of the asset.
    pub asset: String,
    /// Address of who answers for it.
    pub owner: String,
    /// Address of who made it.
    pub created_by: String,
}

impl Named {
    /// Whether it holds at `now`.
    #[must_use]
    pub fn in_force(&self, now: DateTime<Utc>) -> bool {
        self.row.withdrawn_at.is_none() && self.row.ends_at >= now
    }

    /// As the rules take it.
    #[must_use]
    pub fn for_the_rules(&self) -> Waiver {
        Waiver {
            id: self.row.id,
            check: self.row.check_kind.as_deref().and_then(|check| check.parse().ok()),
            risk: self.row.risk_id.map(|id| RiskKey(id).to_string()),
            reason: self.row.reason.clone(),
            owner: self.owner.clone(),
            until: self.row.ends_on,
        }
    }
}

/// Makes a waiver.
///
/// # Errors
/// 422 naming each field that is wrong; 403 without the right in the asset's team.
pub async fn create(
    tx: &impl ConnectionTrait,
    actor: &Actor,
    new: &NewWaiver,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<Named, Problem> {
    let scope = actor.scope();
    let asset =
        register::by_key(tx, &new.asset).await?.filter(|asset| scope.covers(asset.team_id)).ok_or_else(
            || Problem::invalid("asset", format!("There is no asset {} that you may see.", new.asset)),
        )?;
    actor.require_in::<WaiveGate>(asset.team_id)?;
    let check = read_check(new.check.as_deref())?;
    let risk_id = match &new.risk {
        Some(key) => Some(risk_on(tx, &scope, &asset, key).await?),
        None => None,
    };
    if check.is_none() && risk_id.is_none() {
        return Err(Problem::invalid(
            "check",
            "Name the check (late, kev or introduced), the risk, or both.",
        ));
    }
    check_text("reason", &new.reason, MAX_REASON)?;
    if new.reason.trim().chars().count() < 10 {
        return Err(Problem::invalid("reason", "Say in a sentence why it may pass."));
    }
    let owner = match new.owner.as_deref() {
        Some(email) => user::active_by_email(tx, "owner", email).await?.email,
        None => actor.email.clone(),
    };
    let owner_id = user::active_by_email(tx, "owner", &owner).await?.id;
    let ends_on = last_day(new.until, today(now, zone))?;
    let row = gate_waiver::ActiveModel {
        asset_id: Set(asset.id),
        check_kind: Set(check.map(|check| check.to_string())),
        risk_id: Set(risk_id),
        reason: Set(new.reason.trim().to_owned()),
        owner_id: Set(owner_id),
        ends_on: Set(ends_on),
        ends_at: Set(end_of_day(zone, ends_on)),
        created_by: Set(actor.id),
        created_at: Set(now),
        ..Default::default()
    };
    let row = row.insert(tx).await?;
    let data = json!({
        "asset": asset.key, "check": row.check_kind, "risk": risk_id.map(|id| RiskKey(id).to_string()),
        "reason": row.reason, "owner": owner, "until": ends_on,
    });
    audit_log::add(tx, actor, "gate_waiver.create", &format!("gate-waiver-{}", row.id), data, now).await?;
    Ok(Named { row, asset: asset.key, owner, created_by: actor.email.clone() })
}

fn read_check(word: Option<&str>) -> Result<Option<Check>, Problem> {
    let Some(word) = word else { return Ok(None) };
    match word.parse::<Check>() {
        Ok(check) if check.can_be_waived() => Ok(Some(check)),
        Ok(check) => Err(Problem::invalid(
            "check",
            format!(
                "The check {check} cannot be waived, because then nobody knows what passes; waive late, kev or introduced."
            ),
        )),
        Err(_) => Err(Problem::invalid("check", "Use late, kev or introduced.")),
    }
}

async fn risk_on(
    tx: &impl ConnectionTrait,
    scope: &Scope,
    asset: &asset::Model,
    key: &str,
) -> Result<i64, Problem> {
    let key: RiskKey = key.parse().map_err(|error| Problem::invalid("risk", format!("{error}.")))?;
    let found: risk::Model = finder::one(tx, scope, key)
        .await
        .map_err(|_| Problem::invalid("risk", format!("There is no risk {key} that you may see.")))?;
    let further = abate_entity::risk_asset::Entity::find()
        .filter(abate_entity::risk_asset::Column::RiskId.eq(found.id))
        .filter(abate_entity::risk_asset::Column::AssetId.eq(asset.id))
        .one(tx)
        .await?;
    if found.asset_id == asset.id || further.is_some() {
        Ok(found.id)
    } else {
        Err(Problem::invalid("risk", format!("{key} is not on the asset {}.", asset.key)))
    }
}

fn last_day(until: Option<NaiveDate>, today: NaiveDate) -> Result<NaiveDate, Problem> {
    let latest = today + Duration::days(MOST_DAYS);
    match until {
        Some(day) if (today..=latest).contains(&day) => Ok(day),
        _ => Err(Problem::invalid("until", format!("Give its last day, from {today} to {latest}."))),
    }
}

/// Ends a waiver early.
///
/// # Errors
/// 404 when there is none that may be seen, 409 when it has ended, 403 without the right in the asset's team.
pub async fn withdraw(
    tx: &impl ConnectionTrait,
    actor: &Actor,
    id: i64,
    now: DateTime<Utc>,
) -> Result<Named, Problem> {
    let named = list(tx, &actor.scope(), &Wanted { id: Some(id), ..Wanted::default() }, 1)
        .await?
        .pop()
        .ok_or_else(|| Problem::not_found(format!("waiver {id}")))?;
    let asset = asset::Entity::find_by_id(named.row.asset_id).one(tx).await?;
    actor.require_in::<WaiveGate>(asset.map_or(0, |asset| asset.team_id))?;
    if !named.in_force(now) {
        return Err(Problem::new(Kind::Conflict, "This waiver has ended already."));
    }
    let row = gate_waiver::ActiveModel {
        id: Set(id),
        withdrawn_by: Set(Some(actor.id)),
        withdrawn_at: Set(Some(now)),
        ..Default::default()
    };
    let row = row.update(tx).await?;
    let data = json!({ "asset": named.asset });
    audit_log::add(tx, actor, "gate_waiver.withdraw", &format!("gate-waiver-{id}"), data, now).await?;
    Ok(Named { row, ..named })
}

/// Which waivers to list.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// This one.
    pub id: Option<i64>,
    /// Those of an asset.
    pub asset_id: Option<i64>,
    /// Those that hold at this time.
    pub in_force_at: Option<DateTime<Utc>>,
    /// Those made before this one.
    pub before: Option<i64>,
}

/// Waivers on assets that may be seen, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn list(
    db: &impl ConnectionTrait,
    scope: &Scope,
    wanted: &Wanted,
    limit: u64,
) -> Result<Vec<Named>, Problem> {
    let mut condition = Condition::all();
    if let Some(teams) = scope.teams() {
        condition = condition.add(asset::Column::TeamId.is_in(teams.iter().copied()));
    }
    if let Some(id) = wanted.id {
        condition = condition.add(gate_waiver::Column::Id.eq(id));
    }
    if let Some(asset_id) = wanted.asset_id {
        condition = condition.add(gate_waiver::Column::AssetId.eq(asset_id));
    }
    if let Some(at) = wanted.in_force_at {
        condition = condition
            .add(gate_waiver::Column::EndsAt.gte(at))
            .add(gate_waiver::Column::WithdrawnAt.is_null());
    }
    if let Some(before) = wanted.before {
        condition = condition.add(gate_waiver::Column::Id.lt(before));
    }
    let on_asset = gate_waiver::Entity::belongs_to(asset::Entity)
        .from(gate_waiver::Column::AssetId)
        .to(asset::Column::Id)
        .into();
    let rows = gate_waiver::Entity::find()
        .join(sea_orm::JoinType::InnerJoin, on_asset)
        .filter(condition)
        .order_by_desc(gate_waiver::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    let assets = asset::Entity::find()
        .filter(asset::Column::Id.is_in(rows.iter().map(|row| row.asset_id)))
        .all(db)
        .await?;
    let people = app_user::Entity::find()
        .filter(app_user::Column::Id.is_in(rows.iter().flat_map(|row| [row.owner_id, row.created_by])))
        .all(db)
        .await?;
    let email =
        |id: i64| people.iter().find(|user| user.id == id).map(|user| user.email.clone()).unwrap_or_default();
    Ok(rows
        .into_iter()
        .map(|row| Named {
            asset: assets
                .iter()
                .find(|asset| asset.id == row.asset_id)
                .map(|asset| asset.key.clone())
                .unwrap_or_default(),
            owner: email(row.owner_id),
            created_by: email(row.created_by),
            row,
        })
        .collect())
}
