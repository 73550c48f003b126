//! `POST /risks/bulk`: the same for the risks that were ticked in the list, and how it went for each.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use sea_orm::ConnectionTrait;

use super::act::{Sent, value};
use super::list;
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::access::user;
use crate::page::badge::{Badge, Tone, capitalised, counted};
use crate::page::form::{Choice, Field, Kind, Problems, label_of};
use crate::page::frame::{Frame, Section};
use crate::page::{context, shell};
use crate::platform::problem::{Kind as ProblemKind, Problem};
use crate::risk::api::TransitionForm;
use crate::risk::bulk::{self, Outcome, Which, Work};
use crate::risk::edit::Edit;
use crate::state::AppState;

/// What can be done to several: its word in the form, and what the reader sees.
const ACTIONS: [(&str, &str); 5] = [
    ("assignee", "Give the work to"),
    ("owner", "Make the owner"),
    ("start_triage", "Start triage"),
    ("start", "Start the work"),
    ("vanished", "Close as gone"),
];

/// How it went.
#[derive(Template)]
#[template(path = "risk/bulk.html")]
struct BulkPage {
    frame: Frame,
    summary: String,
    rows: Vec<Row>,
}

struct Row {
    key: String,
    /// Empty for what is no key.
    href: String,
    result: Badge,
    why: String,
}

/// The form as it was sent, and what was wrong with it.
pub(super) struct Refused {
    sent: Sent,
    problem: Problem,
}

impl Refused {
    fn error(&self, name: &str) -> &str {
        let errors = self.problem.errors();
        errors.iter().find(|error| error.field == name).map_or("", |error| error.detail.as_str())
    }

    /// The keys that were ticked.
    pub(super) fn keys(&self) -> Vec<String> {
        keys(&self.sent)
    }

    /// What the page says above all.
    pub(super) fn problems(&self) -> Problems {
        let none_ticked = "Tick the risks that are meant, at their beginning.";
        let said = |field: &str, detail: &str| match field {
            "keys" if self.keys().is_empty() => (String::new(), none_ticked.to_owned()),
            "keys" => (String::new(), detail.to_owned()),
            "person" => ("Whom".to_owned(), detail.to_owned()),
            field => (label_of(field), detail.to_owned()),
        };
        let errors = self.problem.errors();
        Problems {
            title: match errors {
                [] => self.problem.detail().to_owned(),
                _ => "Nothing was changed yet.".to_owned(),
            },
            items: errors.iter().map(|error| said(&error.field, &error.detail)).collect(),
        }
    }
}

/// The fields of the bar; none for those who may change nothing.
pub(super) fn fields(caller: &Actor, refused: Option<&Refused>) -> Vec<Field> {
    if !caller.holds::<MoveRisks>() {
        return Vec::new();
    }
    let choices = ACTIONS.map(|(word, label)| Choice::new(word, label, "assignee")).to_vec();
    let fields = vec![
        Field::new("action", "With the ticked ones", Kind::Choice).choices(choices).required(),
        Field::new("person", "Whom", Kind::Text).hint("An address, me, or nobody."),
        Field::new("reason", "Why", Kind::Text),
    ];
    let Some(refused) = refused else { return fields };
    let as_sent = |field: Field| {
        let sent = value(&refused.sent, &field.name).unwrap_or_default().to_owned();
        let error = refused.error(&field.name).to_owned();
        Field { error, ..field.value(sent) }
    };
    fields.into_iter().map(as_sent).collect()
}

/// Does it. What is wrong with the form is said on the list that it was sent from.
pub(super) async fn act(
    request: HttpRequest,
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let SignedForm(sent) = form;
    let outcomes = match run(&caller, &state, &sent).await {
        Ok(outcomes) => outcomes,
        Err(problem) if problem.kind() == ProblemKind::Invalid => {
            let back = value(&sent, "back").unwrap_or_default().to_owned();
            let query = back.split_once('?').map_or("", |(_, query)| query);
            let refused = Refused { sent, problem };
            let page = list::page(&request, &caller, &state, query, Some(&refused)).await?;
            return shell::html_with_problem(&page, &refused.problem);
        }
        Err(problem) => return Err(problem),
    };
    let done = outcomes.iter().filter(|outcome| outcome.result.is_ok()).count() as u64;
    let failed = outcomes.len() as u64 - done;
    shell::html(&BulkPage {
        frame: context::frame(&request, &caller, "Several risks", Section::Risks),
        summary: format!("{} done, {failed} not", counted(done, "risk", "risks")),
        rows: outcomes.into_iter().map(row).collect(),
    })
}

async fn run(caller: &Actor, state: &AppState, sent: &Sent) -> Result<Vec<Outcome>, Problem> {
    let text = |name: &str| value(sent, name).map(|value| value.trim().to_owned());
    let keys = keys(sent);
    if keys.is_empty() {
        return Err(Problem::invalid("keys", "Tick the risks that are meant."));
    }
    let reason = text("reason").unwrap_or_default();
    let action = text("action").unwrap_or_default();
    let work = work(state.database.reader(), caller, &action, text("person"), reason).await?;
    bulk::run(state, caller, &Which::Keys(keys), &work, false).await
}

fn keys(sent: &Sent) -> Vec<String> {
    sent.iter().filter(|(name, _)| name == "keys").map(|(_, key)| key.clone()).collect()
}

fn row(outcome: Outcome) -> Row {
    let Outcome { key, result } = outcome;
    let (result, why) = match result {
        Ok(risk) => (Badge::toned(Tone::Good, capitalised(risk.state.as_str()), ""), String::new()),
        Err(problem) => {
            let named = problem.errors().iter().map(|error| error.detail.clone()).collect::<Vec<_>>();
            let why = if named.is_empty() { problem.detail().to_owned() } else { named.join(" ") };
            (Badge::toned(Tone::Bad, "Not done", ""), why)
        }
    };
    let is_key = key.parse::<crate::risk::key::RiskKey>().is_ok();
    Row { href: if is_key { format!("/risks/{key}") } else { String::new() }, key, result, why }
}

async fn work(
    db: &impl ConnectionTrait,
    caller: &Actor,
    action: &str,
    person: Option<String>,
    reason: String,
) -> Result<Work, Problem> {
    let step = |event: &str, resolution: Option<&str>| {
        Work::Transition(Box::new(TransitionForm {
            event: event.to_owned(),
            reason: Some(reason.clone()).filter(|reason| !reason.is_empty()),
            resolution: resolution.map(str::to_owned),
            ..TransitionForm::default()
        }))
    };
    match action {
        "start_triage" | "start" => return Ok(step(action, None)),
        "vanished" => return Ok(step("dismiss", Some("vanished"))),
        "assignee" | "owner" => {}
        _ => return Err(Problem::invalid("action", "Choose what to do with them.")),
    }
    let person = match person.as_deref().unwrap_or_default() {
        "" => return Err(Problem::invalid("person", "Name somebody: an address, me, or nobody.")),
        "nobody" => None,
        "me" => Some(caller.id),
        email => Some(user::active_by_email(db, "person", email).await?.id),
    };
    let mut edit = Edit { reason, ..Edit::default() };
    match action {
        "owner" => edit.owner_id = Some(person),
        _ => edit.assignee_id = Some(person),
    }
    Ok(Work::Edit(Box::new(edit)))
}
