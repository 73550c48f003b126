//! `GET /runs/{id}`

use abate_entity::cadence_run::RunState;
use actix_web::{HttpRequest, HttpResponse, web};

use super::gather::Lines;
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::{DoRuns, KeepCadences, See};
use crate::obligation::finder::{self, Names};
use crate::obligation::run::{Held, run_of};
use crate::obligation::run_state::{MOST_SNOOZES, Run};
use crate::obligation::view::{RunForm, RunPage, state_badge};
use crate::page::due::{day, moment};
use crate::page::form::{Field, Kind, Problems};
use crate::page::frame::Section;
use crate::page::{context, markdown, shell};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// The page of a run.
pub(super) async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let held = finder::run(state.database.reader(), &caller.scope(), *id).await?;
    shell::html(&page(&request, &caller, &state, held, None).await?)
}

/// The page of a run, with what was wrong with the form that was just sent.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    held: Held,
    problem: Option<&Problem>,
) -> Result<RunPage, Problem> {
    let now = state.clock.now();
    let people = Names::in_run(&held.run).into_iter().chain([held.cadence.owner_id]);
    let names = Names::of(state.database.reader(), people).await?;
    let lines = Lines { names: &names, now, zone: state.config.organisation.zone };
    let Held { run, cadence } = &held;
    let title = format!("{} of {}", cadence.name, day(run.scheduled_on));
    Ok(RunPage {
        frame: context::frame(request, caller, title, Section::Cadences),
        cadence: cadence.name.clone(),
        cadence_href: format!("/cadences/{}", cadence.id),
        href: format!("/runs/{}", run.id),
        scheduled: day(run.scheduled_on),
        state: state_badge(run_of(run).state_at(now)),
        due: lines.due(run),
        description: markdown::render(&cadence.description),
        facts: facts(&held, &lines),
        evidence: run.evidence.clone(),
        evidence_url: run.evidence_url.clone().unwrap_or_default(),
        forms: forms(&held, caller, &run_of(run), run_of(run).state_at(now)),
        problems: problem.map(|problem| Problems {
            title: problem.title().to_owned(),
            items: match problem.errors() {
                [] => vec![(String::new(), problem.detail().to_owned())],
                errors => errors.iter().map(|error| (String::new(), error.detail.clone())).collect(),
            },
        }),
        version: run.version.to_string(),
    })
}

fn facts(held: &Held, lines: &Lines<'_>) -> Vec<(String, String)> {
    let Held { run, cadence } = held;
    let names = lines.names;
    let who = names.name(run.owner_id).unwrap_or_else(|| lines.owner(cadence));
    let mut facts = vec![
        ("Who".to_owned(), who),
        ("Scheduled".to_owned(), day(run.scheduled_on)),
        ("Opens".to_owned(), moment(run.opens_at, lines.zone)),
        ("Due".to_owned(), moment(run.due_at, lines.zone)),
        ("Missed after".to_owned(), moment(run.missed_at, lines.zone)),
    ];
    let mut fact = |name: &str, value: Option<String>| {
        facts.extend(value.filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value)));
    };
    fact("Done", run.completed_at.map(|at| moment(at, lines.zone)));
    fact("Done by", names.name(run.completed_by));
    fact("Reason", Some(run.reason.clone()));
    fact("Asked to skip", names.name(run.skip_asked_by));
    fact("Agreed to skip", names.name(run.decided_by));
    fact("Reminders put off until", run.snoozed_until.map(|at| moment(at, lines.zone)));
    facts
}

fn forms(held: &Held, caller: &Actor, run: &Run, state: RunState) -> Vec<RunForm> {
    let team = held.cadence.team_id;
    if !caller.holds_in::<DoRuns>(team) {
        return Vec::new();
    }
    let mut forms = Vec::new();
    let workable = matches!(state, RunState::Due | RunState::InProgress)
        || (state == RunState::Missed && run.done_at.is_none());
    if workable {
        let hint = match state {
            RunState::Missed => "It stays missed, with the day on which it was done.",
            _ => "Say what shows that it was done, give its address, or both.",
        };
        forms.push(RunForm {
            action: "complete",
            label: "Complete",
            hint: hint.to_owned(),
            fields: vec![
                Field::new("evidence", "Evidence", Kind::Lines),
                Field::new("evidence_url", "Address of the evidence", Kind::Address),
            ],
            main: true,
        });
    }
    if state == RunState::Due {
        forms.push(plain("start", "Start", "Say that you are at it."));
    }
    if state == RunState::Missed {
        let reason = Field::new("reason", "Reason", Kind::Lines).value(held.run.reason.clone()).required();
        forms.push(RunForm { fields: vec![reason], ..plain("explain", "Say why it was missed", "") });
    }
    if state.is_open() {
        forms.extend(skip(held, caller, run));
        if run.snoozes < MOST_SNOOZES {
            let until = Field::new("until", "Until the morning of", Kind::Date).required();
            let hint = "The run itself stays where it is.";
            forms.push(RunForm { fields: vec![until], ..plain("snooze", "Put reminders off", hint) });
        }
    }
    forms
}

fn skip(held: &Held, caller: &Actor, run: &Run) -> Option<RunForm> {
    let reason = Field::new("reason", "Reason", Kind::Lines);
    match run.skip_asked_by {
        None => {
            let hint = "Somebody else, who sets up obligations, has to agree.";
            Some(RunForm { fields: vec![reason.required()], ..plain("skip", "Ask to skip", hint) })
        }
        Some(asker) if asker != caller.id && caller.holds_in::<KeepCadences>(held.cadence.team_id) => {
            Some(plain("skip", "Agree to skip", &held.run.reason))
        }
        Some(_) => None,
    }
}

fn plain(action: &'static str, label: &'static str, hint: &str) -> RunForm {
    RunForm { action, label, hint: hint.to_owned(), fields: Vec::new(), main: false }
}
