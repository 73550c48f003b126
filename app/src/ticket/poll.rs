//! The poll that heals what webhooks missed: asks for what changed lately and queues the tickets that differ.

use std::collections::HashMap;

use abate_entity::{connection, ticket, webhook_delivery};
use abate_integrations::jira::{Issue, quote_jql};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::connection::{self as connections, Active};
use super::failure::Failure;
use super::finder;
use super::reconcile;
use super::ticket_rules::{TicketState, poll_minutes};
use super::told::Told;
use super::wording::Identity;
use crate::jobs;
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

const KIND: &str = "ticket_poll";
/// The fields that tell whether a ticket has to be looked at.
const FIELDS: [&str; 6] = ["labels", "priority", "duedate", "status", "assignee", "updated"];
/// How long the names of webhooks are remembered: longer than JIRA tries again.
const REMEMBERED: Duration = Duration::days(2);

/// Polls a connection; the subject is its number.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: Duration::minutes(10), run: job };

/// Queues the poll.
pub const EVERY_MINUTE: Timer<AppState> =
    Timer { name: "ticket_poll", every: Duration::minutes(1), run: tick };

fn job<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(run(state, subject))
}

fn tick(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let Some(active) = connections::active(state).await? else { return Ok(()) };
        let now = state.clock.now();
        if active.waits_until(now).is_some() {
            return Ok(());
        }
        let subject = active.row.id.to_string();
        state.database.write(async |tx| Ok(queue::enqueue(tx, KIND, &subject, now, now).await?)).await
    })
}

/// Polls a connection.
///
/// # Errors
/// When our own side fails; what fails at JIRA is noted and tried again in time.
pub async fn run(state: &AppState, subject: &str) -> Result<(), Problem> {
    let Some(active) =
        connections::active(state).await?.filter(|active| active.row.id.to_string() == subject)
    else {
        return Ok(());
    };
    match poll(state, &active).await {
        Ok(()) => connections::note_success(state, &active.row, None).await,
        Err(Failure::Own(problem)) => Err(problem),
        Err(Failure::Jira(error)) => connections::rest(state, active.row.id, &error).await,
    }
}

async fn poll(state: &AppState, active: &Active) -> Result<(), Failure> {
    let began = state.clock.now();
    let identity = finder::identity(state).await?;
    let last = active.row.polled_until.unwrap_or(active.row.created_at);
    // A period counts from JIRA's own now, so neither its zone nor a difference of clocks matters.
    let jql = format!(
        "labels = {} AND updated >= -{}m ORDER BY updated ASC",
        quote_jql(&identity.common_label()),
        poll_minutes(last, began)
    );
    let mut token: Option<String> = None;
    loop {
        let page = active.client.search(&jql, &FIELDS, token.as_deref()).await?;
        note_page(state, active, &identity, &page.issues).await?;
        match page.next_page_token {
            Some(next) if token.as_ref() != Some(&next) => token = Some(next),
            _ => break,
        }
    }
    state
        .database
        .write(async |tx| {
            connection::Entity::update_many()
                .set(connection::ActiveModel { polled_until: Set(Some(began)), ..Default::default() })
                .filter(connection::Column::Id.eq(active.row.id))
                .exec(tx)
                .await?;
            webhook_delivery::Entity::delete_many()
                .filter(webhook_delivery::Column::ReceivedAt.lt(began - REMEMBERED))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await?;
    Ok(())
}

async fn note_page(
    state: &AppState,
    active: &Active,
    identity: &Identity,
    issues: &[Issue],
) -> Result<(), Problem> {
    let ids: Vec<&str> = issues.iter().map(|issue| issue.id.as_str()).collect();
    let known: HashMap<String, ticket::Model> = ticket::Entity::find()
        .filter(ticket::Column::ConnectionId.eq(active.row.id))
        .filter(ticket::Column::IssueId.is_in(ids))
        .all(state.database.reader())
        .await?
        .into_iter()
        .filter_map(|ticket| Some((ticket.issue_id.clone()?, ticket)))
        .collect();
    let now = state.clock.now();
    let strangers: Vec<&Issue> = issues.iter().filter(|issue| !known.contains_key(&issue.id)).collect();
    let mut changed = Vec::new();
    for issue in issues {
        if let Some(ticket) = known.get(&issue.id)
            && differs(ticket, &Told::of(ticket)?, issue, identity)
        {
            changed.push(ticket.subject.clone());
        }
    }
    if changed.is_empty() && strangers.is_empty() {
        return Ok(());
    }
    state
        .database
        .write(async |tx| {
            for subject in &changed {
                queue::enqueue(tx, jobs::TICKET, subject, now, now).await?;
            }
            for issue in &strangers {
                note_stranger(tx, active, identity, issue, now).await?;
            }
            Ok(())
        })
        .await
}

/// Whether an issue shows anything that we do not know.
fn differs(ticket: &ticket::Model, told: &Told, issue: &Issue, identity: &Identity) -> bool {
    let fields = &issue.fields;
    let status = fields.status.as_ref();
    let has = |label: &String| fields.labels.iter().any(|known| known.eq_ignore_ascii_case(label));
    ticket.broken
        || ticket.issue_key.as_ref() != Some(&issue.key)
        || status.is_none_or(|status| {
            status.name != ticket.status_name || status.category.key() != ticket.status_category
        })
        || fields.due_date != told.due_on
        || (told.priority.is_some()
            && fields.priority.as_ref().map(|priority| &priority.id) != told.priority.as_ref())
        || fields.assignee.as_ref().map(|account| &account.display_name) != ticket.jira_assignee.as_ref()
        || !identity.labels(&ticket.subject).iter().all(has)
}

/// An issue that carries our label and is linked to no ticket: the one that we look for, a second one, or a clone
/// that somebody made.
async fn note_stranger(
    tx: &DatabaseTransaction,
    active: &Active,
    identity: &Identity,
    issue: &Issue,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let Some(marker) = issue.marker.as_ref().filter(|marker| marker.instance == identity.instance) else {
        return Ok(());
    };
    let Ok(uuid) = marker.uuid.parse::<uuid::Uuid>() else { return Ok(()) };
    let found = ticket::Entity::find()
        .filter(ticket::Column::ConnectionId.eq(active.row.id))
        .filter(ticket::Column::Uuid.eq(uuid))
        .one(tx)
        .await?;
    let Some(ticket) = found else { return Ok(()) };
    let set = if ticket.state == TicketState::Unknown.as_str() {
        reconcile::enqueue(tx, active.row.id, now).await?;
        ticket::ActiveModel { next_try_at: Set(now), ..Default::default() }
    } else if ticket.state == TicketState::Linked.as_str() {
        let other = ticket.issue_key.as_deref().unwrap_or_default();
        let text = format!("{} carries the marker of {other} too. Close one of them in JIRA.", issue.key);
        tracing::error!(
            ticket = ticket.subject,
            issue = issue.key,
            "a second issue carries the marker of a ticket"
        );
        ticket::ActiveModel { problem: Set(Some(text)), ..Default::default() }
    } else {
        return Ok(());
    };
    ticket::Entity::update_many().set(set).filter(ticket::Column::Id.eq(ticket.id)).exec(tx).await?;
    Ok(())
}
