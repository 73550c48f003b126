//! `POST /api/v1/risks/{key}/confirm-transfer`

use actix_web::{HttpRequest, post, web};
use chrono::NaiveDate;
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
use crate::risk::{finder, transfer};
use crate::state::AppState;

/// Longest reason, in characters.
pub(in crate::risk) const MAX_REASON: usize = 10_000;

/// The confirmation that somebody else still carries a risk.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmTransferForm {
    /// The next day on which it is looked at again.
    review_on: Option<NaiveDate>,
    /// What shows it: the contract, the insurance.
    #[serde(default)]
    reason: String,
}

/// Confirms that a transferred risk is still carried by somebody else; without it the risk opens the day after its
/// day of review.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = ConfirmTransferForm,
    responses(
        (status = 200, body = RiskDetail),
        (status = 403, description = "No risk manager of the team"),
        (status = 409, description = "It was not transferred"),
        (status = 422, description = "Names what is missing"),
    )
)]
#[post("/risks/{key}/confirm-transfer")]
pub(super) async fn confirm_transfer(
    caller: Require<MoveRisks>,
    request: HttpRequest,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: web::Json<ConfirmTransferForm>,
) -> Result<web::Json<RiskDetail>, Problem> {
    let now = state.clock.now();
    let expected = if_match(&request)?;
    check_text("reason", &form.reason, MAX_REASON)?;
    let detail = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), *key).await?;
            check_version(&risk, expected)?;
            let who = requester(&caller, &risk);
            let risk = transfer::confirm(tx, &occasion, risk, &who, form.review_on, &form.reason).await?;
            RiskDetail::read(tx, risk, now).await
        })
        .await?;
    Ok(web::Json(detail))
}
