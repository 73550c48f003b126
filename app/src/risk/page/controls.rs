//! `POST /risks/{key}/controls`: the controls that the risk relies on.

use abate_entity::risk;
use actix_web::{HttpRequest, HttpResponse, web};

use super::act::{Sent, say, value};
use super::gather::Gathered;
use super::show;
use super::steps::Refused;
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::control::relied::{self, Relying};
use crate::page::badge::Tone;
use crate::page::said;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::parties::may_edit;
use crate::risk::record::Occasion;
use crate::risk::view::ControlChoice;
use crate::state::AppState;

/// What the form is called among those of the page.
pub(super) const EVENT: &str = "controls";

/// Makes the ticked controls those that the risk relies on. What is wrong with the form is said on the risk's page.
pub(super) async fn rely(
    request: HttpRequest,
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let seen = show::find(&caller, &state, &key).await?;
    let key_now = RiskKey(seen.id);
    let SignedForm(sent) = form;
    match write(&caller, &state, key_now, &sent).await {
        Ok(()) => {
            let said = "The risk relies on these controls now.";
            Ok(said::see_other(&format!("/risks/{key_now}"), Tone::Good, said))
        }
        Err(problem) => say((&request, &caller, &state), seen.id, EVENT, sent, problem).await,
    }
}

async fn write(caller: &Actor, state: &AppState, key: RiskKey, sent: &Sent) -> Result<(), Problem> {
    let now = state.clock.now();
    let wanted = ticked(sent);
    state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let risk = finder::one(tx, &caller.scope(), key).await?;
            may_edit(caller, &risk)?;
            // The form shows all of them, so that what was ticked by others meanwhile is seen as such, not taken back.
            let shown: Vec<&str> = all(sent, "shown").collect();
            let known = relied::keys(tx, risk.id).await?;
            let new = Relying {
                add: wanted.iter().filter(|key| !known.contains(key)).cloned().collect(),
                remove: shown
                    .into_iter()
                    .filter(|key| !wanted.iter().any(|wanted| wanted == key))
                    .filter(|key| known.iter().any(|known| known == key))
                    .map(str::to_owned)
                    .collect(),
                reason: value(sent, "reason").unwrap_or_default().to_owned(),
            };
            relied::change(tx, &Occasion::by(caller, now, &policies), risk, &new).await.map(drop)
        })
        .await
}

fn ticked(sent: &Sent) -> Vec<String> {
    all(sent, "control").map(str::to_owned).collect()
}

fn all<'a>(sent: &'a Sent, name: &str) -> impl Iterator<Item = &'a str> {
    sent.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The controls that can be ticked, for those who may change the risk; as they were sent, where that was refused.
pub(super) fn choices(
    risk: &risk::Model,
    gathered: &Gathered,
    caller: &Actor,
    refused: Option<&Refused>,
) -> Vec<ControlChoice> {
    if may_edit(caller, risk).is_err() {
        return Vec::new();
    }
    let sent = refused.filter(|refused| refused.event == EVENT).map(|refused| ticked(&refused.values));
    let relies = |key: &str| gathered.controls.iter().any(|control| control.key == key);
    gathered
        .catalogue
        .iter()
        .filter(|control| control.state != "retired" || relies(&control.key))
        .map(|control| ControlChoice {
            key: control.key.clone(),
            name: control.name.clone(),
            ticked: match &sent {
                Some(sent) => sent.contains(&control.key),
                None => relies(&control.key),
            },
            shown: relies(&control.key),
        })
        .collect()
}
