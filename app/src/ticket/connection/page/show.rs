//! One connection: how it stands, what its last test found, and which issues are strangers to it.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use super::standing;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::page::badge::{Badge, Tone};
use crate::page::frame::{Frame, Section};
use crate::page::{context, shell};
use crate::platform::problem::Problem;
use crate::state::AppState;
use crate::ticket::connection::{ConnectionView, store};

#[derive(Template)]
#[template(path = "ticket/connection.html")]
struct ShowPage {
    frame: Frame,
    id: i64,
    name: String,
    site: String,
    status: Badge,
    problem: String,
    paused: bool,
    of_settings: bool,
    /// Where an app is authorised; empty without one.
    authorise: String,
    may_remove: bool,
    facts: Vec<(&'static str, String)>,
    counts: Vec<(&'static str, u64, String)>,
    findings: Vec<(Badge, String, String)>,
    checked: String,
    strangers: Vec<Stranger>,
    more_strangers: u64,
}

struct Stranger {
    key: String,
    url: String,
    risk: String,
    problem: String,
}

pub(super) async fn show(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let row = store::row(state.database.reader(), *id).await?;
    let connection = ConnectionView::load(&state, row).await?;
    let zone = state.config.organisation.zone;
    let moment = |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
    let strangers: Vec<Stranger> = connection
        .strangers
        .iter()
        .map(|stranger| Stranger {
            key: stranger.key.clone(),
            url: stranger.url.clone(),
            risk: stranger.risk.clone().unwrap_or_default(),
            problem: stranger.problem.clone(),
        })
        .collect();
    let mut problem = connection.problem.clone().unwrap_or_default();
    if let Some(since) = connection.problem_since {
        problem = format!("{problem} (since {})", moment(since));
    }
    let tickets = |states: &str| format!("/tickets?connection={}&state={states}", connection.id);
    shell::html(&ShowPage {
        frame: context::frame(&request, &caller, connection.name.clone(), Section::Elsewhere),
        status: standing(&connection),
        facts: facts(&connection, &moment),
        counts: vec![
            ("Linked", connection.linked, tickets("linked")),
            ("Waiting", connection.waiting, tickets("waiting")),
            ("Quarantined", connection.quarantined, tickets("quarantined")),
        ],
        findings: connection
            .findings
            .iter()
            .map(|finding| {
                let badge = if finding.ok {
                    Badge::toned(Tone::Good, "Well", "")
                } else {
                    Badge::toned(Tone::Bad, "Mend", "")
                };
                let check = finding.check.strip_prefix("jira ").unwrap_or(&finding.check);
                (badge, crate::page::badge::capitalised(check), finding.detail.clone())
            })
            .collect(),
        checked: connection.checked_at.map(moment).unwrap_or_default(),
        more_strangers: connection.stranger_count.saturating_sub(strangers.len() as u64),
        strangers,
        paused: connection.paused,
        authorise: connection
            .authorise
            .as_ref()
            .map(|_| format!("{}/authorise", super::address(connection.id)))
            .unwrap_or_default(),
        of_settings: connection.origin == "settings",
        may_remove: connection.origin != "settings" || !connection.usable,
        id: connection.id,
        name: connection.name,
        site: connection.url,
        problem,
    })
}

fn facts(
    connection: &ConnectionView,
    moment: &impl Fn(DateTime<Utc>) -> String,
) -> Vec<(&'static str, String)> {
    let never = || "never".to_owned();
    let mut facts = vec![
        ("Kind", if connection.kind == "cloud" { "Cloud".to_owned() } else { "Data Center".to_owned() }),
        ("Project", format!("{}, {}", connection.project, connection.issue_type)),
        ("Interface", connection.api_url.clone()),
        ("Webhooks go to", connection.webhook_url.clone()),
        (
            "Looks for changes",
            format!(
                "every {} seconds, last {}",
                connection.poll_seconds,
                connection.polled_until.map_or_else(never, moment)
            ),
        ),
        (
            "Reads all tickets",
            format!("each night, last {}", connection.full_pass_at.map_or_else(never, moment)),
        ),
    ];
    if let Some(until) = connection.retry_at {
        facts.push(("Rests until", moment(until)));
    }
    if let Some(authorise) = &connection.authorise {
        facts.push(("Callback of its app", authorise.callback_url.clone()));
    }
    if let Some(at) = connection.token_ends_at {
        facts.push(("Its token", format!("renewed by itself, holds until {}", moment(at))));
    }
    if let Some(webhook) = &connection.registered_webhook {
        let text = match (&webhook.problem, webhook.ends_at) {
            (Some(problem), _) => problem.clone(),
            (None, Some(at)) => format!("registered until {}, renewed by themselves", moment(at)),
            (None, None) => "none yet".to_owned(),
        };
        facts.push(("Its webhooks", text));
    }
    if let Some(day) = connection.token_expires_on {
        facts.push(("Last day of the token", day.to_string()));
    }
    facts
}
