//! `GET /risks/{key}`

use abate_entity::lifecycle::State;
use abate_entity::{risk, ticket};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::gather::{FINDINGS, Gathered};
use super::row::{due_of, state, ticket_page};
use super::steps::{Offer, Refused, forms};
use super::{act, controls, details, due, edit, evidence, flags, history, people, transfer};
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::{Configure, MergeRisks, MoveRisks, ReadAuditLog, See};
use crate::audit_log::api::EVERY_TEAM;
use crate::owner;
use crate::page::badge::{Badge, Tone, capitalised, counted};
use crate::page::due::{Moment, day};
use crate::page::frame::Section;
use crate::page::{context, markdown, shell};
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::clock::Clock;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::view::{Comment, Fact, FindingRow, HistoryRow, RiskPage, TicketView};
use crate::risk::{alias, due_date, finder, identity, pause, record, step};
use crate::state::AppState;

/// The page of a risk.
pub(super) async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let risk = find(&caller, &state, &key).await?;
    shell::html(&page(&request, &caller, &state, risk, None).await?)
}

/// The risk that an address names.
///
/// # Errors
/// 404 when there is none, or the address names none.
pub(super) async fn find(caller: &Actor, state: &AppState, key: &str) -> Result<risk::Model, Problem> {
    let key: RiskKey = key.parse().map_err(|_| Problem::not_found(format!("risk {key}")))?;
    finder::one(state.database.reader(), &caller.scope(), key).await
}

/// The page of a risk, with what was wrong with the form that was just sent.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    risk: risk::Model,
    refused: Option<&Refused>,
) -> Result<RiskPage, Problem> {
    let db = state.database.reader();
    let now = state.clock.now();
    let policies = Policies::load(db).await?;
    let zone = policies.zone;
    let today = step::today(now, zone);
    let gathered = Gathered::of(db, &risk).await?;
    let requester = requester(caller, &risk);
    let steps = step::open_steps(db, &policies, &risk, &requester, now).await?;
    let pause = pause::waiting(&risk, &requester)?;
    let may_move = due_date::may_move(&risk, &requester);
    let offer = Offer {
        people: gathered.people.iter().map(|user| (user.email.clone(), user.name.clone())).collect(),
        known: known(&risk, &gathered),
        today: today.to_string(),
        proposals: details::proposals(&gathered),
        proofs: evidence::offered(&gathered),
    };
    let (actions, closed_actions) = forms(steps, &offer, refused);
    let clock = Clock::replay(&record::clock_events(db, risk.id).await?, &policies.versions)
        .map_err(Problem::internal)?;
    let key = RiskKey(risk.id).to_string();
    let title = format!("{key} {}", risk.title);
    Ok(RiskPage {
        frame: context::frame(request, caller, title, Section::Risks),
        href: format!("/risks/{key}"),
        key,
        version: risk.version.to_string(),
        title: risk.title.clone(),
        level: Badge::level(risk.level.as_str()),
        state: state_badge(&risk),
        due: due_of(&risk, today, zone),
        flags: flags::of(&risk, &gathered),
        facts: facts(&risk, &gathered, zone),
        people: people::fields(&risk, &gathered, caller, refused),
        edit: edit::fields(&risk, caller, refused),
        refused_form: refused.map(|refused| refused.event.clone()).unwrap_or_default(),
        declines: details::declines(&risk, &gathered, caller, refused),
        statements: details::statements(&risk, &gathered, caller),
        transfer_review: details::transfer_review(&risk, caller),
        transfer: transfer::fields(refused),
        is_assignee: risk.assignee_id == Some(caller.id),
        problems: refused.map(|refused| refused.problems(&actions)),
        actions,
        closed_actions,
        description: markdown::render(&risk.description),
        mitigation: markdown::render(if risk.plan.is_empty() { &risk.mitigation } else { &risk.plan }),
        ratings: details::ratings(&risk, policies.grid(), &gathered),
        stride: gathered.tagged("stride").into_iter().map(capitalised).collect(),
        techniques: gathered.tagged("technique").into_iter().map(details::technique).collect(),
        kill_chain: details::kill_chain(risk.kill_chain_phase.as_deref()),
        assets: details::assets(&gathered, risk.asset_id),
        controls: gathered.controls.iter().map(|row| (row.key.clone(), row.name.clone())).collect(),
        control_choices: controls::choices(&risk, &gathered, caller, refused),
        derivation: due::derivation(&clock, zone, pause, may_move, &gathered, refused),
        snooze: owner::page::snooze::fields(caller, &risk, now),
        findings: findings(&gathered, zone),
        more_findings: more(gathered.finding_count),
        same: alias::of(db, &caller.scope(), risk.id)
            .await?
            .into_iter()
            .map(|(row, other)| (RiskKey(other.id).to_string(), other.title, row.because))
            .collect(),
        may_merge: risk.state != State::Closed && caller.holds_in::<MergeRisks>(risk.team_id),
        group: gathered.group.map(|id| format!("G-{id}")),
        ticket: gathered.ticket.as_ref().map(|(ticket, connection)| {
            let browse = connection.as_ref().map(|connection| connection.browse_url.as_str());
            let mut shown = ticket_view(ticket, browse.unwrap_or_default(), zone);
            shown.drift.extend(gathered.drift.iter().cloned());
            if !gathered.drift.is_empty() && caller.holds_in::<Configure>(EVERY_TEAM) {
                shown.drift_page = format!("/settings/jira/drift?risk={}", RiskKey(risk.id));
            }
            shown
        }),
        no_ticket: "There is no ticket yet. One is made once the risk is confirmed and a connection to JIRA is set up."
            .to_owned(),
        evidence: evidence::rows(&risk, &gathered, zone),
        attach: evidence::fields(refused),
        comments: comments(&gathered, zone),
        comment_text: refused
            .filter(|refused| refused.is(act::COMMENT))
            .map(|refused| refused.value("body").to_owned())
            .unwrap_or_default(),
        may_write: caller.holds_in::<MoveRisks>(risk.team_id),
        may_read_log: caller.holds_in::<ReadAuditLog>(EVERY_TEAM),
        history: events(&gathered, zone),
    })
}

/// What the forms of steps begin with.
fn known(risk: &risk::Model, gathered: &Gathered) -> Vec<(String, String)> {
    let score = |name: &str, score: Option<i16>| Some((name.to_owned(), score?.to_string()));
    let owner = risk.owner_id.and_then(|id| gathered.people.iter().find(|user| user.id == id));
    [
        score("likelihood", risk.inherent_likelihood),
        score("impact", risk.inherent_impact),
        score("residual_likelihood", risk.target_likelihood),
        score("residual_impact", risk.target_impact),
        owner.map(|user| ("owner".to_owned(), user.email.clone())),
        Some(("plan".to_owned(), risk.plan.clone())),
        risk.treatment.map(|treatment| ("treatment".to_owned(), treatment.as_str().to_owned())),
    ]
    .into_iter()
    .flatten()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}

fn state_badge(risk: &risk::Model) -> Badge {
    let mut badge = state(risk);
    if !badge.title.is_empty() {
        badge.label = format!("{}: {}", badge.label, badge.title.to_lowercase());
        badge.title.clear();
    }
    badge
}

fn facts(risk: &risk::Model, gathered: &Gathered, zone: Tz) -> Vec<Fact> {
    let fact = |name: &str, text: String, href: String| Fact { name: name.to_owned(), text, href };
    let plain = |name: &str, text: String| fact(name, text, String::new());
    let person = |id: Option<i64>| id.map_or_else(|| "nobody".to_owned(), |id| gathered.person(Some(id)));
    let local = |at: DateTime<Utc>| day(at.with_timezone(&zone).date_naive());
    let mut facts = vec![plain("Owner", person(risk.owner_id)), plain("Assignee", person(risk.assignee_id))];
    if let Some(team) = &gathered.team {
        facts.push(fact("Team", team.name.clone(), format!("/risks?team={}", team.key)));
    }
    match &gathered.workshop {
        Some(workshop) => {
            facts.push(fact("Workshop", workshop.title.clone(), format!("/workshops/{}", workshop.id)));
        }
        None => facts.push(plain("Origin", capitalised(&risk.origin))),
    }
    if let Some(treatment) = risk.treatment {
        facts.push(plain("Treatment", capitalised(treatment.as_str())));
    }
    for (kind, label) in [("cve", "CVE"), ("cwe", "CWE"), ("package", "Package")] {
        let words = gathered.tagged(kind);
        if !words.is_empty() {
            facts.push(plain(label, words.join(", ")));
        }
    }
    facts.push(plain("Recorded", local(risk.detected_at)));
    facts.push(plain("Clock counts from", local(risk.sla_start_at)));
    if let Some(at) = risk.claimed_at {
        facts.push(plain("Said to be fixed", local(at)));
    }
    if let Some(at) = risk.closed_at {
        facts.push(plain("Closed", local(at)));
    }
    if let Some(last) = risk.review_on {
        facts.push(plain("Look again on", day(last)));
    }
    facts
}

fn findings(gathered: &Gathered, zone: Tz) -> Vec<FindingRow> {
    gathered
        .findings
        .iter()
        .map(|finding| FindingRow {
            id: finding.id,
            because: because(gathered, finding),
            source: gathered.sources.get(&finding.scope_id).cloned().unwrap_or_default(),
            title: finding.title.clone(),
            location: finding.location.clone(),
            severity: if finding.unknown_severity {
                "not said".to_owned()
            } else {
                capitalised(finding.severity.as_str())
            },
            first_seen: Moment::new(finding.detected_at, zone),
            presence: match (finding.lost_import_id, finding.missing_import_id) {
                (Some(_), _) => Badge::toned(Tone::Good, "Gone", "Confirmed by full scans"),
                (None, Some(_)) => {
                    Badge::toned(Tone::Warn, "Not in the last scan", "Waits for one more full scan")
                }
                (None, None) => Badge::toned(Tone::Bad, "Still seen", "In the last scan of its source"),
            },
        })
        .collect()
}

/// Why a finding is part of the risk: what its fingerprint compares, and who decided so.
fn because(gathered: &Gathered, finding: &abate_entity::finding::Model) -> String {
    let compares = identity::compares(&finding.scheme);
    let known =
        gathered.identities.iter().find(|row| row.scheme == finding.scheme && row.hash == finding.hash);
    match known.filter(|row| row.made_by.is_some()) {
        Some(row) => format!("Same because: {compares}; {} ({})", row.because, gathered.person(row.made_by)),
        None => format!("Same because: {compares}"),
    }
}

fn more(count: u64) -> String {
    if count > FINDINGS {
        format!("The newest {FINDINGS} of {}", counted(count, "finding", "findings"))
    } else {
        String::new()
    }
}

fn ticket_view(ticket: &ticket::Model, browse_url: &str, zone: Tz) -> TicketView {
    let key = ticket.issue_key.clone();
    let state = match (ticket.state.as_str(), ticket.broken) {
        (_, true) => Badge::toned(Tone::Bad, "Link broken", "The ticket was deleted, or is hidden from us"),
        ("linked", _) => Badge::toned(Tone::Good, "Linked", ""),
        ("quarantined", _) => Badge::toned(
            Tone::Bad,
            "Quarantined",
            "Whether JIRA made it cannot be known; a person has to look",
        ),
        ("unknown", _) => Badge::toned(Tone::Warn, "Being looked for", "JIRA's answer was lost"),
        ("held", _) => {
            Badge::toned(Tone::Plain, "Waits for its day", "The team has had its tickets of today")
        }
        ("cancelled", _) => Badge::toned(Tone::Plain, "Cancelled", ""),
        _ => Badge::toned(Tone::Warn, "Being made", ""),
    };
    let mut facts = Vec::new();
    if !ticket.status_name.is_empty() {
        facts.push(("Status there".to_owned(), ticket.status_name.clone()));
    }
    if let Some(assignee) = &ticket.jira_assignee {
        facts.push(("Assignee there".to_owned(), assignee.clone()));
    }
    if let Some(at) = ticket.synced_at {
        facts.push(("In step since".to_owned(), Moment::new(at, zone).words));
    }
    TicketView {
        href: key.as_deref().map(|key| ticket_page(browse_url, key)).unwrap_or_default(),
        key: key.unwrap_or_else(|| "New ticket".to_owned()),
        state,
        facts,
        drift: ticket.problem.iter().cloned().collect(),
        drift_page: String::new(),
    }
}

fn comments(gathered: &Gathered, zone: Tz) -> Vec<Comment> {
    gathered
        .comments
        .iter()
        .map(|row| Comment {
            author: gathered.person(row.author_id),
            at: Moment::new(row.created_at, zone),
            via: history::via(&row.via).to_owned(),
            body: markdown::render_to(&row.body, &gathered.mentioned(row.id)),
        })
        .collect()
}

fn events(gathered: &Gathered, zone: Tz) -> Vec<HistoryRow> {
    gathered
        .events
        .iter()
        .map(|event| HistoryRow {
            at: Moment::new(event.recorded_at, zone),
            actor: gathered.person(event.actor_id),
            via: history::via(&event.via).to_owned(),
            what: history::what(event),
            note: history::note(event),
            class: history::class(event),
        })
        .collect()
}
