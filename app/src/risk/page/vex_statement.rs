//! `POST /risks/{key}/vex-statement/decline`

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::show;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::AnswerVex;
use crate::page::badge::Tone;
use crate::page::said;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::risk::{finder, vex_proposal};
use crate::state::AppState;

/// A form without fields of its own.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

/// Declines what a VEX statement proposes.
pub(super) async fn decline(
    caller: Require<AnswerVex>,
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
            vex_proposal::decline(tx, &occasion, &caller, risk).await
        })
        .await;
    let page = format!("/risks/{}", RiskKey(seen.id));
    match declined {
        Ok(_) => Ok(said::see_other(&page, Tone::Good, "The statement is declined.")),
        Err(problem) if problem.kind() == Kind::NotFound => {
            Ok(said::see_other(&page, Tone::Bad, problem.detail()))
        }
        Err(problem) => Err(problem),
    }
}
