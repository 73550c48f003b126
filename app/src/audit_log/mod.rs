//! Who did what. Entries are only ever added; soon after, each is sealed, so that no change of it goes unseen.
//!
//! `seal` puts entries into a chain of hashes, apart from those who write them, so that nobody waits. `checkpoint` signs
//! how long the chain was. `verify` walks along it.

pub mod api;
pub mod chain_rules;
pub mod checkpoint;
pub mod export;
pub mod export_line;
pub mod finder;
pub mod guard;
pub mod offline;
pub mod page;
mod row;
pub mod seal;
pub mod settings;
pub mod verify;
pub mod walk_rules;

use abate_entity::audit_entry;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait};
use serde_json::Value;

use crate::access::actor::{Actor, Via};
use crate::platform::problem::Problem;
use crate::platform::trace::Trace;

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
    entry(actor_id, via, action, subject, data, now).insert(tx).await?;
    Ok(())
}

/// An entry that is yet to be added, with the request at hand.
#[must_use]
pub fn entry(
    actor_id: Option<i64>,
    via: Via,
    action: &str,
    subject: &str,
    data: Value,
    now: DateTime<Utc>,
) -> audit_entry::ActiveModel {
    let trace = Trace::at_hand();
    let agent = if actor_id.is_some() { trace.agent() } else { "" }.to_owned();
    audit_entry::ActiveModel {
        recorded_at: Set(now),
        actor_id: Set(actor_id),
        via: Set(via.as_str().to_owned()),
        action: Set(action.to_owned()),
        subject: Set(subject.to_owned()),
        data: Set(data),
        request_id: Set(trace.request_id),
        address: Set(trace.address),
        agent: Set(agent),
        ..Default::default()
    }
}
