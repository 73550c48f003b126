//! The clock events of risks, read back from what happened to them.

use std::collections::HashMap;

use abate_entity::risk_event;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use serde::Deserialize as _;

use super::clock::ClockEvent;
use super::key::RiskKey;
use super::record::Change;
use crate::platform::problem::Problem;

/// Risks that are read at a time.
const CHUNK: usize = 500;

/// The clock events of one risk, oldest first.
///
/// # Errors
/// When the database cannot be asked, or when what an event says cannot be read: a date without it would be wrong.
pub async fn clock_events(db: &impl ConnectionTrait, risk_id: i64) -> Result<Vec<ClockEvent>, Problem> {
    let rows = risk_event::Entity::find()
        .filter(risk_event::Column::RiskId.eq(risk_id))
        .order_by_asc(risk_event::Column::Version)
        .all(db)
        .await?;
    let mut events = Vec::new();
    for row in rows {
        events.extend(clock_events_of(&row)?);
    }
    Ok(events)
}

/// The clock events before changes, of the risks whose clocks they move.
pub(super) async fn earlier_clock_events(
    tx: &DatabaseTransaction,
    changes: &[Change],
) -> Result<HashMap<i64, Vec<ClockEvent>>, Problem> {
    let moved: Vec<i64> = changes
        .iter()
        .filter(|change| !change.event.clock.is_empty())
        .map(|change| change.before.id)
        .collect();
    clock_events_of_all(tx, &moved).await
}

/// The clock events of several risks, oldest first.
///
/// # Errors
/// As [`clock_events`].
pub async fn clock_events_of_all(
    db: &impl ConnectionTrait,
    risks: &[i64],
) -> Result<HashMap<i64, Vec<ClockEvent>>, Problem> {
    let mut found: HashMap<i64, Vec<ClockEvent>> = HashMap::new();
    for ids in risks.chunks(CHUNK) {
        let rows = risk_event::Entity::find()
            .filter(risk_event::Column::RiskId.is_in(ids.iter().copied()))
            .order_by_asc(risk_event::Column::RiskId)
            .order_by_asc(risk_event::Column::Version)
            .all(db)
            .await?;
        for row in rows {
            found.entry(row.risk_id).or_default().extend(clock_events_of(&row)?);
        }
    }
    Ok(found)
}

fn clock_events_of(row: &risk_event::Model) -> Result<Vec<ClockEvent>, Problem> {
    let Some(clock) = row.data.get("clock") else { return Ok(Vec::new()) };
    Vec::deserialize(clock).map_err(|cause| {
        let event = format!("version {} of {}", row.version, RiskKey(row.risk_id));
        Problem::internal(anyhow::Error::new(cause).context(format!("what {event} says of its clocks")))
    })
}
