//! `GET /incidents/{key}`

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use sea_orm::ConnectionTrait;

use super::declare::{data_fields, moment_field};
use super::list::{kind, standing};
use super::{NO_SLACK, Sent, fill, problems, value};
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::{DeclareIncidents, See};
use crate::incident::api::{DutyView, EntryView, IncidentDetail};
use crate::incident::finder;
use crate::incident::key::IncidentKey;
use crate::incident::leaders;
use crate::incident::state_rules::CLOSED;
use crate::incident::view::{ActForm, DutyRow, IncidentPage, LogRow};
use crate::page::badge::{Badge, Tone};
use crate::page::due::{Moment, days};
use crate::page::form::{Choice, Field, Kind, Problems};
use crate::page::frame::Section;
use crate::page::{context, markdown, shell};
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::state::AppState;

pub(super) async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let key: IncidentKey = key.parse().map_err(|_| Problem::not_found(format!("incident {key}")))?;
    shell::html(&page(&request, &caller, &state, key, None).await?)
}

/// A form of the page that was refused.
pub(super) struct Refused<'a> {
    /// The end of its address.
    pub(super) action: &'a str,
    pub(super) sent: &'a Sent,
    pub(super) problem: &'a Problem,
}

impl Refused<'_> {
    /// Puts what was typed back where it was typed, and gives what is said above; where that form is gone, what was typed
    /// stands there.
    fn keep(&self, forms: &mut [ActForm]) -> Problems {
        let mut problems = problems(self.problem);
        let same = |form: &&mut ActForm| {
            let hidden = form.hidden.iter().all(|(name, held)| value(self.sent, name) == *held);
            form.action == self.action && hidden
        };
        if let Some(form) = forms.iter_mut().find(same) {
            fill(&mut form.fields, self.sent, self.problem);
            form.open = true;
        } else {
            let typed =
                self.sent.iter().filter(|(name, _)| !["csrf", "duty", "state"].contains(&name.as_str()));
            problems
                .items
                .extend(typed.map(|(name, text)| (format!("Your {}", name.replace('_', " ")), text.clone())));
        }
        problems
    }
}

/// The page of an incident, with what was wrong with the form that was just sent.
///
/// # Errors
/// 404 when there is none that the caller may see.
pub(super) async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    key: IncidentKey,
    refused: Option<Refused<'_>>,
) -> Result<IncidentPage, Problem> {
    let db = state.database.reader();
    let now = state.clock.now();
    let zone = Policies::load(db).await?.zone;
    let row = finder::one(db, &finder::scope(caller), key).await?;
    let works = caller.holds_in::<DeclareIncidents>(row.team_id);
    let leads = leaders::may_lead(db, caller, &row).await?;
    let detail = IncidentDetail::of(db, row).await?;
    let mut forms = forms(db, works, leads, &detail, zone).await?;
    let problems = refused.map(|refused| refused.keep(&mut forms));
    let unreached = state.slack.is_none() && detail.incident.acknowledged_at.is_none();
    let incident = &detail.incident;
    Ok(IncidentPage {
        frame: context::frame(request, caller, format!("{key} {}", incident.title), Section::Risks),
        problems,
        warning: if unreached { NO_SLACK } else { "" },
        key: incident.key.clone(),
        title: incident.title.clone(),
        badges: vec![kind(&incident.kind), standing(&incident.state)],
        description: markdown::render(&detail.description),
        summary: markdown::render(&detail.summary),
        facts: facts(&detail, zone),
        risk: incident.risk.clone().unwrap_or_default(),
        data: detail
            .data
            .iter()
            .map(|data| {
                let people = data.people.map_or_else(|| "not known".to_owned(), |people| people.to_string());
                [data.data_class.clone(), data.subjects.clone(), people, data.note.clone()]
            })
            .collect(),
        duties: detail.duties.iter().map(|duty| duty_row(duty, now, zone)).collect(),
        actions: detail
            .actions
            .iter()
            .map(|action| [action.key.clone(), action.title.clone(), action.state.replace('_', " ")])
            .collect(),
        log: detail.log.iter().rev().map(|entry| log_row(entry, zone)).collect(),
        forms,
    })
}

fn facts(detail: &IncidentDetail, zone: Tz) -> Vec<(String, String)> {
    let incident = &detail.incident;
    let words = |at: DateTime<Utc>| Moment::new(at, zone).words;
    let who = |at: Option<DateTime<Utc>>, by: &Option<String>| {
        at.map(|at| format!("{} by {}", words(at), by.as_deref().unwrap_or("Abate")))
    };
    [
        ("Aware since", Some(words(incident.aware_at))),
        ("Declared", who(Some(incident.declared_at), &incident.declared_by)),
        ("Acknowledged", who(incident.acknowledged_at, &incident.acknowledged_by)),
        ("Contained", incident.contained_at.map(words)),
        ("Closed", who(incident.closed_at, &incident.closed_by)),
        ("Team", Some(incident.team.clone())),
        ("No action", Some(detail.no_action_reason.clone()).filter(|reason| !reason.is_empty())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

fn duty_row(duty: &DutyView, now: DateTime<Utc>, zone: Tz) -> DutyRow {
    let left = duty.due_at - now;
    let badge = match duty.state.as_str() {
        "told" if duty.told_at.is_some_and(|told| told > duty.due_at) => {
            Badge::toned(Tone::Warn, "Told late", "")
        }
        "told" => Badge::toned(Tone::Good, "Told", ""),
        "not_needed" => Badge::toned(Tone::Plain, "Not needed", ""),
        _ if left < Duration::zero() => Badge::toned(Tone::Bad, format!("Late by {}", span(-left)), ""),
        _ if left < Duration::hours(24) => Badge::toned(Tone::Bad, format!("{} left", span(left)), ""),
        _ => Badge::toned(Tone::Warn, format!("{} left", span(left)), ""),
    };
    let parts = [&duty.clock, &duty.legal_basis, &duty.contact];
    let parts: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let told = duty.told_at.map(|at| format!("{}: {}", Moment::new(at, zone).words, duty.how));
    DutyRow {
        authority: duty.authority.clone(),
        detail: parts.join("; "),
        due: Moment::new(duty.due_at, zone),
        left: badge,
        done: told.unwrap_or_else(|| duty.reason.clone()),
    }
}

/// Hours and minutes up to the three days that many clocks have, then days.
fn span(length: Duration) -> String {
    match length.num_hours() {
        hours @ ..=72 => format!("{hours} h {} min", length.num_minutes() % 60),
        hours => days(hours / 24),
    }
}

fn log_row(entry: &EntryView, zone: Tz) -> LogRow {
    let told = match (entry.who.as_str(), entry.how.as_str()) {
        ("", _) => String::new(),
        (who, "") => format!("{who}: "),
        (who, how) => format!("{who}, {how}: "),
    };
    LogRow {
        at: Moment::new(entry.at, zone),
        by: entry.by.clone().unwrap_or_else(|| "Abate".to_owned()),
        text: format!("{told}{}", entry.text),
    }
}

/// The forms that are open to the reader, the next step first.
async fn forms(
    db: &impl ConnectionTrait,
    works: bool,
    leads: bool,
    detail: &IncidentDetail,
    zone: Tz,
) -> Result<Vec<ActForm>, Problem> {
    let incident = &detail.incident;
    let form = |action: &'static str, label: &str, fields: Vec<Field>| ActForm {
        action,
        label: label.to_owned(),
        hidden: Vec::new(),
        fields,
        open: false,
    };
    let text = |name: &str, label: &str| Field::new(name, label, Kind::Text);
    let lines = |name: &str, label: &str| Field::new(name, label, Kind::Lines);
    let entry = vec![
        moment_field("at", "When", zone),
        text("who", "Who was told").hint("Leave it empty for a note."),
        text("how", "How").hint("By phone, mail, letter, and what proves it."),
        lines("text", "What"),
    ];
    let mut forms = Vec::new();
    if incident.state == CLOSED {
        forms.extend(works.then(|| form("entries", "Add to the log", entry)));
        return Ok(forms);
    }
    if leads && incident.acknowledged_at.is_none() {
        forms.push(form("acknowledge", "Acknowledge", Vec::new()));
    }
    if works {
        if incident.contained_at.is_none() {
            forms.push(form("contain", "It is contained", Vec::new()));
        }
        for duty in detail.duties.iter().filter(|duty| duty.state == "open") {
            forms.push(ActForm {
                hidden: vec![("duty".to_owned(), duty.id.to_string())],
                ..form("duty", &format!("Told: {}", duty.authority), duty_fields(zone))
            });
        }
        forms.push(form("entries", "Add to the log", entry));
        forms.push(form("data", "Say what data is concerned", data_fields(db, &Vec::new()).await?));
        let score = |name: &str, label: &str| Field::new(name, label, Kind::Number).between("1", "5");
        let action = vec![
            text("title", "What is to be done").required(),
            text("asset", "Asset").required().hint("Its key, as in the register."),
            text("owner", "Owner").hint("Their address; the asset's owner unless told."),
            score("likelihood", "Likelihood"),
            score("impact", "Impact"),
        ];
        forms.push(form("actions", "Record an action", action));
    }
    if leads {
        let fields = vec![
            lines("summary", "What happened and what was learned").value(detail.summary.clone()),
            lines("no_action_reason", "Why nothing follows").hint("Where no action is recorded."),
        ];
        forms.push(form("close", "Close", fields));
    }
    Ok(forms)
}

fn duty_fields(zone: Tz) -> Vec<Field> {
    let states = [("told", "They were told"), ("not_needed", "They need not be told")];
    let states = states.map(|(word, label)| Choice::new(word, label, "told")).to_vec();
    vec![
        Field::new("state", "What was done", Kind::Choice).choices(states).required(),
        moment_field("told_at", "When", zone),
        Field::new("how", "How", Kind::Text).hint("By phone, mail, letter or form, and what proves it."),
        Field::new("reason", "Why they need not be told", Kind::Lines),
    ]
}
