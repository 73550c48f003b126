//! Makes the tickets of a connection true: looks for those whose creation is uncertain, and creates those that are
//! wanted.
//!
//! Nothing is held while JIRA is called. Whoever finds a `creating` whose time is over treats it as unknown:
//! its worker may have died before, during or after the call.

use abate_entity::connection as connections;
use abate_entity::ticket;
use abate_integrations::jira::{CreatedIssue, JiraError};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use super::connection::{self, Active};
use super::create;
use super::failure::Failure;
use super::later;
use super::look;
use super::poll;
use super::strangers;
use super::ticket_rules::{TicketState, first_look, is_out_of_touch};
use super::told::Told;
use crate::jobs;
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

const KIND: &str = "ticket_reconcile";
/// Longer than the requests of one run together: four to look, two for the screen, one to create, one to check. A
/// claim is as long, so that one whose worker lives is never taken over.
pub(super) const LEASE: Duration = Duration::seconds(150);
/// Creates the wanted tickets of a connection; the subject is its number.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: LEASE, run: job };

/// Sees to it that no ticket is left waiting.
pub const WATCH: Timer<AppState> = Timer { name: "ticket_watch", every: Duration::seconds(5), run: watch };

fn job<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(run(state, subject))
}

fn watch(state: &AppState) -> Work<'_> {
    Box::pin(look_for_work(state))
}

/// How long wishes for tickets are gathered, so that those of one moment are created in one call.
pub(super) fn gather(connection: &connections::Model) -> Duration {
    Duration::seconds(connection.gather_seconds.into())
}

/// Queues a run for a connection.
///
/// # Errors
/// When the database refuses.
pub async fn enqueue(
    tx: &DatabaseTransaction,
    connection_id: i64,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    Ok(queue::enqueue(tx, KIND, &connection_id.to_string(), at, now).await?)
}

async fn look_for_work(state: &AppState) -> Result<(), Problem> {
    for active in connection::every(state).await? {
        look_at(state, &active).await?;
    }
    Ok(())
}

async fn look_at(state: &AppState, active: &Active) -> Result<(), Problem> {
    let now = state.clock.now();
    if active.waits_until(now).is_some() {
        return Ok(());
    }
    later::queue_due(state, active, now).await?;
    let waiting =
        [TicketState::Wanted, TicketState::Creating, TicketState::Unknown, TicketState::Quarantined];
    let due = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Id)
        .filter(ticket::Column::ConnectionId.eq(active.row.id))
        .filter(ticket::Column::State.is_in(waiting.map(TicketState::as_str)))
        .filter(ticket::Column::NextTryAt.lte(now))
        .into_tuple::<i64>()
        .one(state.database.reader())
        .await?;
    match due {
        None => Ok(()),
        Some(_) => state.database.write(async |tx| enqueue(tx, active.row.id, now, now).await).await,
    }
}

/// Looks for the uncertain tickets of a connection and creates one batch of the wanted ones.
///
/// # Errors
/// When our own side fails; what fails at JIRA is noted and tried again in time.
pub async fn run(state: &AppState, subject: &str) -> Result<(), Problem> {
    let Some(active) = connection::for_job(state, subject).await? else { return Ok(()) };
    let now = state.clock.now();
    if active.waits_until(now).is_some() {
        return Ok(());
    }
    take_over(state, &active, now).await?;
    let looked = look::run(state, &active).await;
    if settled(state, &active, looked.map(|any| any.then_some(false))).await?.is_none() {
        return Ok(());
    }
    let now = state.clock.now();
    let poll_every = Duration::seconds(active.row.poll_seconds.into());
    if is_out_of_touch(active.row.polled_until, poll_every, now) {
        return state.database.write(async |tx| poll::enqueue(tx, active.row.id, now).await).await;
    }
    let created = create::batch(state, &active).await;
    if settled(state, &active, created).await? == Some(true) {
        state.database.write(async |tx| enqueue(tx, active.row.id, now, now).await).await?;
    }
    Ok(())
}

/// Notes how a piece of work ended; answers whether there is more of it, `None` when the connection rests now.
async fn settled(
    state: &AppState,
    active: &Active,
    outcome: Result<Option<bool>, Failure>,
) -> Result<Option<bool>, Problem> {
    match outcome {
        Ok(None) => Ok(Some(false)),
        Ok(Some(more)) => {
            connection::note_success(state, active.row.id, connection::Shows::Tickets).await?;
            Ok(Some(more))
        }
        Err(Failure::Own(problem)) => Err(problem),
        Err(Failure::Jira(error)) if error.is_passing() || matches!(error, JiraError::Unauthenticated(_)) => {
            let rests = connection::note_failure(state, active, &error).await?;
            Ok(rests.is_none().then_some(false))
        }
        Err(Failure::Jira(error)) => {
            connection::rest(state, active.row.id, &error).await?;
            Ok(None)
        }
    }
}

/// A claim whose time is over is uncertain.
async fn take_over(state: &AppState, active: &Active, now: DateTime<Utc>) -> Result<(), Problem> {
    state
        .database
        .write(async |tx| {
            ticket::Entity::update_many()
                .set(unknown("the worker that created it vanished", now))
                .filter(ticket::Column::ConnectionId.eq(active.row.id))
                .filter(ticket::Column::State.eq(TicketState::Creating.as_str()))
                .filter(ticket::Column::NextTryAt.lte(now))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}

/// The columns of a ticket whose creation is uncertain.
pub(super) fn unknown(text: &str, now: DateTime<Utc>) -> ticket::ActiveModel {
    ticket::ActiveModel {
        state: Set(TicketState::Unknown.as_str().to_owned()),
        claimed_by: Set(None),
        unknown_since: Set(Some(now)),
        next_try_at: Set(first_look(now)),
        problem: Set(Some(text.to_owned())),
        ..Default::default()
    }
}

/// Links a ticket to its issue, unless it has one already or somebody else is creating it by now; `fence` says
/// whose ticket it has to be.
pub(super) async fn link(
    tx: &DatabaseTransaction,
    ticket: &ticket::Model,
    issue: &CreatedIssue,
    told: &Told,
    fence: Expr,
    now: DateTime<Utc>,
) -> Result<bool, Problem> {
    let linked = ticket::Entity::update_many()
        .set(ticket::ActiveModel {
            state: Set(TicketState::Linked.as_str().to_owned()),
            claimed_by: Set(None),
            unknown_since: Set(None),
            issue_id: Set(Some(issue.id.clone())),
            issue_key: Set(Some(issue.key.clone())),
            pushed: Set(told.to_json()?),
            problem: Set(None),
            ..Default::default()
        })
        .filter(ticket::Column::Id.eq(ticket.id))
        .filter(ticket::Column::IssueId.is_null())
        .filter(fence)
        .exec(tx)
        .await?;
    if linked.rows_affected == 1 {
        strangers::settle(tx, ticket.connection_id, &issue.id, now).await?;
        // The link back, and what has happened to the risk meanwhile.
        queue::enqueue(tx, jobs::TICKET, &ticket.subject, now, now).await?;
    }
    Ok(linked.rows_affected == 1)
}
