//! `POST /risks/{key}/confirm-transfer`

use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::Deserialize;

use super::show;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::page::badge::Tone;
use crate::page::said;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::record::Occasion;
use crate::risk::{finder, transfer};
use crate::state::AppState;

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct ConfirmForm {
    #[serde(default)]
    review_on: String,
    #[serde(default)]
    reason: String,
}

/// Confirms that a transferred risk is still carried by somebody else.
pub(super) async fn confirm(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<ConfirmForm>,
) -> Result<HttpResponse, Problem> {
    let seen = show::find(&caller, &state, &key).await?;
    let now = state.clock.now();
    let review_on: Option<NaiveDate> = form.0.review_on.trim().parse().ok();
    let confirmed = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), RiskKey(seen.id)).await?;
            let who = requester(&caller, &risk);
            transfer::confirm(tx, &occasion, risk, &who, review_on, &form.0.reason).await
        })
        .await;
    let page = format!("/risks/{}", RiskKey(seen.id));
    match confirmed {
        Ok(_) => Ok(said::see_other(&page, Tone::Good, "The transfer is confirmed.")),
        Err(problem) if matches!(problem.kind(), Kind::Invalid | Kind::Conflict | Kind::Forbidden) => {
            Ok(said::see_other(&page, Tone::Bad, problem.detail()))
        }
        Err(problem) => Err(problem),
    }
}
