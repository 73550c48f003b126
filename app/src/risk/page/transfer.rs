//! `POST /risks/{key}/confirm-transfer`

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;

use super::act::{Sent, say, value};
use super::due::as_sent;
use super::show;
use super::steps::Refused;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::page::badge::Tone;
use crate::page::form::{Field, Kind};
use crate::page::said;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::record::Occasion;
use crate::risk::{finder, transfer};
use crate::state::AppState;

/// What the form is called among those of the page.
pub(super) const EVENT: &str = "confirm_transfer";

/// The form.
pub(super) fn fields(refused: Option<&Refused>) -> Vec<Field> {
    let fields = vec![
        Field::new("review_on", "Look at it again on", Kind::Date).required(),
        Field::new("reason", "What shows that it still holds", Kind::Lines).required(),
    ];
    as_sent(fields, refused.filter(|refused| refused.is(EVENT)))
}

/// Confirms that a transferred risk is still carried by somebody else.
pub(super) async fn confirm(
    request: HttpRequest,
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let seen = show::find(&caller, &state, &key).await?;
    let SignedForm(sent) = form;
    let now = state.clock.now();
    let review_on: Option<NaiveDate> = value(&sent, "review_on").and_then(|day| day.trim().parse().ok());
    let confirmed = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), RiskKey(seen.id)).await?;
            let who = requester(&caller, &risk);
            let reason = value(&sent, "reason").unwrap_or_default();
            transfer::confirm(tx, &occasion, risk, &who, review_on, reason).await
        })
        .await;
    match confirmed {
        Ok(_) => {
            let page = format!("/risks/{}", RiskKey(seen.id));
            Ok(said::see_other(&page, Tone::Good, "The transfer is confirmed."))
        }
        Err(problem) => say((&request, &caller, &state), seen.id, EVENT, sent, problem).await,
    }
}
