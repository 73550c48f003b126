//! The population: everything that was found, and what became of it. A finding's own row goes on with each scan, so that
//! what is told of it is told by its risk's history.

use std::collections::HashMap;

use abate_entity::lifecycle::State;
use abate_entity::{finding, import, risk_event};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::{Section, imports};
use crate::evidence_pack::context::{Context, History, PAGE};
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;

pub(super) const SECTION: Section = Section {
    name: "findings",
    about: "all findings that came in by then and were open in the period: found, confirmed, fixed, verified, late",
    columns: &[
        "finding",
        "source",
        "scope",
        "fingerprint",
        "first_import",
        "found_at",
        "recorded_at",
        "risk",
        "title",
        "level",
        "asset",
        "team",
        "state",
        "resolution",
        "owner",
        "confirmed_at",
        "claimed_at",
        "closed_at",
        "due_on",
        "late",
    ],
    write: |context, table| Box::pin(write(context, table)),
};

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let scopes = imports::scopes(context).await?;
    let moved = moved_later(context).await?;
    let mut after = 0;
    loop {
        let rows = finding::Entity::find()
            .filter(finding::Column::Id.gt(after))
            .order_by_asc(finding::Column::Id)
            .limit(PAGE)
            .all(&context.db)
            .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        let imports = first_imports(context, &rows).await?;
        let link = |row: &finding::Model| moved.get(&row.id).copied().or(row.risk_id);
        let ids: Vec<i64> = rows.iter().filter_map(link).collect();
        let risks = context.histories_of(&ids).await?;
        for row in rows {
            let Some(recorded_at) = imports.get(&row.first_import_id).and_then(|import| import.applied_at)
            else {
                continue;
            };
            let risk = link(&row).and_then(|id| risks.get(&id));
            let counts = match risk {
                Some(risk) => context.covers(recorded_at) || !was_closed(context, risk),
                None => context.team.is_none() && context.covers(recorded_at),
            };
            if recorded_at >= context.period.until || !counts {
                continue;
            }
            let (source, scope) = scopes.get(&row.scope_id).cloned().unwrap_or_default();
            let mut told = vec![
                json!(row.id),
                source,
                scope,
                json!(format!("{}:{}", row.scheme, row.hash)),
                json!(row.first_import_id),
                json!(row.detected_at),
                json!(recorded_at),
            ];
            told.extend(risk.map(|risk| of_risk(context, risk)).unwrap_or_default());
            table.row(&Value::Array(told)).map_err(Problem::internal)?;
        }
    }
}

/// The findings that were joined to another risk, or split off, later than what the pack shows: the risk they belonged to.
async fn moved_later(context: &Context) -> Result<HashMap<i64, i64>, Problem> {
    let events = risk_event::Entity::find()
        .filter(risk_event::Column::Kind.is_in(["joined", "split_off"]))
        .filter(risk_event::Column::RecordedAt.gte(context.period.as_of))
        .order_by_desc(risk_event::Column::RecordedAt)
        .order_by_desc(risk_event::Column::Id)
        .all(&context.db)
        .await?;
    let mut from = HashMap::new();
    for event in events {
        let before =
            event.data.get("from").and_then(Value::as_str).and_then(|key| key.parse::<RiskKey>().ok());
        let findings = event.data.get("moved").and_then(Value::as_array);
        if let (Some(before), Some(findings)) = (before, findings) {
            from.extend(findings.iter().filter_map(Value::as_i64).map(|id| (id, before.0)));
        }
    }
    Ok(from)
}

async fn first_imports(
    context: &Context,
    rows: &[finding::Model],
) -> Result<HashMap<i64, import::Model>, Problem> {
    let mut ids: Vec<i64> = rows.iter().map(|row| row.first_import_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let imports = import::Entity::find().filter(import::Column::Id.is_in(ids)).all(&context.db).await?;
    Ok(imports.into_iter().map(|import| (import.id, import)).collect())
}

/// Whether the risk was closed when the period began, and stayed so.
fn was_closed(context: &Context, history: &History) -> bool {
    let (before, within): (Vec<_>, Vec<_>) =
        history.events.iter().partition(|event| event.recorded_at < context.period.since);
    let closed = |event: &&risk_event::Model| event.to_state == Some(State::Closed);
    before.last().is_some_and(closed) && within.iter().all(closed)
}

fn of_risk(context: &Context, history: &History) -> Vec<Value> {
    let last = |into: State| {
        let into = |event: &&risk_event::Model| {
            event.to_state == Some(into) && event.from_state != Some(into) && event.from_state.is_some()
        };
        history.events.iter().rev().find(into)
    };
    let first = |into: State| {
        history.events.iter().find(|event| event.to_state == Some(into) && event.from_state != Some(into))
    };
    let value = |name: &str| history.value(name);
    let closed = value("state") == State::Closed.as_str();
    let closing = last(State::Closed).filter(|_| closed);
    let due_on: Option<chrono::NaiveDate> = value("due_on").as_str().and_then(|day| day.parse().ok());
    let done_on = context.local_day(closing.map_or(context.period.as_of, |event| event.effective_at));
    vec![
        json!(history.key()),
        value("title"),
        value("level"),
        context.asset(history.number("asset_id")),
        context.team_key(history.number("team_id")),
        value("state"),
        value("resolution"),
        context.person(history.number("owner_id")),
        json!(first(State::Open).map(|event| event.effective_at)),
        json!(last(State::Verification).map(|event| event.effective_at)),
        json!(closing.map(|event| event.effective_at)),
        json!(due_on),
        json!(due_on.map(|due_on| done_on > due_on)),
    ]
}
