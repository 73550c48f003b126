//! Queues the tickets of risks that changed: of those that have one, and of those that are to have one by now. Where a
//! risk is in a group, that is the ticket of the group.

use std::collections::{HashMap, HashSet};

use abate_entity::{risk, ticket};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use super::finder;
use super::group::member;
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
    let has_groups = member::is_any_open(tx).await?;
    for risks in changed.chunks(CHUNK) {
        // The group whose ticket stands for its own, by the numbers of the risks.
        let ticketed: HashMap<i64, Option<i64>> = ticket::Entity::find()
            .select_only()
            .columns([ticket::Column::RiskId, ticket::Column::SupersededBy])
            .filter(ticket::Column::RiskId.is_in(risks.iter().map(|risk| risk.id)))
            .into_tuple::<(i64, Option<i64>)>()
            .all(tx)
            .await?
            .into_iter()
            .collect();
        let grouped = if has_groups { member::follow(tx, risks, now).await? } else { HashSet::new() };
        for risk in risks {
            let is_queued = if grouped.contains(&risk.id) {
                // What a ticket says whose place another one has taken stays, unless few may read it now.
                ticketed.get(&risk.id).is_some_and(|by| by.is_none() || risk.confidential)
            } else {
                ticketed.contains_key(&risk.id) || rules.wants(&store::facts(risk))
            };
            if is_queued {
                queue::enqueue(tx, jobs::TICKET, &finder::subject(risk.id), now, now).await?;
            }
        }
    }
    Ok(())
}
