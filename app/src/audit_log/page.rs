//! `/audit-log`: who did what, newest first, and up to where it is sealed.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

use super::api::EVERY_TEAM;
use super::finder::{self, EntryView, LogFilter};
use super::{checkpoint, row, seal};
use crate::access::require::Require;
use crate::access::right::ReadAuditLog;
use crate::page::badge::{capitalised, counted};
use crate::page::due::Moment;
use crate::page::form::{Choice, Field, Kind};
use crate::page::frame::{Frame, Section};
use crate::page::listing::{Empty, Pager, address};
use crate::page::{context, shell};
use crate::platform::paging::PageQuery;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Where the page is.
const PATH: &str = "/audit-log";
/// Through what things are done.
const WAYS: [&str; 7] = ["page", "api", "slack", "jira", "import", "timer", "command"];

/// Registers the page.
pub fn pages(config: &mut ServiceConfig) {
    config.route("/audit-log", web::get().to(list));
}

#[derive(Template)]
#[template(path = "audit_log/list.html")]
struct LogPage {
    frame: Frame,
    standing: String,
    filters: Vec<Field>,
    rows: Vec<Row>,
    pager: Pager,
    empty: Empty,
}

struct Row {
    seq: String,
    hash: String,
    at: Moment,
    actor: String,
    via: String,
    agent: String,
    action: String,
    subject: String,
    /// Empty when the subject has no page.
    href: String,
    data: String,
    from: String,
}

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    actor: String,
    action: String,
    subject: String,
    via: String,
    from: String,
    to: String,
    cursor: String,
}

impl Asked {
    fn filter(&self) -> LogFilter {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        LogFilter {
            actor: said(&self.actor),
            action: said(&self.action),
            subject: said(&self.subject),
            via: said(&self.via),
            from: self.from.parse().ok(),
            to: self.to.parse().ok(),
        }
    }

    fn address(&self, cursor: &str) -> String {
        let parameters = [
            ("actor", self.actor.as_str()),
            ("action", &self.action),
            ("subject", &self.subject),
            ("via", &self.via),
            ("from", &self.from),
            ("to", &self.to),
            ("cursor", cursor),
        ];
        address(PATH, &parameters)
    }
}

async fn list(
    request: HttpRequest,
    caller: Require<ReadAuditLog>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<ReadAuditLog>(EVERY_TEAM)?;
    let db = state.database.reader();
    let zone = state.config.organisation.zone;
    let paging = PageQuery { limit: Some(50), cursor: Some(asked.cursor.clone()) };
    let found = finder::page(db, zone, &asked.filter(), &paging).await?;
    let next = found.next_cursor.as_deref().map(|cursor| asked.address(cursor));
    let first = if asked.cursor.is_empty() { String::new() } else { asked.address("") };
    shell::html(&LogPage {
        frame: context::frame(&request, &caller, "Audit log", Section::Elsewhere),
        standing: standing(&state, zone).await?,
        filters: filters(&asked),
        pager: Pager {
            summary: if first.is_empty() && next.is_none() { "" } else { "More than fits on one page" }
                .to_owned(),
            first,
            next: next.unwrap_or_default(),
        },
        rows: found.items.into_iter().map(|entry| row(entry, zone)).collect(),
        empty: Empty {
            title: "No entries here".to_owned(),
            text: "Nothing was done that fits these filters.".to_owned(),
            links: vec![("Show all".to_owned(), PATH.to_owned())],
        },
    })
}

/// Up to where the log is sealed and signed, in words.
async fn standing(state: &AppState, zone: Tz) -> Result<String, Problem> {
    let db = state.database.reader();
    let sealed = match row::last_seal(db).await? {
        Some(last) => format!("Sealed up to number {}", last.seq),
        None => "Nothing is sealed yet".to_owned(),
    };
    let waiting = match seal::waiting(db).await? {
        0 => String::new(),
        count => {
            format!(", {} waiting", counted(u64::try_from(count).unwrap_or(0), "entry", "entries"))
        }
    };
    let signed = match checkpoint::last(db).await? {
        Some(made) => {
            format!("; signed up to {} on {}", made.seq, Moment::new(made.created_at, zone).words)
        }
        None => String::new(),
    };
    Ok(format!("{sealed}{waiting}{signed}. abate verify-log checks all of it."))
}

fn filters(asked: &Asked) -> Vec<Field> {
    let mut ways = vec![Choice::new("", "All", &asked.via)];
    ways.extend(WAYS.map(|via| Choice::new(via, capitalised(via), &asked.via)));
    vec![
        Field::new("actor", "Who", Kind::Text).value(&asked.actor),
        Field::new("action", "What", Kind::Text).value(&asked.action),
        Field::new("subject", "To what", Kind::Text).value(&asked.subject),
        Field::new("via", "Through", Kind::Choice).choices(ways),
        Field::new("from", "From", Kind::Date).value(&asked.from),
        Field::new("to", "To", Kind::Date).value(&asked.to),
    ]
}

fn row(entry: EntryView, zone: Tz) -> Row {
    let actor = match entry.actor {
        None => "Abate".to_owned(),
        Some(person) if person.name.is_empty() => format!("User {}", person.id),
        Some(person) => person.name,
    };
    let href = match entry.subject.parse::<RiskKey>() {
        Ok(_) => format!("/risks/{}", entry.subject),
        Err(_) => String::new(),
    };
    let data = serde_json::to_string_pretty(&entry.data).unwrap_or_default();
    Row {
        seq: entry.seq.map(|seq| seq.to_string()).unwrap_or_default(),
        hash: entry.hash.unwrap_or_default(),
        at: Moment::new(entry.recorded_at, zone),
        actor,
        via: entry.via,
        agent: entry.agent,
        action: entry.action,
        subject: entry.subject,
        href,
        data: if data == "{}" || data == "null" { String::new() } else { data },
        from: entry.address,
    }
}
