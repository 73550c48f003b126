//! The job that makes the ticket of a risk true; it carries nothing but the risk, and reads the truth when it runs.

use abate_entity::level::Level;
use abate_entity::lifecycle::State;
use abate_entity::{risk, ticket};
use chrono::Duration;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::connection::{self, Active};
use super::failure::Failure;
use super::finder;
use super::later;
use super::reconcile;
use super::sync;
use super::ticket_rules::{TicketState, wants_ticket};
use crate::jobs;
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

/// Makes the ticket of a risk true; the subject is `r-` and the risk's number.
pub const JOB: Job<AppState> = Job { kind: jobs::TICKET, lease: Duration::seconds(150), run: job };

fn job<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(run(state, subject))
}

/// Finds the risks that are to have a ticket and have none, such as those from before JIRA was set up.
pub const CATCH_UP: Timer<AppState> =
    Timer { name: "ticket_catch_up", every: Duration::minutes(5), run: catch_up };

/// How many risks one run of the timer looks up.
const CATCH_UP_BATCH: u64 = 500;

fn catch_up(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        if connection::every(state).await?.is_empty() {
            return Ok(());
        }
        let now = state.clock.now();
        let confirmed = [State::Open, State::InProgress, State::Blocked, State::Verification];
        let ticketed = Query::select().column(ticket::Column::RiskId).from(ticket::Entity).to_owned();
        let missing: Vec<i64> = risk::Entity::find()
            .select_only()
            .column(risk::Column::Id)
            .filter(risk::Column::State.is_in(confirmed))
            .filter(risk::Column::Level.gte(Level::High))
            .filter(risk::Column::Onboarding.eq(false))
            .filter(risk::Column::Id.not_in_subquery(ticketed))
            .order_by_asc(risk::Column::Id)
            .limit(CATCH_UP_BATCH)
            .into_tuple()
            .all(state.database.reader())
            .await?;
        if missing.is_empty() {
            return Ok(());
        }
        state
            .database
            .write(async |tx| {
                for risk_id in &missing {
                    queue::enqueue(tx, jobs::TICKET, &finder::subject(*risk_id), now, now).await?;
                }
                Ok(())
            })
            .await
    })
}

/// Makes the ticket of a risk true.
///
/// # Errors
/// When our own side fails; what fails at JIRA is noted and tried again in time.
pub async fn run(state: &AppState, subject: &str) -> Result<(), Problem> {
    let Some(risk_id) = subject.strip_prefix("r-").and_then(|number| number.parse::<i64>().ok()) else {
        tracing::error!(subject, "a ticket job about nothing");
        return Ok(());
    };
    let db = state.database.reader();
    let Some((risk, asset)) = finder::risk(db, risk_id).await? else { return Ok(()) };
    let wanted = wants_ticket(risk.state, risk.level, risk.ticket_wanted, risk.onboarding);
    let Some(ticket) = finder::of_risk(db, risk_id).await? else {
        return match connection::first(state).await? {
            Some(active) if wanted => want(state, &active, &risk).await,
            _ => Ok(()),
        };
    };
    let Some(active) = connection::one(state, ticket.connection_id).await? else { return Ok(()) };
    match ticket.state.parse::<TicketState>().map_err(Problem::internal)? {
        TicketState::Wanted if !wanted => set_state(state, &active, &ticket, TicketState::Cancelled).await,
        TicketState::Cancelled if wanted => set_state(state, &active, &ticket, TicketState::Wanted).await,
        TicketState::Linked => {
            let now = state.clock.now();
            if let Some(until) = active.waits_until(now) {
                return later::after_rest(state, &ticket, until).await;
            }
            match sync::run(state, &active, &ticket, risk, asset.as_ref()).await {
                Ok(()) => connection::note_success(state, &active.row).await,
                Err(Failure::Own(problem)) => Err(problem),
                Err(Failure::Jira(error)) => later::after_failure(state, &active, &ticket, &error).await,
            }
        }
        _ => Ok(()),
    }
}

/// Writes down that a risk is to have a ticket; the unique subject makes two of them one.
async fn want(state: &AppState, active: &Active, risk: &risk::Model) -> Result<(), Problem> {
    let now = state.clock.now();
    let soon = now + reconcile::gather(&active.row);
    let row = ticket::ActiveModel {
        connection_id: Set(active.row.id),
        subject: Set(finder::subject(risk.id)),
        risk_id: Set(risk.id),
        uuid: Set(risk.uuid),
        state: Set(TicketState::Wanted.as_str().to_owned()),
        attempt: Set(0),
        failures: Set(0),
        next_try_at: Set(soon),
        status_name: Set(String::new()),
        status_category: Set(String::new()),
        pushed_version: Set(0),
        pushed: Set(json!({})),
        remote_updated: Set(String::new()),
        broken: Set(false),
        created_at: Set(now),
        ..Default::default()
    };
    state
        .database
        .write(async |tx| {
            ticket::Entity::insert(row.clone())
                .on_conflict(OnConflict::column(ticket::Column::Subject).do_nothing().to_owned())
                .exec_without_returning(tx)
                .await?;
            reconcile::enqueue(tx, active.row.id, soon, now).await
        })
        .await
}

/// Takes back, or renews, the wish for a ticket that was not created yet.
async fn set_state(
    state: &AppState,
    active: &Active,
    ticket: &ticket::Model,
    to: TicketState,
) -> Result<(), Problem> {
    let now = state.clock.now();
    let soon = now + reconcile::gather(&active.row);
    state
        .database
        .write(async |tx: &DatabaseTransaction| {
            ticket::Entity::update_many()
                .set(ticket::ActiveModel {
                    state: Set(to.as_str().to_owned()),
                    next_try_at: Set(soon),
                    problem: Set(None),
                    ..Default::default()
                })
                .filter(ticket::Column::Id.eq(ticket.id))
                .filter(ticket::Column::State.eq(&ticket.state))
                .exec(tx)
                .await?;
            reconcile::enqueue(tx, ticket.connection_id, soon, now).await
        })
        .await
}
