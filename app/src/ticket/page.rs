//! `/tickets`: the tickets of every connection, above all those that wait for somebody.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::ask;
use super::group::model::GroupKey;
use super::list::{self, ListedTicket, TicketFilter};
use super::subject::Subject;
use super::ticket_rules::TicketState;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{MoveRisks, See};
use crate::page::badge::{Badge, Tone, capitalised};
use crate::page::frame::{Frame, Section};
use crate::page::listing::{Empty, Pager, address};
use crate::page::{context, said, shell};
use crate::platform::paging::PageQuery;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::risk::view::Tab;
use crate::state::AppState;

/// Registers the page.
pub fn pages(config: &mut ServiceConfig) {
    config.route("/tickets", web::get().to(show)).route("/tickets/{key}/again", web::post().to(look_again));
}

#[derive(Template)]
#[template(path = "ticket/list.html")]
struct ListPage {
    frame: Frame,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    empty: Empty,
    pager: Pager,
}

struct Row {
    risk: String,
    href: String,
    title: String,
    key: String,
    url: String,
    connection: String,
    state: Badge,
    status: String,
    problem: String,
    is_quarantined: bool,
}

async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    filter: web::Query<TicketFilter>,
    paging: web::Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let page = list::page(state.database.reader(), &caller.scope(), &filter, &paging).await?;
    let chosen = filter.state.clone().unwrap_or_default();
    let connection = filter.connection.map(|id| id.to_string()).unwrap_or_default();
    let there = |state: &str, cursor: &str| {
        address("/tickets", &[("state", state), ("connection", &connection), ("cursor", cursor)])
    };
    let states = ["", "linked", "waiting", "held", "quarantined", "broken", "problem"];
    let tabs = states.map(|state| Tab {
        label: if state.is_empty() { "All".to_owned() } else { capitalised(state) },
        count: String::new(),
        href: there(state, ""),
        current: state == chosen,
    });
    let first = if paging.cursor.is_some() { there(&chosen, "") } else { String::new() };
    let next = page.next_cursor.as_deref().map(|cursor| there(&chosen, cursor)).unwrap_or_default();
    shell::html(&ListPage {
        frame: context::frame(&request, &caller, "Tickets", Section::Risks),
        tabs: tabs.to_vec(),
        rows: page.items.into_iter().map(row).collect(),
        empty: Empty {
            title: "No tickets here".to_owned(),
            text: "Risks get one once they are confirmed, or when somebody asks for it.".to_owned(),
            links: Vec::new(),
        },
        pager: Pager {
            summary: if first.is_empty() && next.is_empty() { "" } else { "More than fits on one page" }
                .to_owned(),
            first,
            next,
        },
    })
}

fn row(listed: ListedTicket) -> Row {
    let ticket = listed.ticket;
    let is_quarantined = ticket.state == TicketState::Quarantined.as_str();
    let state = match (is_quarantined || ticket.broken, ticket.state.as_str()) {
        (true, _) if ticket.broken => Badge::toned(Tone::Bad, "Broken", "JIRA no longer shows it"),
        (true, state) => Badge::toned(Tone::Bad, capitalised(state), "It may exist; somebody has to look"),
        (false, "linked") => Badge::toned(Tone::Good, "Linked", ""),
        (false, state) => Badge::toned(Tone::Plain, capitalised(state), ""),
    };
    Row {
        href: page_of(&listed.risk),
        risk: listed.risk,
        title: listed.title,
        key: ticket.key.unwrap_or_default(),
        url: ticket.url.unwrap_or_default(),
        connection: listed.connection,
        state,
        status: ticket.status,
        problem: ticket.problem.unwrap_or_default(),
        is_quarantined,
    }
}

/// The page of what a ticket is about.
fn page_of(key: &str) -> String {
    if key.starts_with(['G', 'g']) { format!("/groups/{key}") } else { format!("/risks/{key}") }
}

/// The form of a button carries nothing.
#[derive(Debug, Deserialize)]
struct Nothing {}

async fn look_again(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    _form: SignedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    match key.parse::<Subject>().map_err(|_| Problem::not_found("such ticket"))? {
        Subject::Risk(id) => ask::ask(&state, &caller, RiskKey(id), true).await.map(drop)?,
        Subject::Group(id) => ask::look_again(&state, &caller, GroupKey(id)).await?,
    }
    Ok(said::see_other(&page_of(&key), Tone::Good, "It is looked for in JIRA again, and then created."))
}
