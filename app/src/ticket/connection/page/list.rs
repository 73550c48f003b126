//! The list of connections.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::{address, standing};
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::page::badge::{Badge, counted};
use crate::page::frame::{Frame, Section};
use crate::page::listing::Empty;
use crate::page::{context, shell};
use crate::platform::problem::Problem;
use crate::state::AppState;
use crate::ticket::connection::api;

#[derive(Template)]
#[template(path = "ticket/connections.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    empty: Empty,
}

struct Row {
    href: String,
    name: String,
    site: String,
    project: String,
    status: Badge,
    problem: String,
    tickets: String,
}

pub(super) async fn show(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let rows = api::all(&state).await?.into_iter().map(|connection| Row {
        href: address(connection.id),
        status: standing(&connection),
        project: format!("{}, {}", connection.project, connection.issue_type),
        tickets: counted(connection.linked, "ticket", "tickets"),
        name: connection.name,
        site: connection.url,
        problem: connection.problem.unwrap_or_default(),
    });
    shell::html(&ListPage {
        frame: context::frame(&request, &caller, "JIRA", Section::Elsewhere),
        rows: rows.collect(),
        empty: Empty {
            title: "No JIRA site is connected".to_owned(),
            text: "Connect one, and each confirmed risk of level high or critical gets its ticket."
                .to_owned(),
            links: Vec::new(),
        },
    })
}
