//! The due date on a risk's page: how it came about, and `POST /risks/{key}/pause/approve`, `/pause/refuse` and
//! `/due-date`.

use abate_entity::lifecycle::Pending;
use abate_entity::risk;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use super::gather::Gathered;
use super::show;
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::page::badge::Tone;
use crate::page::due::{day, days};
use crate::page::said;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::api::due_date::ground;
use crate::risk::clock::Clock;
use crate::risk::clock::moving::Wish;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::pause::Waiting;
use crate::risk::record::Occasion;
use crate::risk::view::{Derivation, DerivationStep};
use crate::risk::{decline, due_date, finder, pause};
use crate::state::AppState;

/// How the due date came about, and what is asked about it.
pub(super) fn derivation(
    clock: &Clock,
    zone: Tz,
    waiting: Option<Waiting>,
    may_move: bool,
    gathered: &Gathered,
) -> Derivation {
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let mut before: Option<NaiveDate> = None;
    let steps = clock
        .lines
        .iter()
        .map(|line| {
            let result = match line.due_on {
                Some(due) if line.due_on != before => day(due),
                _ => String::new(),
            };
            before = line.due_on;
            DerivationStep { what: line.text.clone(), result, detail: day(local(line.at)) }
        })
        .collect();
    let pause = waiting.as_ref().map(|asked| {
        let who = gathered.person(Some(asked.asked_by));
        let asked_for = format!("{who} asks to pause the clock for {}.", days(i64::from(asked.days)));
        match &asked.refused {
            Some(whose) => format!("{asked_for} The answer is for {whose}."),
            None => asked_for,
        }
    });
    Derivation {
        basis: clock
            .ruling()
            .map(|(policies, calendar)| {
                format!("Policy {}, calendar {calendar}, {zone}", policies.join(" + "))
            })
            .unwrap_or_default(),
        steps,
        outcome: before.map(|due| format!("{}, 23:59", day(due))).unwrap_or_default(),
        none: "No clock runs yet.".to_owned(),
        pause: pause.unwrap_or_default(),
        may_answer: waiting.is_some_and(|asked| asked.refused.is_none()),
        may_move: may_move && clock.is_running(),
    }
}

/// What the forms about a pause send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PauseForm {
    reason: String,
}

/// Lets the clock pause as asked.
pub(super) async fn approve(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<PauseForm>,
) -> Result<HttpResponse, Problem> {
    answer(&caller, &state, &key, &form.0.reason, true).await
}

/// Lets the clock run on.
pub(super) async fn refuse(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<PauseForm>,
) -> Result<HttpResponse, Problem> {
    answer(&caller, &state, &key, &form.0.reason, false).await
}

/// What the form that moves the due date sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DueDateForm {
    due_on: String,
    ground: String,
    reason: String,
}

/// Moves the due date.
pub(super) async fn move_due_date(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<DueDateForm>,
) -> Result<HttpResponse, Problem> {
    let key = RiskKey(show::find(&caller, &state, &key).await?.id);
    let now = state.clock.now();
    let SignedForm(form) = form;
    let moved = state
        .database
        .write(async |tx| {
            let to = form.due_on.parse::<NaiveDate>();
            let to = to.map_err(|_| Problem::invalid("due_on", "Give a day, like 2026-12-31."))?;
            let wish = Wish { to, ground: ground(Some(&form.ground))? };
            let policies = Policies::load(tx).await?;
            let risk = finder::one(tx, &caller.scope(), key).await?;
            let who = requester(&caller, &risk);
            let occasion = Occasion::by(&caller, now, &policies);
            due_date::move_to(tx, &occasion, risk, &who, wish, &form.reason).await
        })
        .await;
    let text = |risk: risk::Model| match risk.due_on {
        Some(due) => format!("{key} is due {} now.", day(due)),
        None => format!("{key} has no due date."),
    };
    said_of(key, moved.map(text))
}

async fn answer(
    caller: &Actor,
    state: &AppState,
    key: &str,
    reason: &str,
    yes: bool,
) -> Result<HttpResponse, Problem> {
    let key = RiskKey(show::find(caller, state, key).await?.id);
    let now = state.clock.now();
    let answered = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), key).await?;
            let who = requester(caller, &risk);
            if yes {
                pause::approve(tx, &occasion, risk, &who, reason).await
            } else {
                decline::decline(tx, &occasion, risk, &who, Some(Pending::Pause), reason).await
            }
        })
        .await;
    let text = answered.map(|risk| match risk.due_on {
        Some(due) if yes => format!("The clock of {key} pauses; it is due {} at the latest.", day(due)),
        _ if yes => format!("The clock of {key} pauses."),
        _ => format!("The clock of {key} runs on."),
    });
    said_of(key, text)
}

/// Leads back to the risk, with what was done or what was in the way.
fn said_of(key: RiskKey, outcome: Result<String, Problem>) -> Result<HttpResponse, Problem> {
    let page = format!("/risks/{key}#due");
    match outcome {
        Ok(text) => Ok(said::see_other(&page, Tone::Good, &text)),
        Err(problem)
            if matches!(problem.kind(), Kind::Invalid | Kind::Conflict | Kind::Forbidden | Kind::Stale) =>
        {
            Ok(said::see_other(&page, Tone::Bad, problem.detail()))
        }
        Err(problem) => Err(problem),
    }
}
