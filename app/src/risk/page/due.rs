//! The due date on a risk's page: how it came about, and `POST /risks/{key}/pause/approve`, `/pause/refuse` and
//! `/due-date`.

use abate_entity::lifecycle::Pending;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::act::{Sent, say, value};
use super::gather::Gathered;
use super::show;
use super::steps::Refused;
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::page::badge::Tone;
use crate::page::due::{day, days, in_words};
use crate::page::form::{Choice, Field, Kind};
use crate::page::said;
use crate::platform::problem::Problem;
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
    refused: Option<&Refused>,
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
            DerivationStep { what: in_words(&line.text), result, detail: day(local(line.at)) }
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
        refusing: match waiting.filter(|asked| asked.refused.is_none()) {
            Some(_) => refusing(refused),
            None => Vec::new(),
        },
        moving: if may_move && clock.is_running() { moving(refused) } else { Vec::new() },
    }
}

/// What the form that moves the due date is called among those of the page.
pub(super) const MOVE: &str = "due_date";
/// What the forms about a pause are called.
pub(super) const PAUSE: &str = "pause";

/// The form that moves the due date.
fn moving(refused: Option<&Refused>) -> Vec<Field> {
    let grounds = [
        ("", "It is sooner"),
        ("level_fell", "The level fell"),
        ("calendar_error", "A day off was missing from the calendar"),
    ];
    let grounds = grounds.map(|(value, label)| Choice::new(value, label, "")).to_vec();
    let fields = vec![
        Field::new("due_on", "Due on", Kind::Date).required(),
        Field::new("ground", "Why it may be later", Kind::Choice).choices(grounds),
        Field::new("reason", "Reason", Kind::Text).required(),
    ];
    as_sent(fields, refused.filter(|refused| refused.is(MOVE)))
}

/// The form that refuses a pause.
fn refusing(refused: Option<&Refused>) -> Vec<Field> {
    let fields = vec![Field::new("reason", "Why the clock runs on", Kind::Text).required()];
    as_sent(fields, refused.filter(|refused| refused.is(PAUSE)))
}

/// Fields as they were sent, where that was refused.
pub(super) fn as_sent(fields: Vec<Field>, refused: Option<&Refused>) -> Vec<Field> {
    let Some(refused) = refused else { return fields };
    let sent = |field: Field| {
        let (value, error) = (refused.value(&field.name).to_owned(), in_words(refused.error(&field.name)));
        Field { error, ..field.value(value) }
    };
    fields.into_iter().map(sent).collect()
}

/// Lets the clock pause as asked.
pub(super) async fn approve(
    request: HttpRequest,
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    answer((&request, &caller, &state), &key, form.0, true).await
}

/// Lets the clock run on.
pub(super) async fn refuse(
    request: HttpRequest,
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    answer((&request, &caller, &state), &key, form.0, false).await
}

/// Moves the due date.
pub(super) async fn move_due_date(
    request: HttpRequest,
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let key = RiskKey(show::find(&caller, &state, &key).await?.id);
    let now = state.clock.now();
    let SignedForm(sent) = form;
    let moved = state
        .database
        .write(async |tx| {
            let to = value(&sent, "due_on").unwrap_or_default().parse::<NaiveDate>();
            let to = to.map_err(|_| Problem::invalid("due_on", "Give a day, like 2026-12-31."))?;
            let wish = Wish { to, ground: ground(Some(value(&sent, "ground").unwrap_or_default()))? };
            let policies = Policies::load(tx).await?;
            let risk = finder::one(tx, &caller.scope(), key).await?;
            let who = requester(&caller, &risk);
            let occasion = Occasion::by(&caller, now, &policies);
            let reason = value(&sent, "reason").unwrap_or_default();
            due_date::move_to(tx, &occasion, risk, &who, wish, reason).await
        })
        .await;
    match moved {
        Ok(risk) => {
            let text = match risk.due_on {
                Some(due) => format!("{key} is due {} now.", day(due)),
                None => format!("{key} has no due date."),
            };
            Ok(said::see_other(&format!("/risks/{key}#due"), Tone::Good, &text))
        }
        Err(problem) => say((&request, &caller, &state), key.0, MOVE, sent, problem).await,
    }
}

async fn answer(
    (request, caller, state): (&HttpRequest, &Actor, &AppState),
    key: &str,
    sent: Sent,
    yes: bool,
) -> Result<HttpResponse, Problem> {
    let key = RiskKey(show::find(caller, state, key).await?.id);
    let now = state.clock.now();
    let reason = value(&sent, "reason").unwrap_or_default();
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
    match answered {
        Ok(risk) => {
            let text = match risk.due_on {
                Some(due) if yes => {
                    format!("The clock of {key} pauses; it is due {} at the latest.", day(due))
                }
                _ if yes => format!("The clock of {key} pauses."),
                _ => format!("The clock of {key} runs on."),
            };
            Ok(said::see_other(&format!("/risks/{key}#due"), Tone::Good, &text))
        }
        Err(problem) => say((request, caller, state), key.0, PAUSE, sent, problem).await,
    }
}
