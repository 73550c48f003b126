//! `POST /api/v1/risks/{key}/due-date`

use actix_web::{HttpRequest, post, web};
use chrono::NaiveDate;
use serde::Deserialize;

use super::show::{check_version, if_match};
use super::view::RiskDetail;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::clock::moving::{Ground, Wish};
use crate::risk::create::check_text;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::record::Occasion;
use crate::risk::{due_date, finder};
use crate::state::AppState;

/// Longest reason, in characters.
const MAX_REASON: usize = 10_000;

/// Another due date.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DueDateForm {
    /// The day.
    due_on: NaiveDate,
    /// Why.
    #[serde(default)]
    reason: String,
    /// Why it may be later than before: `level_fell` or `calendar_error`. Sooner needs none.
    ground: Option<String>,
}

/// Moves the due date of a risk by hand.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = DueDateForm,
    responses(
        (status = 200, body = RiskDetail),
        (status = 403, description = "It is for a risk manager of the team, or the head of security, who does not own it"),
        (status = 409, description = "No clock runs"),
        (status = 422, description = "The day cannot be; `errors` names all that is in the way"),
    )
)]
#[post("/risks/{key}/due-date")]
pub(super) async fn move_due_date(
    caller: Require<MoveRisks>,
    request: HttpRequest,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: web::Json<DueDateForm>,
) -> Result<web::Json<RiskDetail>, Problem> {
    let now = state.clock.now();
    let expected = if_match(&request)?;
    check_text("reason", &form.reason, MAX_REASON)?;
    let wish = Wish { to: form.due_on, ground: ground(form.ground.as_deref())? };
    let detail = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), *key).await?;
            check_version(&risk, expected)?;
            let who = requester(&caller, &risk);
            let risk = due_date::move_to(tx, &occasion, risk, &who, wish, &form.reason).await?;
            RiskDetail::read(tx, risk, now).await
        })
        .await?;
    Ok(web::Json(detail))
}

/// The ground that a form names.
///
/// # Errors
/// 422 for another word.
pub(in crate::risk) fn ground(word: Option<&str>) -> Result<Option<Ground>, Problem> {
    let Some(word) = word.filter(|word| !word.is_empty()) else { return Ok(None) };
    word.parse().map(Some).map_err(|unknown| Problem::invalid("ground", format!("{unknown}.")))
}
