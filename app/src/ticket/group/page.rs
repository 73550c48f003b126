//! `/groups`: the groups of risks that share a ticket, those that could be made, and the page of each.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::change::{self, GroupForm};
use super::finder;
use super::list::{self, GroupFilter};
use super::model::{GroupKey, GroupState};
use super::suggest::{self, SuggestionView};
use super::view::{FormerView, GroupDetail, GroupView, MemberView};
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{MoveRisks, See};
use crate::page::badge::{Badge, Tone, capitalised, counted};
use crate::page::form::{Field, Kind};
use crate::page::frame::{Frame, Section};
use crate::page::listing::{Empty, Link, Pager, address};
use crate::page::{context, said, shell};
use crate::platform::paging::PageQuery;
use crate::platform::problem::{self, Problem};
use crate::risk::view::Tab;
use crate::state::AppState;

const PATH: &str = "/groups";

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/groups", web::get().to(all))
        .route("/groups", web::post().to(make))
        .route("/groups/{key}", web::get().to(show))
        .route("/groups/{key}/title", web::post().to(rename))
        .route("/groups/{key}/add", web::post().to(add))
        .route("/groups/{key}/remove", web::post().to(remove))
        .route("/groups/{key}/close", web::post().to(close));
}

#[derive(Template)]
#[template(path = "ticket/group/list.html")]
struct ListPage {
    frame: Frame,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    empty: Empty,
    pager: Pager,
    suggestions: Vec<Suggestion>,
    fields: Vec<Field>,
    may_change: bool,
}

struct Row {
    key: String,
    title: String,
    risks: String,
    level: Option<Badge>,
    due: String,
    state: String,
}

struct Suggestion {
    what: String,
    view: SuggestionView,
    risks: String,
}

async fn all(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    filter: web::Query<GroupFilter>,
    paging: web::Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let chosen = filter.state.clone().unwrap_or_else(|| GroupState::Open.as_str().to_owned());
    let filter = GroupFilter { state: Some(chosen.clone()) };
    let page = list::page(db, &caller.scope(), &filter, &paging).await?;
    let suggestions = suggest::suggestions(db, &caller.scope()).await?;
    let there = |state: &str, cursor: &str| address(PATH, &[("state", state), ("cursor", cursor)]);
    let tabs = GroupState::ALL.iter().map(|state| Tab {
        label: capitalised(state.as_str()),
        count: String::new(),
        href: there(state.as_str(), ""),
        current: state.as_str() == chosen,
    });
    let first = if paging.cursor.is_some() { there(&chosen, "") } else { String::new() };
    let next = page.next_cursor.as_deref().map(|cursor| there(&chosen, cursor)).unwrap_or_default();
    let summary = if first.is_empty() && next.is_empty() { "" } else { "More than fits on one page" };
    shell::html(&ListPage {
        frame: context::frame(&request, &caller, "Groups", Section::Risks),
        tabs: tabs.collect(),
        rows: page.items.into_iter().map(row).collect(),
        empty: Empty {
            title: "No groups here".to_owned(),
            text: "Put risks together that one change mends, and they share one ticket.".to_owned(),
            links: Vec::new(),
        },
        pager: Pager { summary: summary.to_owned(), first, next },
        suggestions: suggestions.into_iter().map(suggestion).collect(),
        fields: vec![title_field(), risks_field().hint("Keys such as R-3, R-4, of one team.")],
        may_change: caller.holds::<MoveRisks>(),
    })
}

fn title_field() -> Field {
    Field::new("title", "What is to be changed", Kind::Text).required()
}

fn risks_field() -> Field {
    Field::new("risks", "Risks", Kind::Text).required()
}

fn row(group: GroupView) -> Row {
    Row {
        risks: counted(group.risks as u64, "risk", "risks"),
        level: group.level.as_deref().map(Badge::level),
        due: group.due_on.map(|day| day.to_string()).unwrap_or_default(),
        key: group.key,
        title: group.title,
        state: capitalised(&group.state),
    }
}

fn suggestion(view: SuggestionView) -> Suggestion {
    let kind = if view.kind == "library" { "Library" } else { "Rule" };
    Suggestion {
        what: format!("{kind} {}", view.name),
        risks: counted(view.risks.unsigned_abs(), "risk", "risks"),
        view,
    }
}

#[derive(Template)]
#[template(path = "ticket/group/show.html")]
struct GroupPage {
    frame: Frame,
    group: GroupView,
    members: Vec<MemberView>,
    former: Vec<FormerView>,
    ticket: Option<Ticket>,
    title: Field,
    add: Field,
    may_change: bool,
}

struct Ticket {
    link: Link,
    state: Badge,
    status: String,
    problem: String,
}

async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let group = finder::one(db, &caller.scope(), read(&key)?).await?;
    let may_change = group.state == GroupState::Open.as_str() && caller.holds_in::<MoveRisks>(group.team_id);
    let detail = GroupDetail::read(db, group).await?;
    let ticket = detail.ticket.map(|ticket| Ticket {
        link: Link::new(
            ticket.key.unwrap_or_else(|| "New ticket".to_owned()),
            ticket.url.unwrap_or_default(),
        ),
        state: match (ticket.broken, ticket.state.as_str()) {
            (true, _) => Badge::toned(Tone::Bad, "Broken", "JIRA no longer shows it"),
            (false, "linked") => Badge::toned(Tone::Good, "Linked", ""),
            (false, state) => Badge::toned(Tone::Plain, capitalised(state), ""),
        },
        status: ticket.status,
        problem: ticket.problem.unwrap_or_default(),
    });
    shell::html(&GroupPage {
        frame: context::frame(
            &request,
            &caller,
            format!("{} {}", detail.group.key, detail.group.title),
            Section::Risks,
        ),
        title: title_field().value(&detail.group.title),
        group: detail.group,
        members: detail.members,
        former: detail.former,
        ticket,
        add: risks_field().hint("Keys such as R-3, R-4. What is in another group leaves that."),
        may_change,
    })
}

/// The group that an address names.
fn read(key: &str) -> Result<GroupKey, Problem> {
    key.parse().map_err(|_| Problem::not_found(format!("group {key}")))
}

/// What the forms that make a group send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NewGroup {
    kind: String,
    title: String,
    risks: String,
    asset: String,
    name: String,
    team: String,
}

async fn make(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    form: SignedForm<NewGroup>,
) -> Result<HttpResponse, Problem> {
    let SignedForm(sent) = form;
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let form = GroupForm {
        kind: some(sent.kind),
        title: sent.title,
        risks: keys(&sent.risks),
        asset: some(sent.asset),
        name: some(sent.name),
        team: some(sent.team),
    };
    match change::make(&state, &caller, &form).await {
        Ok(id) => Ok(said::see_other(
            &format!("{PATH}/{}", GroupKey(id)),
            Tone::Good,
            "The risks share one ticket from now on.",
        )),
        Err(problem) => back(PATH, problem),
    }
}

/// The keys that a line names.
fn keys(line: &str) -> Vec<String> {
    let words = line.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What the forms about risks of a group send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Risks {
    risks: String,
}

async fn add(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Risks>,
) -> Result<HttpResponse, Problem> {
    let key = read(&key)?;
    let done = change::add(&state, &caller, key, &keys(&form.0.risks)).await;
    answer(key, done, "Put in; the ticket follows.")
}

async fn remove(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Risks>,
) -> Result<HttpResponse, Problem> {
    let key = read(&key)?;
    let risk = form.0.risks.parse().map_err(|_| Problem::not_found("such risk"))?;
    let done = change::remove(&state, &caller, key, risk).await;
    answer(key, done, "Taken out; its own ticket is used again.")
}

/// What the form of another title sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Title {
    title: String,
}

async fn rename(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Title>,
) -> Result<HttpResponse, Problem> {
    let key = read(&key)?;
    let done = change::edit(&state, &caller, key, Some(&form.0.title), false).await;
    answer(key, done, "Renamed; the ticket follows.")
}

/// The form of a button carries nothing.
#[derive(Debug, Deserialize)]
struct Nothing {}

async fn close(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    _form: SignedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    let key = read(&key)?;
    let done = change::edit(&state, &caller, key, None, true).await;
    answer(key, done, "Closed; each risk has its own ticket again.")
}

fn answer(key: GroupKey, done: Result<(), Problem>, text: &str) -> Result<HttpResponse, Problem> {
    let page = format!("{PATH}/{key}");
    match done {
        Ok(()) => Ok(said::see_other(&page, Tone::Good, text)),
        Err(problem) => back(&page, problem),
    }
}

/// What a person can mend is said on the page that they came from.
fn back(page: &str, problem: Problem) -> Result<HttpResponse, Problem> {
    match problem.kind() {
        problem::Kind::Invalid | problem::Kind::Conflict => Ok(said::refused(page, &problem)),
        _ => Err(problem),
    }
}
