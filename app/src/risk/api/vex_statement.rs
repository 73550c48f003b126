//! `DELETE /api/v1/risks/{key}/vex-statement`

use actix_web::{HttpResponse, delete, web};

use crate::access::require::Require;
use crate::access::right::AnswerVex;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::risk::{finder, vex_proposal};
use crate::state::AppState;

/// Declines what a VEX statement proposes; the same statement is not put again. To accept it, dismiss the risk.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path)),
    responses((status = 204, description = "Declined"), (status = 404, description = "No statement waits for an answer"))
)]
#[delete("/risks/{key}/vex-statement")]
pub(super) async fn decline_statement(
    caller: Require<AnswerVex>,
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
            vex_proposal::decline(tx, &occasion, &caller, risk).await
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
