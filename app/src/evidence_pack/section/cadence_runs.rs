//! The runs of recurring obligations: done, done late, missed or skipped. Where a run stood is told by the log, since its row
//! goes on.

use std::collections::HashMap;

use abate_entity::cadence_run::RunState;
use abate_entity::{audit_entry, cadence, cadence_run};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::Section;
use crate::evidence_pack::context::{Context, PAGE};
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;

pub(super) const SECTION: Section = Section {
    name: "cadence_runs",
    about: "runs of recurring obligations that came up in the period, missed ones with their reasons",
    columns: &[
        "run",
        "cadence",
        "kind",
        "team",
        "scheduled_on",
        "due_on",
        "state",
        "done_at",
        "done_by",
        "evidence",
        "evidence_url",
        "reason",
        "skip_asked_by",
        "decided_by",
    ],
    write: |context, table| Box::pin(write(context, table)),
};

/// Where a run stood, as the log tells.
#[derive(Default)]
struct Stood {
    state: Option<RunState>,
    done: Option<(DateTime<Utc>, Option<i64>)>,
    evidence: Value,
    evidence_url: Value,
    reason: Value,
    skip_asked_by: Option<i64>,
    decided_by: Option<i64>,
}

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let cadences = cadences(context).await?;
    let mut after = 0;
    loop {
        let rows = cadence_run::Entity::find()
            .filter(cadence_run::Column::Id.gt(after))
            .filter(cadence_run::Column::ScheduledOn.gte(context.days.from))
            .filter(cadence_run::Column::ScheduledOn.lte(context.days.to))
            .filter(cadence_run::Column::OpensAt.lt(context.period.as_of))
            .filter(cadence_run::Column::CreatedAt.lt(context.period.as_of))
            .order_by_asc(cadence_run::Column::Id)
            .limit(PAGE)
            .all(&context.db)
            .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        let mut stood = stood(context, &rows).await?;
        for row in rows {
            let Some(cadence) = cadences.get(&row.cadence_id) else { continue };
            if context.team.is_some_and(|team| team != cadence.team_id) {
                continue;
            }
            let told = told(context, &row, cadence, stood.remove(&row.id).unwrap_or_default());
            table.row(&told).map_err(Problem::internal)?;
        }
    }
}

fn told(context: &Context, row: &cadence_run::Model, cadence: &cadence::Model, stood: Stood) -> Value {
    let open = stood.state.is_none_or(|state| matches!(state, RunState::InProgress));
    let state = match stood.state {
        _ if open && row.missed_at < context.period.as_of => RunState::Missed,
        Some(state) => state,
        None => RunState::Due,
    };
    json!([
        row.id,
        cadence.name,
        cadence.kind.as_str(),
        context.team_key(Some(cadence.team_id)),
        row.scheduled_on,
        row.due_on,
        state.as_str(),
        stood.done.map(|(at, _)| at),
        context.person(stood.done.and_then(|(_, by)| by)),
        stood.evidence,
        stood.evidence_url,
        stood.reason,
        context.person(stood.skip_asked_by),
        context.person(stood.decided_by),
    ])
}

/// What the log tells of the runs, oldest first.
async fn stood(context: &Context, rows: &[cadence_run::Model]) -> Result<HashMap<i64, Stood>, Problem> {
    let entries = audit_entry::Entity::find()
        .filter(audit_entry::Column::Subject.is_in(rows.iter().map(|row| format!("run-{}", row.id))))
        .filter(audit_entry::Column::RecordedAt.lt(context.period.as_of))
        .order_by_asc(audit_entry::Column::RecordedAt)
        .order_by_asc(audit_entry::Column::Id)
        .all(&context.db)
        .await?;
    let mut found: HashMap<i64, Stood> = HashMap::new();
    for entry in entries {
        let Some(id) = entry.subject.strip_prefix("run-").and_then(|id| id.parse().ok()) else { continue };
        let stood = found.entry(id).or_default();
        let said = |name: &str| entry.data.get(name).cloned().unwrap_or_default();
        match entry.action.as_str() {
            "run.start" => stood.state = Some(RunState::InProgress),
            "run.complete" => {
                stood.state = said("state").as_str().and_then(|state| state.parse().ok()).or(stood.state);
                stood.done = Some((entry.recorded_at, entry.actor_id));
                stood.evidence = said("evidence");
                stood.evidence_url = said("evidence_url");
            }
            "run.ask_to_skip" => {
                stood.skip_asked_by = entry.actor_id;
                stood.reason = said("reason");
            }
            "run.skip" => {
                stood.state = Some(RunState::Skipped);
                stood.decided_by = entry.actor_id;
                stood.reason = said("reason");
            }
            "run.missed" => stood.state = Some(RunState::Missed),
            "run.explain" => {
                stood.state = Some(RunState::Missed);
                stood.reason = said("reason");
            }
            _ => {}
        }
    }
    Ok(found)
}

/// The cadences, with the name, kind and team that they had then: what was edited since says what was before.
async fn cadences(context: &Context) -> Result<HashMap<i64, cadence::Model>, Problem> {
    let rows = cadence::Entity::find().all(&context.db).await?;
    let mut cadences: HashMap<i64, cadence::Model> = rows.into_iter().map(|row| (row.id, row)).collect();
    let edits = audit_entry::Entity::find()
        .filter(audit_entry::Column::Action.eq("cadence.edit"))
        .filter(audit_entry::Column::RecordedAt.gte(context.period.as_of))
        .order_by_desc(audit_entry::Column::Id)
        .all(&context.db)
        .await?;
    for edit in edits {
        let id = edit.subject.strip_prefix("cadence-").and_then(|id| id.parse::<i64>().ok());
        let Some(cadence) = id.and_then(|id| cadences.get_mut(&id)) else { continue };
        let before = &edit.data["before"];
        if let Some(name) = before["name"].as_str() {
            name.clone_into(&mut cadence.name);
        }
        if let Some(kind) = before["kind"].as_str().and_then(|kind| kind.parse().ok()) {
            cadence.kind = kind;
        }
        if let Some(team) = before["team"].as_i64() {
            cadence.team_id = team;
        }
    }
    Ok(cadences)
}
