//! The poll that heals what webhooks missed: asks for the numbers of what changed lately, reads those in bulk, and
//! queues the tickets that differ.

use abate_entity::{connection, webhook_delivery};
use abate_integrations::jira::quote_jql;
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::bulk_read;
use super::connection::{self as connections, Active};
use super::failure::Failure;
use super::finder;
use super::reconcile;
use super::seen;
use super::ticket_rules::{is_out_of_touch, poll_minutes};
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

const KIND: &str = "ticket_poll";
/// How long the names of webhooks are remembered: longer than JIRA tries again.
const REMEMBERED: Duration = Duration::days(2);

/// Polls a connection; the subject is its number.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: Duration::minutes(10), run: job };

/// Queues the poll when its time has come.
pub const TIMER: Timer<AppState> = Timer { name: "ticket_poll", every: Duration::seconds(15), run: tick };

fn job<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(run(state, subject))
}

fn tick(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        for active in connections::every(state).await? {
            let every = Duration::seconds(active.row.poll_seconds.into());
            let is_due = active.row.polled_until.is_none_or(|last| now - last >= every);
            if !is_due || active.waits_until(now).is_some() {
                continue;
            }
            state.database.write(async |tx| enqueue(tx, active.row.id, now).await).await?;
        }
        Ok(())
    })
}

/// Queues a poll of a connection.
///
/// # Errors
/// When the database refuses.
pub(super) async fn enqueue(
    tx: &DatabaseTransaction,
    connection_id: i64,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    Ok(queue::enqueue(tx, KIND, &connection_id.to_string(), now, now).await?)
}

/// Polls a connection.
///
/// # Errors
/// When our own side fails; what fails at JIRA is noted and tried again in time.
pub async fn run(state: &AppState, subject: &str) -> Result<(), Problem> {
    let Some(active) = connections::for_job(state, subject).await? else { return Ok(()) };
    match poll(state, &active).await {
        Ok(()) => connections::note_success(state, active.row.id, connections::Shows::Reading).await,
        Err(Failure::Own(problem)) => Err(problem),
        Err(Failure::Jira(error)) => connections::note_failure(state, &active, &error).await.map(|_| ()),
    }
}

async fn poll(state: &AppState, active: &Active) -> Result<(), Failure> {
    let began = state.clock.now();
    let identity = finder::identity(state).await?;
    let last = active.row.polled_until.unwrap_or(active.row.created_at);
    // A period counts from JIRA's own now, so neither its zone nor a difference of clocks matters.
    let jql = format!(
        "labels = {} AND updated >= -{}m ORDER BY created ASC",
        quote_jql(&identity.common_label()),
        poll_minutes(last, began)
    );
    let ids = active.client.search_ids(&jql).await?;
    for ids in ids.chunks(active.client.fetch_limit()) {
        let issues = bulk_read::known_or_strange(state, active, ids).await?;
        seen::note(state, active, &identity, &issues).await?;
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
            // Tickets may have waited to be created until it was known which are there.
            let poll_every = Duration::seconds(active.row.poll_seconds.into());
            if is_out_of_touch(active.row.polled_until, poll_every, began) {
                reconcile::enqueue(tx, active.row.id, began, began).await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}
