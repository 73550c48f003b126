//! `/acceptances`: the register of what is accepted by whom until when, and the answers to what is asked for.

use std::collections::HashMap;

use abate_entity::lifecycle::{self, Availability, Event, Pending, Request};
use abate_entity::{acceptance, app_user, risk};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Deserialize;

use super::decide::{self, Answer};
use super::finder::{self, AcceptanceFilter, Found};
use super::state;
use super::view::{AcceptancesPage, AnswerForm, Row};
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{MoveRisks, See};
use crate::calendar::local_time::local_date;
use crate::page::badge::{Badge, Tone, capitalised, counted};
use crate::page::due::{Due, day, in_words};
use crate::page::form::{Field, Kind, Problems, label_of};
use crate::page::frame::Section;
use crate::page::listing::{Empty, Pager, address};
use crate::page::{context, said, shell};
use crate::platform::problem::{self, Problem};
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::record::Occasion;
use crate::risk::standing::{self, Standing};
use crate::risk::step::today;
use crate::risk::view::Tab;
use crate::state::AppState;

/// Days before its end from which an acceptance is shown as ending.
const ENDING_DAYS: u64 = 30;
/// Requests that are looked through for those that wait for the reader.
const MOST_WAITING: u64 = 200;

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/acceptances", web::get().to(show))
        .route("/acceptances/{id}/{action}", web::post().to(answer));
}

/// What the page is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// The part: empty for what is in force, ending, waiting, mine, ended or all.
    show: String,
    cursor: String,
}

async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    shell::html(&page(&request, &caller, &state, &asked, None).await?)
}

/// What the forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answered {
    reason: String,
    expires_on: String,
    /// The part of the register that the form stood in.
    show: String,
    cursor: String,
}

/// An answer that was refused.
struct Refused<'a> {
    id: i64,
    action: &'a str,
    said: &'a Answered,
    problem: &'a Problem,
}

async fn answer(
    request: HttpRequest,
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    path: web::Path<(i64, String)>,
    form: SignedForm<Answered>,
) -> Result<HttpResponse, Problem> {
    let (id, action) = path.into_inner();
    let SignedForm(form) = form;
    let now = state.clock.now();
    let answered = async {
        let (answer, text) = read(&action, &form)?;
        state
            .database
            .write(async |tx| {
                let policies = Policies::load(tx).await?;
                let occasion = Occasion::by(&caller, now, &policies);
                decide::decide(tx, &occasion, &caller, id, answer, &form.reason).await
            })
            .await?;
        Ok::<_, Problem>(text)
    };
    match answered.await {
        Ok(text) => Ok(said::see_other(&here(&form.show, &form.cursor), Tone::Good, text)),
        Err(problem) if matches!(problem.kind(), problem::Kind::Invalid | problem::Kind::Conflict) => {
            let asked = Asked { show: form.show.clone(), cursor: form.cursor.clone() };
            let refused = Refused { id, action: &action, said: &form, problem: &problem };
            let page = page(&request, &caller, &state, &asked, Some(&refused)).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

fn read(action: &str, form: &Answered) -> Result<(Answer, &'static str), Problem> {
    let expires_on = match form.expires_on.trim() {
        "" => None,
        text => Some(
            text.parse::<NaiveDate>()
                .map_err(|_| Problem::invalid("expires_on", "Give a day, as in 2026-11-21."))?,
        ),
    };
    match action {
        "approve" => Ok((Answer::Approve { expires_on }, "The risk is accepted.")),
        "reject" => Ok((Answer::Reject, "The request is answered.")),
        "revoke" => Ok((Answer::Revoke, "The acceptance has ended, and the risk is open again.")),
        _ => Err(Problem::not_found("such page")),
    }
}

async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    asked: &Asked,
    refused: Option<&Refused<'_>>,
) -> Result<AcceptancesPage, Problem> {
    let db = state.database.reader();
    let now = state.clock.now();
    let zone = Policies::load(db).await?.zone;
    let today = today(now, zone);
    let mine = asked.show == "mine";
    let filter = AcceptanceFilter {
        state: states(&asked.show),
        ends_before: (asked.show == "ending").then(|| today + Days::new(ENDING_DAYS + 1)),
        limit: mine.then_some(MOST_WAITING),
        cursor: Some(asked.cursor.clone()),
        ..AcceptanceFilter::default()
    };
    let found = finder::page(db, &caller.scope(), &filter).await?;
    let people = people(db, &found.items).await?;
    let mut rows = Vec::new();
    for (row, risk) in &found.items {
        let context = Request::new(Event::ExpireOrRevoke, now, today);
        let mut answers = answers(caller, row, risk, &context)?;
        if let Some(refused) = refused.filter(|refused| refused.id == row.id) {
            answers.iter_mut().for_each(|answer| refused.keep(answer));
        }
        if !mine || answers.iter().any(|answer| answer.action == "approve") {
            rows.push(line(row, risk, &people, (today, zone), answers));
        }
    }
    let first = if asked.cursor.is_empty() { String::new() } else { here(&asked.show, "") };
    let next = found.next_cursor.as_deref().map(|cursor| here(&asked.show, cursor)).unwrap_or_default();
    let summary = counted(rows.len() as u64, "acceptance", "acceptances");
    Ok(AcceptancesPage {
        frame: context::frame(request, caller, "Acceptances", Section::Risks),
        problems: refused.map(|refused| problems(refused.problem)),
        show: asked.show.clone(),
        cursor: asked.cursor.clone(),
        tabs: tabs(&asked.show),
        pager: Pager { summary, first, next },
        rows,
        empty: Empty {
            title: "Nothing here".to_owned(),
            text: "The owner of a risk asks to accept it on the risk's page.".to_owned(),
            links: vec![("Open risks".to_owned(), "/risks".to_owned())],
        },
    })
}

impl Refused<'_> {
    /// Leaves what was written in the form that it was written in.
    fn keep(&self, answer: &mut AnswerForm) {
        if answer.action != self.action {
            return;
        }
        answer.open = true;
        for field in &mut answer.fields {
            let said = if field.name == "reason" { &self.said.reason } else { &self.said.expires_on };
            field.value.clone_from(said);
            let errors = self.problem.errors();
            if let Some(error) = errors.iter().find(|error| error.field == field.name) {
                field.error = in_words(&error.detail);
            }
        }
    }
}

fn here(show: &str, cursor: &str) -> String {
    address("/acceptances", &[("show", show), ("cursor", cursor)])
}

fn states(show: &str) -> Option<String> {
    match show {
        "waiting" | "mine" => Some(state::REQUESTED.to_owned()),
        "ended" => {
            let running = [state::REQUESTED, state::IN_FORCE];
            let ended = state::ALL.iter().copied().filter(|state| !running.contains(state));
            Some(ended.collect::<Vec<_>>().join(","))
        }
        "all" => None,
        _ => Some(state::IN_FORCE.to_owned()),
    }
}

fn tabs(show: &str) -> Vec<Tab> {
    [
        ("In force", ""),
        ("Ending in 30 days", "ending"),
        ("Asked for", "waiting"),
        ("Waiting for me", "mine"),
        ("Ended", "ended"),
        ("All", "all"),
    ]
    .into_iter()
    .map(|(label, part)| Tab {
        label: label.to_owned(),
        count: String::new(),
        href: here(part, ""),
        current: part == show,
    })
    .collect()
}

async fn people(db: &impl ConnectionTrait, found: &[Found]) -> Result<HashMap<i64, String>, Problem> {
    let ids = found.iter().flat_map(|(row, _)| [Some(row.asked_by), row.decided_by, row.ended_by]).flatten();
    let users = app_user::Entity::find().filter(app_user::Column::Id.is_in(ids)).all(db).await?;
    Ok(users.into_iter().map(|user| (user.id, user.name)).collect())
}

fn line(
    row: &acceptance::Model,
    risk: &risk::Model,
    people: &HashMap<i64, String>,
    (today, zone): (NaiveDate, Tz),
    answers: Vec<AnswerForm>,
) -> Row {
    let day_of = |at| day(local_date(zone, at));
    let name = |id: Option<i64>| id.and_then(|id| people.get(&id).cloned());
    let asker = name(Some(row.asked_by)).unwrap_or_default();
    let mut said = vec![format!("Asked by {asker} on {}", day_of(row.asked_at))];
    if let (Some(who), Some(at)) = (name(row.decided_by), row.decided_at) {
        let word = if row.state == state::REJECTED { "Rejected" } else { "Approved" };
        said.push(with_reason(format!("{word} by {who} on {}", day_of(at)), &row.decided_reason));
    }
    if let Some(at) = row.ended_at.filter(|_| row.state != state::REJECTED) {
        let by = name(row.ended_by).map(|who| format!(" by {who}")).unwrap_or_default();
        said.push(with_reason(format!("Ended{by} on {}", day_of(at)), &row.end_reason));
    }
    if row.renewals > 0 {
        said.push(format!("Renewed {} of 2 times", row.renewals));
    }
    let runs = matches!(row.state.as_str(), state::REQUESTED | state::IN_FORCE);
    Row {
        id: row.id,
        key: RiskKey(risk.id).to_string(),
        title: risk.title.clone(),
        level: Badge::level(row.level.as_str()),
        level_now: (row.level != risk.level).then(|| Badge::level(risk.level.as_str())),
        state: standing_of(&row.state),
        until: if runs {
            Due::running(row.ends_on, today)
        } else {
            Due::resting(row.ends_on, capitalised(&row.state.replace('_', " ")))
        },
        justification: row.justification.clone(),
        controls: row.compensating_controls.clone(),
        people: said,
        answers,
    }
}

fn with_reason(sentence: String, reason: &str) -> String {
    if reason.is_empty() { sentence } else { format!("{sentence}: {reason}") }
}

fn standing_of(word: &str) -> Badge {
    let tone = match word {
        state::IN_FORCE => Tone::Good,
        state::REQUESTED => Tone::Warn,
        state::EXPIRED | state::VOIDED => Tone::Bad,
        _ => Tone::Plain,
    };
    Badge::toned(tone, capitalised(&word.replace('_', " ")), "")
}

/// What the reader can do about it, as the lifecycle judges.
fn answers(
    caller: &Actor,
    row: &acceptance::Model,
    risk: &risk::Model,
    context: &Request,
) -> Result<Vec<AnswerForm>, Problem> {
    let who = requester(caller, risk);
    let facts = standing::facts(risk, &Standing::of(risk)?, false);
    let reason = || Field::new("reason", "Reason", Kind::Lines);
    if row.state == state::REQUESTED {
        return Ok(match lifecycle::decline(&facts, Pending::Acceptance, &who, Some("no")) {
            Ok(declined) if declined.withdrawn => {
                vec![AnswerForm::new("reject", "Take back", vec![reason().required()])]
            }
            Ok(_) => {
                let earlier = Field::new("expires_on", "Until, if earlier", Kind::Date)
                    .between(context.today.to_string(), row.ends_on.to_string());
                vec![
                    AnswerForm::new("approve", "Approve", vec![earlier, reason()]),
                    AnswerForm::new("reject", "Reject", vec![reason().required()]),
                ]
            }
            Err(_) => Vec::new(),
        });
    }
    if row.state != state::IN_FORCE {
        return Ok(Vec::new());
    }
    let may_end = lifecycle::open_steps(&facts, context, &who)
        .into_iter()
        .any(|(line, open)| line.event == Event::ExpireOrRevoke && matches!(open, Availability::Open { .. }));
    let end = AnswerForm::new("revoke", "End it", vec![reason()]);
    Ok(if may_end { vec![end] } else { Vec::new() })
}

fn problems(problem: &Problem) -> Problems {
    let label = |field: &str| match field {
        "expires_on" => "Until, if earlier".to_owned(),
        "event" => String::new(),
        field => label_of(field),
    };
    let items = problem.errors().iter().map(|error| (label(&error.field), in_words(&error.detail))).collect();
    let title =
        if problem.errors().is_empty() { problem.detail().to_owned() } else { problem.title().to_owned() };
    Problems { title, items }
}
