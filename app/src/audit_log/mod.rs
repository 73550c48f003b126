//! Who did what. Entries are only ever added.

use abate_entity::audit_entry;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait};
use serde_json::Value;

use crate::access::actor::{Actor, Via};
use crate::platform::problem::Problem;

/// Adds an entry for something that `actor` did.
///
/// # Errors
/// When the database refuses.
pub async fn add(
    tx: &impl ConnectionTrait,
    actor: &Actor,
    action: &str,
    subject: &str,
    data: Value,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    add_as(tx, Some(actor.id), actor.via, action, subject, data, now).await
}

/// Adds an entry for something that a user, or the system, did.
///
/// # Errors
/// When the database refuses.
pub async fn add_as(
    tx: &impl ConnectionTrait,
    actor_id: Option<i64>,
    via: Via,
    action: &str,
    subject: &str,
    data: Value,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let entry = audit_entry::ActiveModel {
        recorded_at: Set(now),
        actor_id: Set(actor_id),
        via: Set(via.as_str().to_owned()),
        action: Set(action.to_owned()),
        subject: Set(subject.to_owned()),
        data: Set(data),
        request_id: Set(String::new()),
        ..Default::default()
    };
    entry.insert(tx).await?;
    Ok(())
}
