//! Queues the tickets of risks that changed: of those that have one, and of those that are to have one by now.

use std::collections::HashSet;

use abate_entity::{risk, ticket};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use super::finder;
use super::rule::store;
use crate::jobs;
use crate::platform::job::queue;
use crate::platform::problem::Problem;

/// How many risks one query asks about.
const CHUNK: usize = 500;

/// Queues the tickets of the risks that changed. An import changes thousands that have none and want none.
///
/// # Errors
/// When the database refuses.
pub async fn enqueue(
    tx: &DatabaseTransaction,
    changed: &[risk::Model],
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    if changed.is_empty() {
        return Ok(());
    }
    let rules = store::in_force(tx).await?;
    for risks in changed.chunks(CHUNK) {
        let ticketed: HashSet<i64> = ticket::Entity::find()
            .select_only()
            .column(ticket::Column::RiskId)
            .filter(ticket::Column::RiskId.is_in(risks.iter().map(|risk| risk.id)))
            .into_tuple::<i64>()
            .all(tx)
            .await?
            .into_iter()
            .collect();
        for risk in risks {
            if ticketed.contains(&risk.id) || rules.wants(&store::facts(risk)) {
                queue::enqueue(tx, jobs::TICKET, &finder::subject(risk.id), now, now).await?;
            }
        }
    }
    Ok(())
}
