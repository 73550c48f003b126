//! Ends the reading of a report: the counts are written, and the plan waits, is applied, or was never needed.

use abate_entity::level::Level;
use abate_entity::{import, source_scope};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait};
use serde_json::{Map, Value, json};

use super::apply::{self, KIND, subject};
use super::compare::Outcome;
use super::guard_rail::{self, Check, Facts, GuardRail, Question, Tool};
use super::receive::Mode;
use super::stage::Sender;
use super::{stage_sql, status};
use crate::audit_log;
use crate::platform::job::queue;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Where an import belongs, and what may stop it there.
pub(super) struct Place<'a> {
    pub(super) scope: &'a source_scope::Model,
    pub(super) rails: &'a [GuardRail],
    /// Its branch or image is not the one that counts.
    pub(super) compared: bool,
}

/// Writes the counts and takes the plan further.
pub(super) async fn finish(
    state: &AppState,
    sender: &Sender,
    import: import::Model,
    place: &Place<'_>,
    outcome: Outcome,
) -> Result<import::Model, Problem> {
    let now = state.clock.now();
    let questions = match place.compared {
        true => Vec::new(),
        false => questions(state.database.reader(), &import, place, &outcome).await?,
    };
    let stands = if place.compared {
        status::COMPARED
    } else if import.mode == Mode::Plan.as_str() {
        status::PLANNED
    } else if questions.is_empty() {
        status::APPLYING
    } else {
        status::NEEDS_APPROVAL
    };
    state
        .database
        .write(async |tx| {
            let mut row = counted(&import, &outcome);
            row.status = Set(stands.to_owned());
            row.problem = Set(asked(&questions));
            let mut import = row.update(tx).await?;
            if stands == status::APPLYING {
                if outcome.staged == 0 {
                    // Nothing to change: the scan itself is all there is to note.
                    import = apply::close(tx, import, place.scope.id, now).await?;
                } else {
                    queue::enqueue(tx, KIND, &subject(import.id), now, now).await?;
                }
            }
            note(tx, sender, &import, &outcome.plan, now).await?;
            Ok(import)
        })
        .await
}

async fn questions(
    db: &impl ConnectionTrait,
    import: &import::Model,
    place: &Place<'_>,
    outcome: &Outcome,
) -> Result<Vec<Question>, Problem> {
    let before = match place.scope.head_import_id {
        Some(head) => import::Entity::find_by_id(head).one(db).await?,
        None => None,
    };
    let count = |count: i64| usize::try_from(count).unwrap_or(0);
    let facts = Facts {
        complete: outcome.complete,
        findings: count(outcome.findings),
        vanished: count(outcome.vanished),
        closing: outcome.closing,
        live: outcome.live,
        created: count(outcome.created),
        late: outcome.late,
        tool: tool(import),
        before: before.as_ref().map(tool),
    };
    let mut questions = guard_rail::questions(place.rails, &facts);
    if import.mode == Mode::Backlog.as_str() {
        // The sender has answered these.
        questions.retain(|question| !matches!(question.check, Check::Backlog | Check::FirstImport));
    }
    Ok(questions)
}

fn tool(import: &import::Model) -> Tool {
    Tool {
        name: import.tool_name.clone(),
        version: import.tool_version.clone(),
        format: import.format.clone(),
    }
}

/// Questions, as an import keeps them.
pub(super) fn asked(questions: &[Question]) -> Option<Value> {
    let details: Vec<&str> = questions.iter().map(|question| question.detail.as_str()).collect();
    (!questions.is_empty()).then(|| json!({ "detail": details.join(" "), "questions": questions }))
}

fn counted(import: &import::Model, outcome: &Outcome) -> import::ActiveModel {
    let mut by_level = Map::new();
    by_level.insert("unknown".to_owned(), outcome.unknown.into());
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
        attached_count: Set(outcome.attached),
        kept_count: Set(outcome.kept),
        waiting_count: Set(outcome.waiting),
        suppressed_count: Set(outcome.suppressed),
        by_level: Set(Value::Object(by_level)),
        rejected: Set(json!(outcome.rejected)),
        warnings: Set(json!(outcome.warnings.list())),
        ..Default::default()
    }
}

/// The first of the two entries of an import, with the digests of what it was made from and of what it plans.
async fn note(
    tx: &DatabaseTransaction,
    sender: &Sender,
    import: &import::Model,
    plan: &str,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let data = json!({
        "file": import.sha256, "plan": plan, "status": import.status, "created": import.created_count, "updated": import.updated_count,
        "unchanged": import.unchanged_count, "reopened": import.reopened_count, "vanished": import.vanished_count,
        "kept": import.kept_count, "waiting": import.waiting_count, "suppressed": import.suppressed_count,
        "intake_rules": import.rules_version,
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
