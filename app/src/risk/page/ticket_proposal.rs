//! `POST /risks/{key}/ticket-proposal/decline`

use actix_web::{HttpResponse, web};

use super::show;
use super::vex_statement::Nothing;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::page::badge::Tone;
use crate::page::said;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::risk::{finder, ticket_proposal};
use crate::state::AppState;

/// Declines what the people at the ticket want.
pub(super) async fn decline(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    _form: SignedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    let seen = show::find(&caller, &state, &key).await?;
    let now = state.clock.now();
    let declined = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), RiskKey(seen.id)).await?;
            ticket_proposal::decline(tx, &occasion, &caller, risk).await
        })
        .await;
    let page = format!("/risks/{}", RiskKey(seen.id));
    match declined {
        Ok(_) => Ok(said::see_other(&page, Tone::Good, "What the ticket asks for is declined.")),
        Err(problem) if problem.kind() == Kind::NotFound => {
            Ok(said::see_other(&page, Tone::Bad, problem.detail()))
        }
        Err(problem) => Err(problem),
    }
}
