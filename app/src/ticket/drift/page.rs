//! `/settings/jira/drift`: what differed between risks and their tickets, and whose value counted.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

use super::field_rules::{Field, Side};
use super::finder::{self, DriftFilter, DriftView};
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::page::badge::{Badge, Tone, capitalised};
use crate::page::due::Moment;
use crate::page::form::{Choice, Field as FormField, Kind};
use crate::page::frame::{Frame, Section};
use crate::page::listing::{Empty, Pager, address};
use crate::page::{context, shell};
use crate::platform::paging::PageQuery;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Where the page is.
const PATH: &str = "/settings/jira/drift";
/// The fields that the ledger knows.
const FIELDS: [Field; 6] =
    [Field::Summary, Field::Description, Field::Priority, Field::DueDate, Field::OwnLabels, Field::Assignee];

/// Registers the page.
pub fn pages(config: &mut ServiceConfig) {
    config.route("/settings/jira/drift", web::get().to(list));
}

#[derive(Template)]
#[template(path = "ticket/drift.html")]
struct DriftPage {
    frame: Frame,
    filters: Vec<FormField>,
    rows: Vec<Row>,
    pager: Pager,
    empty: Empty,
}

struct Row {
    risk: String,
    ticket: String,
    field: String,
    ours: String,
    theirs: String,
    winner: Badge,
    reason: String,
    by: String,
    seen: Moment,
    /// Empty when both sides still differ.
    settled: String,
}

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    field: String,
    winner: String,
    risk: String,
    cursor: String,
}

impl Asked {
    fn filter(&self) -> DriftFilter {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        DriftFilter { field: said(&self.field), winner: said(&self.winner), risk: said(&self.risk) }
    }

    fn address(&self, cursor: &str) -> String {
        let parameters = [
            ("field", self.field.as_str()),
            ("winner", &self.winner),
            ("risk", &self.risk),
            ("cursor", cursor),
        ];
        address(PATH, &parameters)
    }
}

async fn list(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<Configure>(finder::EVERY_TEAM)?;
    let zone = state.config.organisation.zone;
    let paging = PageQuery { limit: Some(50), cursor: Some(asked.cursor.clone()) };
    let found = finder::page(state.database.reader(), None, &asked.filter(), &paging).await?;
    let next = found.next_cursor.as_deref().map(|cursor| asked.address(cursor)).unwrap_or_default();
    let first = if asked.cursor.is_empty() { String::new() } else { asked.address("") };
    shell::html(&DriftPage {
        frame: context::frame(&request, &caller, "Drift of tickets", Section::Elsewhere),
        filters: filters(&asked),
        pager: Pager {
            summary: if first.is_empty() && next.is_empty() { "" } else { "More than fits on one page" }
                .to_owned(),
            first,
            next,
        },
        rows: found.items.into_iter().map(|drift| row(drift, zone)).collect(),
        empty: Empty {
            title: "Nothing differs".to_owned(),
            text: "Nobody has changed in JIRA what belongs to Abate, or nothing fits these filters."
                .to_owned(),
            links: vec![("Show all".to_owned(), PATH.to_owned())],
        },
    })
}

fn filters(asked: &Asked) -> Vec<FormField> {
    let mut fields = vec![Choice::new("", "All", &asked.field)];
    fields.extend(FIELDS.map(|field| Choice::new(field.as_str(), capitalised(field.words()), &asked.field)));
    let mut winners = vec![Choice::new("", "Both", &asked.winner)];
    winners.extend(
        [(Side::Abate, "Abate"), (Side::Jira, "JIRA")]
            .map(|(side, name)| Choice::new(side.as_str(), name, &asked.winner)),
    );
    vec![
        FormField::new("field", "Field", Kind::Choice).choices(fields),
        FormField::new("winner", "Whose value counted", Kind::Choice).choices(winners),
        FormField::new("risk", "Risk", Kind::Text).value(&asked.risk),
    ]
}

fn row(drift: DriftView, zone: Tz) -> Row {
    let won = drift.winner == Side::Abate.as_str();
    Row {
        risk: drift.risk,
        ticket: drift.ticket.unwrap_or_default(),
        field: drift.field.parse::<Field>().map_or(drift.field.clone(), |field| capitalised(field.words())),
        ours: drift.ours,
        theirs: drift.theirs,
        winner: if won {
            Badge::toned(Tone::Plain, "Abate", "")
        } else {
            Badge::toned(Tone::Plain, "JIRA", "")
        },
        reason: capitalised(&drift.reason),
        by: drift.by_account.unwrap_or_default(),
        seen: Moment::new(drift.seen_at, zone),
        settled: drift.settled_at.map(|at| Moment::new(at, zone).words).unwrap_or_default(),
    }
}
