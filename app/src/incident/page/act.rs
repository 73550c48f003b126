//! `POST /incidents/{key}/{action}`

use actix_web::{HttpRequest, HttpResponse, web};
use chrono_tz::Tz;

use super::declare::moment;
use super::{Sent, is_for_the_form, show, value};
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{DeclareIncidents, LeadIncidents};
use crate::incident::action::NewAction;
use crate::incident::api::{act as follow, take};
use crate::incident::declare::NewData;
use crate::incident::duty::Settlement;
use crate::incident::key::IncidentKey;
use crate::incident::step::{Entry, Step};
use crate::page::badge::Tone;
use crate::page::{said, shell};
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::state::AppState;

/// Does what a form asks for. What is wrong with it is said on the incident's page.
pub(super) async fn act(
    request: HttpRequest,
    caller: Require<DeclareIncidents>,
    state: web::Data<AppState>,
    path: web::Path<(String, String)>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let (key, action) = path.into_inner();
    let key: IncidentKey = key.parse().map_err(|_| Problem::not_found(format!("incident {key}")))?;
    let SignedForm(sent) = form;
    match done(&state, &caller, key, &action, &sent).await {
        Ok(text) => Ok(said::see_other(&format!("/incidents/{key}"), Tone::Good, text)),
        Err(problem) if is_for_the_form(&problem) => {
            let refused = show::Refused { action: &action, sent: &sent, problem: &problem };
            let page = show::page(&request, &caller, &state, key, Some(refused)).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn done(
    state: &AppState,
    caller: &Actor,
    key: IncidentKey,
    action: &str,
    sent: &Sent,
) -> Result<&'static str, Problem> {
    let zone = Policies::load(state.database.reader()).await?.zone;
    let text = match action {
        "acknowledge" => {
            take::<LeadIncidents>(state, caller, key, None, Step::Acknowledge).await?;
            return Ok("You have taken it on. Nobody is called any more.");
        }
        "close" => {
            let some = |name: &str| Some(value(sent, name)).filter(|text| !text.is_empty());
            let step = Step::Close { summary: some("summary"), no_action_reason: some("no_action_reason") };
            take::<LeadIncidents>(state, caller, key, None, step).await?;
            return Ok("It is closed.");
        }
        "actions" => {
            follow(state, caller, key, action_of(sent)?).await?;
            return Ok("The action is recorded as a risk.");
        }
        "contain" => "It is contained.",
        "data" => "It is noted what is concerned, and who has to be told.",
        "entries" => "The line is in the log.",
        "duty" => "It is noted.",
        _ => return Err(Problem::not_found("such page")),
    };
    take::<DeclareIncidents>(state, caller, key, None, step(action, sent, zone)?).await?;
    Ok(text)
}

fn step(action: &str, sent: &Sent, zone: Tz) -> Result<Step, Problem> {
    Ok(match action {
        "data" => Step::Data(NewData {
            data_class: value(sent, "data_class"),
            subjects: value(sent, "subjects"),
            people: number(sent, "people")?,
            note: value(sent, "note"),
        }),
        "entries" => Step::Entry(Entry {
            at: moment(sent, "at", zone)?,
            who: value(sent, "who"),
            how: value(sent, "how"),
            text: value(sent, "text"),
        }),
        "duty" => {
            let settlement = Settlement {
                state: value(sent, "state"),
                told_at: moment(sent, "told_at", zone)?,
                how: value(sent, "how"),
                reason: value(sent, "reason"),
            };
            Step::Duty(number(sent, "duty")?.unwrap_or_default(), settlement)
        }
        _ => Step::Contain,
    })
}

fn action_of(sent: &Sent) -> Result<NewAction, Problem> {
    let score = |name: &str| -> Result<Option<u8>, Problem> {
        let text = value(sent, name);
        let read = text.parse().map_err(|_| Problem::invalid(name, "Give a number from 1 to 5."));
        if text.is_empty() { Ok(None) } else { read.map(Some) }
    };
    Ok(NewAction {
        title: value(sent, "title"),
        asset: value(sent, "asset"),
        owner: Some(value(sent, "owner")),
        inherent: score("likelihood")?.zip(score("impact")?),
        ..NewAction::default()
    })
}

fn number(sent: &Sent, name: &str) -> Result<Option<i64>, Problem> {
    let text = value(sent, name);
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Problem::invalid(name, "Give a number."))
}
