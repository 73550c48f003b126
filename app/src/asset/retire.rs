//! Takes assets out of service: by a person, or because they were not seen for as long as they were expected to live.

use abate_entity::asset;
use abate_entity::lifecycle::Via;
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{edit, settle};
use crate::access::actor::Actor;
use crate::access::right::KeepRegister;
use crate::audit_log;
use crate::platform::job::Work;
use crate::platform::problem::{Kind, Problem};
use crate::platform::timer::Timer;
use crate::state::AppState;

/// Takes what has outlived its time out of service.
pub const TIMER: Timer<AppState> = Timer { name: "asset.expire", every: Duration::hours(1), run };

/// Longest reason, in characters.
const LONGEST_REASON: usize = 2_000;

/// Takes an asset out of service. Its open risks go to verification: somebody else confirms that they went with it.
///
/// # Errors
/// 422 without a reason, 403 outside the caller's teams, 409 when it is out of service already.
pub async fn retire(
    tx: &impl ConnectionTrait,
    actor: &Actor,
    asset: asset::Model,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<asset::Model, Problem> {
    actor.require_in::<KeepRegister>(asset.team_id)?;
    edit::refuse_merged(&asset)?;
    if asset.retired_at.is_some() {
        return Err(Problem::new(Kind::Conflict, format!("{} is out of service already.", asset.key)));
    }
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        let detail = format!("Say in 1 to {LONGEST_REASON} characters what became of it.");
        return Err(Problem::invalid("reason", detail));
    }
    let row = asset::ActiveModel {
        retired_at: Set(Some(now)),
        retired_by_id: Set(Some(actor.id)),
        ..Default::default()
    };
    let asset = edit::write(tx, &asset, row, now).await?;
    let data = json!({"key": asset.key, "reason": reason});
    audit_log::add(tx, actor, "asset.retire", &edit::subject(&asset), data, now).await?;
    settle::want(tx, asset.id, now).await?;
    Ok(asset)
}

/// When an asset counts as gone unless a report finds it again.
#[must_use]
pub fn expires_at(asset: &asset::Model) -> Option<DateTime<Utc>> {
    let days = Duration::days(i64::from(asset.lifetime_days?));
    Some(asset.last_seen_at.unwrap_or(asset.created_at) + days)
}

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        let mortal = asset::Entity::find()
            .filter(asset::Column::LifetimeDays.is_not_null())
            .filter(asset::Column::RetiredAt.is_null())
            .all(state.database.reader())
            .await?;
        for asset in mortal.into_iter().filter(|asset| expires_at(asset).is_some_and(|end| end <= now)) {
            let retired = state.database.write(async |tx| expire(tx, asset.clone(), now).await).await;
            match retired {
                // Somebody changed it meanwhile, so the next round looks again.
                Err(problem) if problem.kind() == Kind::Stale => {}
                done => done?,
            }
        }
        Ok(())
    })
}

async fn expire(tx: &impl ConnectionTrait, asset: asset::Model, now: DateTime<Utc>) -> Result<(), Problem> {
    let row =
        asset::ActiveModel { retired_at: Set(Some(now)), retired_by_id: Set(None), ..Default::default() };
    let asset = edit::write(tx, &asset, row, now).await?;
    let data =
        json!({"key": asset.key, "lifetime_days": asset.lifetime_days, "last_seen_at": asset.last_seen_at});
    audit_log::add_as(tx, None, Via::Timer, "asset.expire", &edit::subject(&asset), data, now).await?;
    settle::want(tx, asset.id, now).await
}
