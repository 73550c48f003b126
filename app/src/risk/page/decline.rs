//! `POST /risks/{key}/decline`: says no to what somebody asked for, or takes one's own request back.

use abate_entity::lifecycle::Pending;
use actix_web::{HttpRequest, HttpResponse, web};

use super::act::{Sent, say, value};
use super::show;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::page::badge::Tone;
use crate::page::said;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::record::Occasion;
use crate::risk::{decline, finder};
use crate::state::AppState;

/// Says no.
pub(super) async fn answer(
    request: HttpRequest,
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let seen = show::find(&caller, &state, &key).await?;
    let SignedForm(sent) = form;
    let key = RiskKey(seen.id);
    let now = state.clock.now();
    let answered = state
        .database
        .write(async |tx| {
            let what = value(&sent, "what").unwrap_or_default();
            let what: Pending =
                what.parse().map_err(|error| Problem::invalid("what", format!("{error}.")))?;
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), key).await?;
            let who = requester(&caller, &risk);
            let reason = value(&sent, "reason").unwrap_or_default();
            decline::decline(tx, &occasion, risk, &who, Some(what), reason).await
        })
        .await;
    match answered {
        Ok(_) => Ok(said::see_other(&format!("/risks/{key}"), Tone::Good, "The request is answered.")),
        Err(problem) => {
            let event = format!("decline_{}", value(&sent, "what").unwrap_or_default());
            say((&request, &caller, &state), seen.id, &event, sent, problem).await
        }
    }
}
