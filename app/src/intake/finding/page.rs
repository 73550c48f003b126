//! `/findings`: the findings that wait, with a button for each decision, and the others that have no risk.

use abate_entity::level::Level;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::finder::{self, FindingView};
use super::{api, decision};
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{DecideFindings, See};
use crate::intake::plan_rules::Intake;
use crate::page::badge::{Badge, Tone, capitalised};
use crate::page::frame::{Frame, Section};
use crate::page::listing::{Empty, Pager, address};
use crate::page::{context, said, shell};
use crate::platform::paging::PageQuery;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Where the page is.
const PATH: &str = "/findings";

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config.route("/findings", web::get().to(list)).route("/findings/{id}/decide", web::post().to(decide));
}

#[derive(Template)]
#[template(path = "intake/findings.html")]
struct FindingsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    may_decide: bool,
    rows: Vec<FindingRow>,
    severities: Vec<(&'static str, String)>,
    pager: Pager,
    empty: Empty,
}

struct Tab {
    label: String,
    href: String,
    current: bool,
    count: String,
}

struct FindingRow {
    finding: FindingView,
    severity: Badge,
    /// The tool gives a severity, so that nobody has to choose one.
    rated: bool,
}

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    intake: String,
    cursor: String,
}

async fn list(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let intake = asked.intake.parse().unwrap_or(Intake::Waiting);
    let paging = PageQuery { limit: None, cursor: Some(asked.cursor.clone()) };
    let found = finder::page(db, &caller.scope(), intake, &paging).await?;
    let waiting = finder::waiting(db, &caller.scope()).await?;
    let tabs = [Intake::Waiting, Intake::Kept, Intake::Suppressed, Intake::PutAside].map(|each| Tab {
        label: capitalised(each.as_str()),
        href: address(PATH, &[("intake", each.as_str())]),
        current: each == intake,
        count: if each == Intake::Waiting { waiting.to_string() } else { String::new() },
    });
    let next = found.next_cursor.as_deref();
    let next = next.map(|cursor| address(PATH, &[("intake", intake.as_str()), ("cursor", cursor)]));
    let first =
        if asked.cursor.is_empty() { String::new() } else { address(PATH, &[("intake", intake.as_str())]) };
    shell::html(&FindingsPage {
        frame: context::frame(&request, &caller, "Findings without a risk", Section::Imports),
        tabs: tabs.into(),
        may_decide: caller.holds::<DecideFindings>(),
        pager: Pager {
            summary: if first.is_empty() && next.is_none() { "" } else { "More than fits on one page" }
                .to_owned(),
            first,
            next: next.unwrap_or_default(),
        },
        rows: found.items.into_iter().map(row).collect(),
        severities: Level::ALL
            .iter()
            .rev()
            .map(|level| (level.as_str(), capitalised(level.as_str())))
            .collect(),
        empty: Empty {
            title: "Nothing here".to_owned(),
            text: match intake {
                Intake::Waiting => "Nothing waits for a person. What a tool cannot rate comes here.",
                _ => "No finding was left without a risk in this way.",
            }
            .to_owned(),
            links: vec![("Intake rules".to_owned(), "/intake-rules".to_owned())],
        },
    })
}

fn row(finding: FindingView) -> FindingRow {
    let rated = finding.severity != "unknown";
    let severity = if rated {
        Badge::level(finding.severity)
    } else {
        Badge::toned(Tone::Warn, "Unknown", "The tool gives none.")
    };
    FindingRow { finding, severity, rated }
}

/// The form of one decision.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    decision: String,
    severity: Option<String>,
}

async fn decide(
    caller: Require<DecideFindings>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    if form.0.decision == "keep" {
        decision::keep(&state, &caller, *id).await?;
        return Ok(said::see_other(PATH, Tone::Good, "Kept without a risk, until it says something else."));
    }
    let severity = api::severity(form.0.severity.as_deref())?;
    let key = decision::make_risk(&state, &caller, *id, severity).await?;
    Ok(said::see_other(PATH, Tone::Good, &format!("It is {key} now.")))
}
