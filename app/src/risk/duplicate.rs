//! Looks up the risk that a duplicate points to: again at each step, as what a proposal saw may be long past.

use abate_entity::lifecycle::DuplicateTarget;
use abate_entity::risk;
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, QuerySelect};

use super::key::{NotAKey, RiskKey};
use crate::platform::problem::Problem;

/// The risk of this key, for `risk_id` to be a duplicate of.
///
/// # Errors
/// 422 when there is none.
pub async fn of_key(db: &impl ConnectionTrait, risk_id: i64, key: &str) -> Result<DuplicateTarget, Problem> {
    let wrong = |detail: String| Problem::invalid("duplicate_of", detail);
    let key: RiskKey = key.parse().map_err(|error: NotAKey| wrong(error.to_string()))?;
    let target = risk::Entity::find_by_id(key.0).one(db).await?.map(|risk| pointed_at(risk_id, &risk));
    target.ok_or_else(|| wrong(format!("There is no risk {key}.")))
}

/// The same risk as it is now, for a step that is about to be taken. Until the transaction ends nobody else moves it, so
/// that no two risks become duplicates of each other at once.
///
/// # Errors
/// When the database cannot be asked.
pub async fn held(
    tx: &DatabaseTransaction,
    risk_id: i64,
    target: Option<DuplicateTarget>,
) -> Result<Option<DuplicateTarget>, Problem> {
    let Some(target) = target else { return Ok(None) };
    let risk = risk::Entity::find_by_id(target.id).lock_exclusive().one(tx).await?;
    Ok(risk.map(|risk| pointed_at(risk_id, &risk)))
}

/// The same risk as it is now, to be looked at.
///
/// # Errors
/// When the database cannot be asked.
pub async fn seen(
    db: &impl ConnectionTrait,
    risk_id: i64,
    target: Option<DuplicateTarget>,
) -> Result<Option<DuplicateTarget>, Problem> {
    let Some(target) = target else { return Ok(None) };
    let risk = risk::Entity::find_by_id(target.id).one(db).await?;
    Ok(risk.map(|risk| pointed_at(risk_id, &risk)))
}

fn pointed_at(risk_id: i64, target: &risk::Model) -> DuplicateTarget {
    DuplicateTarget { id: target.id, state: target.state, is_itself: target.id == risk_id }
}
