//! `GET /incidents`

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::access::require::Require;
use crate::access::right::{DeclareIncidents, See};
use crate::incident::api::IncidentView;
use crate::incident::finder::{self, IncidentFilter};
use crate::incident::state_rules::{CLOSED, DECLARED, DRILL};
use crate::incident::view::{IncidentsPage, Row};
use crate::page::badge::{Badge, Tone, capitalised, counted};
use crate::page::due::Moment;
use crate::page::frame::Section;
use crate::page::listing::{Empty, Pager, address};
use crate::page::{context, shell};
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::view::Tab;
use crate::state::AppState;

/// What the page is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The part: empty for what is open, or all.
    show: String,
    cursor: String,
}

pub(super) async fn list(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let zone = Policies::load(db).await?.zone;
    let filter = IncidentFilter {
        state: (asked.show != "all").then(|| "open".to_owned()),
        cursor: Some(asked.cursor.clone()),
        ..IncidentFilter::default()
    };
    let found = finder::page(db, &finder::scope(&caller), &filter).await?;
    let next = found.next_cursor.as_deref().map(|cursor| here(&asked.show, cursor)).unwrap_or_default();
    let rows: Vec<Row> = IncidentView::of(db, found.items)
        .await?
        .into_iter()
        .map(|incident| Row {
            kind: kind(&incident.kind),
            state: standing(&incident.state),
            aware: Moment::new(incident.aware_at, zone),
            key: incident.key,
            title: incident.title,
            team: incident.team,
        })
        .collect();
    let first = if asked.cursor.is_empty() { String::new() } else { here(&asked.show, "") };
    let may_declare = caller.holds::<DeclareIncidents>();
    let declare = may_declare.then(|| ("Declare an incident".to_owned(), "/incidents/new".to_owned()));
    shell::html(&IncidentsPage {
        frame: context::frame(&request, &caller, "Incidents", Section::Risks),
        tabs: [("Open", ""), ("All", "all")]
            .into_iter()
            .map(|(label, part)| Tab {
                label: label.to_owned(),
                count: String::new(),
                href: here(part, ""),
                current: part == asked.show,
            })
            .collect(),
        pager: Pager { summary: counted(rows.len() as u64, "incident", "incidents"), first, next },
        rows,
        empty: Empty {
            title: "No incident".to_owned(),
            text: "When data may have got out, declare it: those who lead security are told at once."
                .to_owned(),
            links: declare.into_iter().collect(),
        },
        may_declare,
    })
}

fn here(show: &str, cursor: &str) -> String {
    address("/incidents", &[("show", show), ("cursor", cursor)])
}

/// What it is, as a badge.
pub(super) fn kind(word: &str) -> Badge {
    if word == DRILL {
        Badge::toned(Tone::Plain, "Drill", "Practised, not real")
    } else {
        Badge::toned(Tone::Bad, "Data breach", "")
    }
}

/// Where it stands, as a badge.
pub(super) fn standing(word: &str) -> Badge {
    let tone = match word {
        DECLARED => Tone::Bad,
        CLOSED => Tone::Good,
        _ => Tone::Warn,
    };
    Badge::toned(tone, capitalised(word), "")
}
