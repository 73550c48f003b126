//! `POST /api/v1/risks/{key}/decline`

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
use crate::risk::{decline, finder};
use crate::state::AppState;

/// Longest reason, in characters.
const MAX_REASON: usize = 10_000;

/// A no to what waits for a second person, or the taking back of one's own request.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclineForm {
    /// acceptance, dismissal or pause; may be left out where only one of them waits.
    what: Option<String>,
    /// Why.
    #[serde(default)]
    reason: String,
}

/// Declines a request that waits for a second person; whoever asked takes it back by this.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = DeclineForm,
    responses(
        (status = 200, body = RiskDetail),
        (status = 403, description = "Somebody else's answer"),
        (status = 409, description = "Nothing waits"),
    )
)]
#[post("/risks/{key}/decline")]
pub(super) async fn decline_request(
    caller: Require<MoveRisks>,
    request: HttpRequest,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: web::Json<DeclineForm>,
) -> Result<web::Json<RiskDetail>, Problem> {
    let now = state.clock.now();
    let expected = if_match(&request)?;
    check_text("reason", &form.reason, MAX_REASON)?;
    let what = match form.what.as_deref() {
        Some(word) => {
            Some(word.parse::<Pending>().map_err(|unknown| Problem::invalid("what", format!("{unknown}.")))?)
        }
        None => None,
    };
    let detail = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), *key).await?;
            check_version(&risk, expected)?;
            let who = requester(&caller, &risk);
            let risk = decline::decline(tx, &occasion, risk, &who, what, &form.reason).await?;
            RiskDetail::read(tx, risk, now).await
        })
        .await?;
    Ok(web::Json(detail))
}
