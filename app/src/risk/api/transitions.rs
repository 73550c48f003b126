//! `POST /api/v1/risks/{key}/transitions`

use actix_web::{HttpRequest, post, web};

use super::form::TransitionForm;
use super::show::{check_version, if_match};
use super::view::RiskDetail;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::record::Occasion;
use crate::risk::step::{self, Asked};
use crate::state::AppState;

/// Takes a step of the lifecycle.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = TransitionForm,
    responses(
        (status = 200, body = RiskDetail),
        (status = 403, description = "Somebody else's step"),
        (status = 409, description = "No such step from here; `possible` lists those that there are"),
        (status = 422, description = "Something is missing; `errors` names all of it"),
    )
)]
#[post("/risks/{key}/transitions")]
pub(super) async fn transition(
    caller: Require<MoveRisks>,
    request: HttpRequest,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: web::Json<TransitionForm>,
) -> Result<web::Json<RiskDetail>, Problem> {
    let now = state.clock.now();
    let event = form.event()?;
    let expected = if_match(&request)?;
    let detail = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), *key).await?;
            check_version(&risk, expected)?;
            let given = form.resolve(tx, risk.id).await?;
            let requester = requester(&caller, &risk);
            let risk = step::take(tx, &occasion, risk, &requester, Asked::by_person(event, given)).await?;
            RiskDetail::read(tx, risk, now).await
        })
        .await?;
    Ok(web::Json(detail))
}
