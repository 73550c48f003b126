//! `GET /api/v1/risks/{key}/history` and `/sla`

use abate_entity::risk_event;
use actix_web::{get, web};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use serde_json::Value;

use super::view::Names;
use crate::access::require::Require;
use crate::access::right::See;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::clock::Clock;
use crate::risk::key::RiskKey;
use crate::risk::{finder, record};
use crate::state::AppState;

/// Something that happened to a risk.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct EventView {
    /// The risk's version after it.
    version: i32,
    /// What happened.
    kind: String,
    /// The row of the lifecycle table.
    transition: Option<String>,
    from: Option<&'static str>,
    to: Option<&'static str>,
    effective_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    /// Address of who did it, none for the system.
    actor: Option<String>,
    via: String,
    reason: String,
    #[schema(value_type = Object)]
    data: Value,
}

/// Everything that happened to a risk, oldest first.
#[utoipa::path(tag = "risks", params(("key" = String, Path), PageQuery), responses((status = 200, body = Page<EventView>)))]
#[get("/risks/{key}/history")]
pub(super) async fn history(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<EventView>>, Problem> {
    let db = state.database.reader();
    let risk = finder::one(db, &caller.scope(), *key).await?;
    let limit = page.limit()?;
    let mut query = risk_event::Entity::find()
        .filter(risk_event::Column::RiskId.eq(risk.id))
        .order_by_asc(risk_event::Column::Version)
        .limit(limit + 1);
    if let Some(after) = page.after::<i32>()? {
        query = query.filter(risk_event::Column::Version.gt(after));
    }
    let events = Page::cut(query.all(db).await?, limit, |event| event.version);
    let actors: Vec<i64> = events.items.iter().filter_map(|event| event.actor_id).collect();
    let names = Names::of(db, &[], &actors).await?;
    Ok(web::Json(events.map(|event| EventView {
        version: event.version,
        kind: event.kind,
        transition: event.transition,
        from: event.from_state.map(abate_entity::lifecycle::State::as_str),
        to: event.to_state.map(abate_entity::lifecycle::State::as_str),
        effective_at: event.effective_at,
        recorded_at: event.recorded_at,
        actor: event.actor_id.and_then(|id| names.email(id)),
        via: event.via,
        reason: event.reason,
        data: event.data,
    })))
}

/// When a risk is due, and why.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SlaView {
    /// When triage is due.
    triage_due_at: Option<DateTime<Utc>>,
    /// When triage ended.
    triage_left_at: Option<DateTime<Utc>>,
    /// The local day on which remediation is due.
    due_on: Option<NaiveDate>,
    /// The zone of that day.
    zone: Option<&'static str>,
    /// The last second of that day.
    due_at: Option<DateTime<Utc>>,
    /// The derivation, one sentence a step.
    because: Vec<LineView>,
}

/// One step of the derivation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LineView {
    at: DateTime<Utc>,
    text: String,
    /// The day on which remediation was due from then on.
    due_on: Option<NaiveDate>,
}

/// The due dates of a risk, derived from its events step by step.
#[utoipa::path(tag = "risks", params(("key" = String, Path)), responses((status = 200, body = SlaView)))]
#[get("/risks/{key}/sla")]
pub(super) async fn sla(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
) -> Result<web::Json<SlaView>, Problem> {
    let db = state.database.reader();
    let risk = finder::one(db, &caller.scope(), *key).await?;
    let policies = Policies::load(db).await?;
    let events = record::clock_events(db, risk.id).await?;
    let clock = Clock::replay(&events, &policies.versions).map_err(Problem::internal)?;
    Ok(web::Json(SlaView {
        triage_due_at: clock.triage_due_at,
        triage_left_at: clock.triage_left_at,
        due_on: clock.due.map(|due| due.on),
        zone: clock.due.map(|due| due.zone.name()),
        due_at: clock.due.map(|due| due.at),
        because: clock
            .lines
            .into_iter()
            .map(|line| LineView { at: line.at, text: line.text, due_on: line.due_on })
            .collect(),
    }))
}
