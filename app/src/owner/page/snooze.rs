//! `POST /risks/{key}/snooze`: puts off what the reader is told of a risk.

use abate_entity::lifecycle::Party;
use abate_entity::risk;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::owner::ladder::CLIMBED;
use crate::owner::snooze::{self, Until};
use crate::page::badge::{Tone, counted};
use crate::page::form::{Choice, Field, Kind};
use crate::page::said;
use crate::platform::problem::{self, Problem};
use crate::policy::Policies;
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::record::Occasion;
use crate::state::AppState;

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct SnoozeForm {
    days: u32,
    #[serde(default)]
    reason: String,
}

/// The fields of the form; none for those who are told nothing of the risk, and where nothing is due.
pub(crate) fn fields(caller: &Actor, risk: &risk::Model, now: DateTime<Utc>) -> Vec<Field> {
    let parties = requester(caller, risk).parties;
    let told = [Party::Owner, Party::Assignee, Party::TeamLead].iter().any(|party| parties.contains(party));
    if !told || !CLIMBED.contains(&risk.state) || risk.due_on.is_none() || risk.due_at <= now {
        return Vec::new();
    }
    let choices = [1_u64, 2, 3, 7, 14]
        .map(|days| Choice::new(days.to_string(), counted(days, "day", "days"), "3"))
        .to_vec();
    vec![
        Field::new("days", "For", Kind::Choice).required().choices(choices),
        Field::new("reason", "Why", Kind::Text),
    ]
}

/// Puts it off.
pub(super) async fn snooze_risk(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: SignedForm<SnoozeForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let days = Until::Days(form.0.days);
    let snoozed = state.database.write(async |tx| {
        let policies = Policies::load(tx).await?;
        let occasion = Occasion::by(&caller, now, &policies);
        let risk = finder::one(tx, &caller.scope(), *key).await?;
        snooze::snooze(tx, &occasion, &caller, risk, days, &form.0.reason).await
    });
    let page = format!("/risks/{}#due", *key);
    match snoozed.await {
        Ok(_) => Ok(said::see_other(&page, Tone::Good, "You are told nothing of it until then.")),
        Err(problem) if problem.kind() == problem::Kind::Invalid => {
            let why = problem.errors().first().map_or(problem.detail(), |error| error.detail.as_str());
            Ok(said::see_other(&page, Tone::Bad, why))
        }
        Err(problem) => Err(problem),
    }
}
