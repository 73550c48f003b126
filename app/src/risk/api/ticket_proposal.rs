//! `DELETE /api/v1/risks/{key}/ticket-proposal`

use actix_web::{HttpResponse, delete, web};

use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::risk::{finder, ticket_proposal};
use crate::state::AppState;

/// Declines what the people at the risk's ticket want; the risk stays as it is.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path)),
    responses((status = 204, description = "Declined"), (status = 404, description = "The ticket asks for nothing"))
)]
#[delete("/risks/{key}/ticket-proposal")]
pub(super) async fn decline_ticket_proposal(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), *key).await?;
            ticket_proposal::decline(tx, &occasion, &caller, risk).await
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
