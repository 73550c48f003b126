//! The nightly pass over every linked ticket, by number and in bulk: it sees what no search shows, such as a ticket that
//! has lost its label, and what a poll has missed. It keeps its place, so that a restart goes on where it was.

use std::collections::HashSet;

use abate_entity::{connection, ticket};
use abate_integrations::jira::quote_jql;
use chrono::Duration;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::bulk_read;
use super::connection::{self as connections, Active};
use super::failure::Failure;
use super::finder;
use super::seen;
use super::strangers;
use super::ticket_rules::{TicketState, full_pass_due};
use super::wording::Identity;
use crate::jobs;
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

const KIND: &str = "ticket_full_pass";
/// How many pages of tickets one run reads.
const PAGES: usize = 20;

/// Reads some pages of the tickets of a connection; the subject is its number.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: Duration::minutes(15), run: job };

/// Queues the pass at night, and goes on with one that was interrupted.
pub const TIMER: Timer<AppState> = Timer { name: "ticket_full_pass", every: Duration::minutes(5), run: tick };

fn job<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(run(state, subject))
}

fn tick(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        for active in connections::every(state).await? {
            let row = &active.row;
            let last = row.full_pass_at.unwrap_or(row.created_at);
            let is_due = row.full_pass_after.is_some() || full_pass_due(last, now, row.id);
            if is_due && active.waits_until(now).is_none() {
                enqueue(state, &active).await?;
            }
        }
        Ok(())
    })
}

async fn enqueue(state: &AppState, active: &Active) -> Result<(), Problem> {
    let (now, subject) = (state.clock.now(), active.row.id.to_string());
    state.database.write(async |tx| Ok(queue::enqueue(tx, KIND, &subject, now, now).await?)).await
}

/// Reads some pages, and queues itself again while there are more.
///
/// # Errors
/// When our own side fails; what fails at JIRA is noted and tried again in time.
pub async fn run(state: &AppState, subject: &str) -> Result<(), Problem> {
    let Some(active) = connections::for_job(state, subject).await? else { return Ok(()) };
    if active.waits_until(state.clock.now()).is_some() {
        return Ok(());
    }
    match pages(state, &active).await {
        Ok(done) => {
            connections::note_success(state, active.row.id, connections::Shows::Reading).await?;
            if done { Ok(()) } else { enqueue(state, &active).await }
        }
        Err(Failure::Own(problem)) => Err(problem),
        Err(Failure::Jira(error)) => connections::note_failure(state, &active, &error).await.map(|_| ()),
    }
}

/// Answers whether that was all of them.
async fn pages(state: &AppState, active: &Active) -> Result<bool, Failure> {
    let identity = finder::identity(state).await?;
    // What a stranger at the door is shown proves nothing.
    active.client.myself().await?;
    let mut after = active.row.full_pass_after.unwrap_or_default();
    let size = active.client.fetch_limit();
    for _ in 0..PAGES {
        let tickets = ticket::Entity::find()
            .filter(ticket::Column::ConnectionId.eq(active.row.id))
            .filter(ticket::Column::State.eq(TicketState::Linked.as_str()))
            .filter(ticket::Column::Id.gt(after))
            .order_by_asc(ticket::Column::Id)
            .limit(size as u64)
            .all(state.database.reader())
            .await?;
        if let Some(last) = tickets.last() {
            after = last.id;
            page(state, active, &identity, &tickets).await?;
            keep(
                state,
                active,
                connection::ActiveModel { full_pass_after: Set(Some(after)), ..Default::default() },
            )
            .await?;
        }
        if tickets.len() < size {
            others(state, active, &identity).await?;
            let set = connection::ActiveModel {
                full_pass_at: Set(Some(state.clock.now())),
                full_pass_after: Set(None),
                ..Default::default()
            };
            keep(state, active, set).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads one page of tickets.
async fn page(
    state: &AppState,
    active: &Active,
    identity: &Identity,
    tickets: &[ticket::Model],
) -> Result<(), Failure> {
    let ids: Vec<String> = tickets.iter().filter_map(|ticket| ticket.issue_id.clone()).collect();
    let issues = bulk_read::glance(active, &ids).await?;
    seen::note(state, active, identity, &issues).await?;
    let shown: HashSet<&str> = issues.iter().map(|issue| issue.id.as_str()).collect();
    let absent: Vec<&ticket::Model> = tickets
        .iter()
        .filter(|ticket| !ticket.broken)
        .filter(|ticket| ticket.issue_id.as_deref().is_some_and(|id| !shown.contains(id)))
        .collect();
    if absent.is_empty() {
        return Ok(());
    }
    // The credentials may have gone since the beginning; each ticket is asked for by itself before it counts as lost.
    active.client.myself().await?;
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            for ticket in &absent {
                queue::enqueue(tx, jobs::TICKET, &ticket.subject, now, now).await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// Looks for issues that carry our label and are no ticket.
async fn others(state: &AppState, active: &Active, identity: &Identity) -> Result<(), Failure> {
    let began = state.clock.now();
    let jql = format!("labels = {} ORDER BY created ASC", quote_jql(&identity.common_label()));
    let labelled = active.client.search_ids(&jql).await?;
    let known: HashSet<String> = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::IssueId)
        .filter(ticket::Column::ConnectionId.is_in(connections::of_site(state, &active.row).await?))
        .filter(ticket::Column::IssueId.is_not_null())
        .into_tuple()
        .all(state.database.reader())
        .await?
        .into_iter()
        .collect();
    let strange: Vec<String> = labelled.iter().filter(|id| !known.contains(*id)).cloned().collect();
    for ids in strange.chunks(active.client.fetch_limit()) {
        let issues = bulk_read::marked(active, ids).await?;
        seen::note(state, active, identity, &issues).await?;
    }
    strangers::settle_absent(state, active.row.id, &strange, began).await?;
    Ok(())
}

async fn keep(state: &AppState, active: &Active, set: connection::ActiveModel) -> Result<(), Problem> {
    state
        .database
        .write(async |tx| {
            connection::Entity::update_many()
                .set(set.clone())
                .filter(connection::Column::Id.eq(active.row.id))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}
