//! `/api/v1/runs/{id}`

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use serde::Deserialize;

use super::view::RunView;
use crate::access::require::Require;
use crate::access::right::{DoRuns, See};
use crate::obligation::finder::{self, Names};
use crate::obligation::run::{self, Held, Proof};
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::state::AppState;

/// One run.
#[utoipa::path(tag = "obligations", params(("id" = i64, Path)), responses((status = 200, body = RunView)))]
#[get("/runs/{id}")]
pub(super) async fn show(
    caller: Require<See>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<RunView>, Problem> {
    let db = state.database.reader();
    let held = finder::run(db, &caller.scope(), *id).await?;
    Ok(web::Json(view(db, held, state.clock.now()).await?))
}

/// Says that somebody has begun.
#[utoipa::path(tag = "obligations", params(("id" = i64, Path)), responses((status = 200, body = RunView)))]
#[post("/runs/{id}/start")]
pub(super) async fn start_run(
    caller: Require<DoRuns>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<RunView>, Problem> {
    let now = state.clock.now();
    let write = state.database.write(async |tx| {
        let held = finder::run(tx, &caller.scope(), *id).await?;
        let run = run::start(tx, &caller, held.clone(), now).await?;
        view(tx, Held { run, ..held }, now).await
    });
    Ok(web::Json(write.await?))
}

/// What shows that a run was done: words, an address, or both.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CompletionForm {
    evidence: String,
    evidence_url: Option<String>,
}

/// Completes a run. One that was missed stays missed, with the day on which it was done.
#[utoipa::path(
    tag = "obligations",
    params(("id" = i64, Path)),
    request_body = CompletionForm,
    responses((status = 200, body = RunView))
)]
#[post("/runs/{id}/complete")]
pub(super) async fn complete_run(
    caller: Require<DoRuns>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<CompletionForm>,
) -> Result<web::Json<RunView>, Problem> {
    let now = state.clock.now();
    let write = state.database.write(async |tx| {
        let policies = Policies::load(tx).await?;
        let held = finder::run(tx, &caller.scope(), *id).await?;
        let proof = Proof { text: form.evidence.clone(), url: form.evidence_url.clone() };
        let run = run::complete(tx, &caller, &policies, held.clone(), proof, now).await?;
        view(tx, Held { run, ..held }, now).await
    });
    Ok(web::Json(write.await?))
}

/// Why a run is to be skipped.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SkipForm {
    /// Has to be given by the one who asks; the one who agrees may leave it out.
    reason: Option<String>,
}

/// Asks to skip a run, or agrees to what another person asked.
#[utoipa::path(
    tag = "obligations",
    params(("id" = i64, Path)),
    request_body = SkipForm,
    responses((status = 200, body = RunView))
)]
#[post("/runs/{id}/skip")]
pub(super) async fn skip_run(
    caller: Require<DoRuns>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<SkipForm>,
) -> Result<web::Json<RunView>, Problem> {
    let now = state.clock.now();
    let write = state.database.write(async |tx| {
        let held = finder::run(tx, &caller.scope(), *id).await?;
        let run = run::skip(tx, &caller, held.clone(), form.reason.as_deref(), now).await?;
        view(tx, Held { run, ..held }, now).await
    });
    Ok(web::Json(write.await?))
}

/// Until when reminders are to be put off.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SnoozeForm {
    until: DateTime<Utc>,
}

/// Puts the reminders of a run off, twice at most. The run itself never moves.
#[utoipa::path(
    tag = "obligations",
    params(("id" = i64, Path)),
    request_body = SnoozeForm,
    responses((status = 200, body = RunView))
)]
#[post("/runs/{id}/snooze")]
pub(super) async fn snooze_run(
    caller: Require<DoRuns>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<SnoozeForm>,
) -> Result<web::Json<RunView>, Problem> {
    let now = state.clock.now();
    let write = state.database.write(async |tx| {
        let policies = Policies::load(tx).await?;
        let held = finder::run(tx, &caller.scope(), *id).await?;
        let run = run::snooze(tx, &caller, &policies, held.clone(), form.until, now).await?;
        view(tx, Held { run, ..held }, now).await
    });
    Ok(web::Json(write.await?))
}

/// Why a run was missed.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplanationForm {
    reason: String,
}

/// Says why a run was missed.
#[utoipa::path(
    tag = "obligations",
    params(("id" = i64, Path)),
    request_body = ExplanationForm,
    responses((status = 200, body = RunView))
)]
#[post("/runs/{id}/explain")]
pub(super) async fn explain_run(
    caller: Require<DoRuns>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<ExplanationForm>,
) -> Result<web::Json<RunView>, Problem> {
    let now = state.clock.now();
    let write = state.database.write(async |tx| {
        let held = finder::run(tx, &caller.scope(), *id).await?;
        let run = run::explain(tx, &caller, held.clone(), &form.reason, now).await?;
        view(tx, Held { run, ..held }, now).await
    });
    Ok(web::Json(write.await?))
}

async fn view(db: &impl ConnectionTrait, held: Held, now: DateTime<Utc>) -> Result<RunView, Problem> {
    let people = Names::in_run(&held.run).into_iter().chain([held.cadence.owner_id]);
    let names = Names::of(db, people).await?;
    Ok(RunView::new(held.run, &held.cadence, &names, now))
}
