//! Ends the reading of a report: the counts are written, and the plan waits, is applied, or was never needed.

use std::collections::HashSet;

use abate_entity::level::Level;
use abate_entity::{import, source_scope};
use abate_integrations::scanner::RejectedRecord;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait};
use serde_json::{Map, Value, json};

use super::apply::{self, KIND, subject};
use super::stage::Sender;
use super::{plan_rules, stage_sql, status};
use crate::audit_log;
use crate::platform::job::queue;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// What reading a report came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) complete: bool,
    pub(super) findings: i64,
    pub(super) created: i64,
    pub(super) attached: i64,
    pub(super) updated: i64,
    pub(super) unchanged: i64,
    pub(super) reopened: i64,
    pub(super) vanished: i64,
    pub(super) rejected_count: i64,
    pub(super) rejected: Vec<RejectedRecord>,
    pub(super) by_level: [i64; 5],
    /// Rows that were staged.
    pub(super) staged: usize,
    /// Findings that would count as gone.
    pub(super) closing: usize,
    /// Findings of the scope that did not count as gone before.
    pub(super) live: usize,
    /// Assets, besides the scanned one, that something was found on.
    pub(super) met: HashSet<i64>,
}

/// Writes the counts and takes the plan further.
pub(super) async fn finish(
    state: &AppState,
    sender: &Sender,
    import: import::Model,
    scope: &source_scope::Model,
    outcome: Outcome,
) -> Result<import::Model, Problem> {
    let now = state.clock.now();
    let question = plan_rules::question(outcome.closing, outcome.live);
    let stands = if import.mode == "plan" {
        status::PLANNED
    } else if question.is_some() {
        status::NEEDS_APPROVAL
    } else {
        status::APPLYING
    };
    state
        .database
        .write(async |tx| {
            let mut row = counted(&import, &outcome);
            row.status = Set(stands.to_owned());
            row.problem = Set(question.as_ref().map(|question| json!({ "detail": question })));
            let mut import = row.update(tx).await?;
            if stands == status::APPLYING {
                if outcome.staged == 0 {
                    // Nothing to change: the scan itself is all there is to note.
                    import = apply::close(tx, import, scope.id, now).await?;
                } else {
                    queue::enqueue(tx, KIND, &subject(import.id), now, now).await?;
                }
            }
            note(tx, sender, &import, now).await?;
            Ok(import)
        })
        .await
}

fn counted(import: &import::Model, outcome: &Outcome) -> import::ActiveModel {
    let mut by_level = Map::new();
    for level in Level::ALL.iter().copied() {
        by_level.insert(level.as_str().to_owned(), outcome.by_level[level.index()].into());
    }
    import::ActiveModel {
        id: Set(import.id),
        complete: Set(outcome.complete),
        findings: Set(outcome.findings),
        created_count: Set(outcome.created),
        updated_count: Set(outcome.updated),
        unchanged_count: Set(outcome.unchanged + outcome.attached),
        reopened_count: Set(outcome.reopened),
        vanished_count: Set(outcome.vanished),
        rejected_count: Set(outcome.rejected_count),
        by_level: Set(Value::Object(by_level)),
        rejected: Set(json!(outcome.rejected)),
        ..Default::default()
    }
}

/// One entry an import, with the digest of what it was made from.
async fn note(
    tx: &DatabaseTransaction,
    sender: &Sender,
    import: &import::Model,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let data = json!({
        "file": import.sha256, "status": import.status, "created": import.created_count, "updated": import.updated_count,
        "unchanged": import.unchanged_count, "reopened": import.reopened_count, "vanished": import.vanished_count,
    });
    let subject = format!("import-{}", import.id);
    audit_log::add_as(tx, sender.actor_id(), sender.via, "import.receive", &subject, data, now).await
}

/// Keeps why a report could not be used; its staged rows go.
pub(super) async fn fail(state: &AppState, import: &import::Model, problem: &Problem) -> Result<(), Problem> {
    let document = problem.document();
    state
        .database
        .write(async |tx| {
            stage_sql::clear(tx, import.id).await?;
            let row = import::ActiveModel {
                id: Set(import.id),
                status: Set(status::FAILED.to_owned()),
                // The run's name is free again for the report that works.
                run: Set(None),
                problem: Set(Some(document.clone())),
                ..Default::default()
            };
            import::Entity::update(row).exec(tx).await?;
            Ok(())
        })
        .await
}
