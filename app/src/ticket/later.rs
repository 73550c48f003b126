//! When a linked ticket is looked at again by itself: after a call that failed, after a rest of the whole connection,
//! or because something was left to do. The moment stands in its row, so that a thousand waiting tickets are a thousand
//! rows and no queue that wakes as one.

use abate_entity::ticket;
use abate_integrations::jira::JiraError;
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::connection::health_rules::backoff;
use super::connection::{self, Active};
use super::row;
use super::ticket_rules::TicketState;
use crate::jobs;
use crate::platform::job::queue;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// How many tickets are queued at once.
const BATCH: u64 = 100;
/// Over how long the tickets are spread that wait for the end of a rest.
const SPREAD: f64 = 20_000.0;
/// How long a ticket waits after its write met somebody else's.
pub(super) const CONFLICT_WAIT: Duration = Duration::seconds(10);
/// How long what JIRA does not take is left out.
pub(super) const LEFT_OUT: Duration = Duration::hours(24);
/// How long a ticket waits after JIRA refused something about it.
pub(super) const REFUSED_WAIT: Duration = Duration::hours(1);

/// Queues the tickets whose moment has come.
///
/// # Errors
/// When the database refuses.
pub(super) async fn queue_due(state: &AppState, active: &Active, now: DateTime<Utc>) -> Result<(), Problem> {
    let due: Vec<(i64, String)> = ticket::Entity::find()
        .select_only()
        .columns([ticket::Column::Id, ticket::Column::Subject])
        .filter(ticket::Column::ConnectionId.eq(active.row.id))
        // One that was taken back may have been wished for again during a pause.
        .filter(
            ticket::Column::State
                .is_in([TicketState::Linked, TicketState::Cancelled].map(TicketState::as_str)),
        )
        .filter(ticket::Column::SyncAt.lte(now))
        .order_by_asc(ticket::Column::SyncAt)
        .order_by_asc(ticket::Column::Id)
        .limit(BATCH)
        .into_tuple()
        .all(state.database.reader())
        .await?;
    if due.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = due.iter().map(|(id, _)| *id).collect();
    state
        .database
        .write(async |tx| {
            for (_, subject) in &due {
                queue::enqueue(tx, jobs::TICKET, subject, now, now).await?;
            }
            ticket::Entity::update_many()
                .set(ticket::ActiveModel { sync_at: Set(None), ..Default::default() })
                .filter(ticket::Column::Id.is_in(ids.clone()))
                .filter(ticket::Column::SyncAt.lte(now))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}

/// The connection rests: the ticket is looked at soon after.
///
/// # Errors
/// When the database refuses.
pub(super) async fn after_rest(
    state: &AppState,
    ticket: &ticket::Model,
    until: DateTime<Utc>,
) -> Result<(), Problem> {
    #[allow(clippy::cast_possible_truncation, reason = "at most twenty thousand")]
    let spread = Duration::milliseconds((connection::jitter(state) * SPREAD) as i64);
    row::write(
        state,
        ticket,
        ticket::ActiveModel { sync_at: Set(Some(until + spread)), ..Default::default() },
    )
    .await
}

/// A call for this ticket failed: it waits, longer each time, and nothing else does unless JIRA as a whole is down.
///
/// # Errors
/// When the database refuses.
pub(super) async fn after_failure(
    state: &AppState,
    active: &Active,
    ticket: &ticket::Model,
    error: &JiraError,
) -> Result<(), Problem> {
    if let Some(until) = connection::note_failure(state, active, error).await? {
        return after_rest(state, ticket, until).await;
    }
    if !error.is_passing() {
        let at = state.clock.now() + REFUSED_WAIT;
        let problem = Set(Some(error.to_string()));
        return row::write(
            state,
            ticket,
            ticket::ActiveModel { problem, sync_at: Set(Some(at)), ..Default::default() },
        )
        .await;
    }
    let asked = error.retry_after().and_then(|wait| Duration::from_std(wait).ok());
    let (now, jitter) = (state.clock.now(), connection::jitter(state));
    tracing::warn!(ticket = ticket.subject, %error, "a call for a ticket failed");
    state
        .database
        .write(async |tx| {
            ticket::Entity::update_many()
                .col_expr(ticket::Column::Failures, Expr::col(ticket::Column::Failures).add(1))
                .filter(ticket::Column::Id.eq(ticket.id))
                .exec(tx)
                .await?;
            let Some(row) = ticket::Entity::find_by_id(ticket.id).one(tx).await? else { return Ok(()) };
            let at = now + backoff(row.failures, asked, jitter);
            ticket::Entity::update_many()
                .set(ticket::ActiveModel { sync_at: Set(Some(at)), ..Default::default() })
                .filter(ticket::Column::Id.eq(ticket.id))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}
