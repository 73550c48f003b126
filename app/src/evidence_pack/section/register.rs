//! The register as it was, put together from what had been recorded until then.

use abate_entity::lifecycle::State;
use serde_json::{Value, json};

use super::Section;
use crate::evidence_pack::context::{Context, History};
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;

pub(super) const SECTION: Section = Section {
    name: "register",
    about: "every risk as it was at the end of the register's day",
    columns: &[
        "risk",
        "title",
        "confidential",
        "team",
        "asset",
        "origin",
        "state",
        "resolution",
        "level",
        "inherent_likelihood",
        "inherent_impact",
        "current_likelihood",
        "current_impact",
        "target_likelihood",
        "target_impact",
        "grid",
        "treatment",
        "plan",
        "owner",
        "assignee",
        "detected_at",
        "recorded_at",
        "triage_due_at",
        "due_on",
        "review_on",
        "acceptance_ends_on",
        "closed_at",
        "version",
        "uuid",
    ],
    write: |context, table| Box::pin(write(context, table)),
};

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let mut after = 0;
    while let Some(histories) = context.histories(&mut after).await? {
        for history in &histories {
            table.row(&row(context, history)).map_err(Problem::internal)?;
        }
    }
    Ok(())
}

fn row(context: &Context, history: &History) -> Value {
    let History { risk, events, .. } = history;
    let value = |name: &str| history.value(name);
    let closed = value("state") == State::Closed.as_str();
    let closing = |event: &&abate_entity::risk_event::Model| {
        event.to_state == Some(State::Closed) && event.from_state != Some(State::Closed)
    };
    let closed_at = events.iter().rev().find(closing).filter(|_| closed).map(|event| event.effective_at);
    json!([
        history.key(),
        value("title"),
        value("confidential"),
        context.team_key(history.number("team_id")),
        context.asset(history.number("asset_id")),
        risk.origin,
        value("state"),
        value("resolution"),
        value("level"),
        value("inherent_likelihood"),
        value("inherent_impact"),
        value("current_likelihood"),
        value("current_impact"),
        value("target_likelihood"),
        value("target_impact"),
        context.grid(history.number("grid_id")),
        value("treatment"),
        plan(history),
        context.person(history.number("owner_id")),
        context.person(history.number("assignee_id")),
        risk.detected_at,
        risk.created_at,
        value("triage_due_at"),
        value("due_on"),
        value("review_on"),
        value("acceptance_ends_on"),
        closed_at,
        events.last().map(|event| event.version),
        risk.uuid,
    ])
}

/// The plan as it was: the first later event that replaced it says what it was before.
fn plan(history: &History) -> Value {
    let replaced = history.later.iter().find_map(|event| event.data.get("before")?.get("plan"));
    replaced.cloned().unwrap_or_else(|| history.risk.plan.clone().into())
}
