//! `POST /api/v1/risks/{key}/pause/approve` and `/pause/refuse`

use abate_entity::lifecycle::Pending;
use actix_web::{HttpRequest, post, web};
use serde::Deserialize;

use super::show::{check_version, if_match};
use super::view::RiskDetail;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::create::check_text;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::record::Occasion;
use crate::risk::{decline, finder, pause};
use crate::state::AppState;

/// Longest reason, in characters.
const MAX_REASON: usize = 10_000;

/// An answer to whoever asked for a pause.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PauseForm {
    /// Why; a refusal needs it.
    #[serde(default)]
    reason: String,
}

/// Lets the clock of a blocked risk pause as asked, counted from the day of the block.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = PauseForm,
    responses(
        (status = 200, body = RiskDetail),
        (status = 403, description = "It is for a risk manager of the team who did not ask for the pause"),
        (status = 409, description = "No pause waits"),
    )
)]
#[post("/risks/{key}/pause/approve")]
pub(super) async fn approve_pause(
    caller: Require<MoveRisks>,
    request: HttpRequest,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: web::Json<PauseForm>,
) -> Result<web::Json<RiskDetail>, Problem> {
    answer(&caller, &request, &state, *key, &form.reason, true).await
}

/// Lets the clock of a blocked risk run on.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = PauseForm,
    responses(
        (status = 200, body = RiskDetail),
        (status = 403, description = "It is for a risk manager of the team, or whoever asked takes it back"),
        (status = 409, description = "No pause waits"),
    )
)]
#[post("/risks/{key}/pause/refuse")]
pub(super) async fn refuse_pause(
    caller: Require<MoveRisks>,
    request: HttpRequest,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: web::Json<PauseForm>,
) -> Result<web::Json<RiskDetail>, Problem> {
    answer(&caller, &request, &state, *key, &form.reason, false).await
}

async fn answer(
    caller: &Require<MoveRisks>,
    request: &HttpRequest,
    state: &AppState,
    key: RiskKey,
    reason: &str,
    yes: bool,
) -> Result<web::Json<RiskDetail>, Problem> {
    let now = state.clock.now();
    let expected = if_match(request)?;
    check_text("reason", reason, MAX_REASON)?;
    let detail = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), key).await?;
            check_version(&risk, expected)?;
            let who = requester(caller, &risk);
            let risk = if yes {
                pause::approve(tx, &occasion, risk, &who, reason).await?
            } else {
                decline::decline(tx, &occasion, risk, &who, Some(Pending::Pause), reason).await?
            };
            RiskDetail::read(tx, risk, now).await
        })
        .await?;
    Ok(web::Json(detail))
}
