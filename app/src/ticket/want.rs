//! The job that makes the ticket of a risk true; it carries nothing but the risk, and reads the truth when it runs.

use std::collections::HashMap;

use abate_entity::level::Level;
use abate_entity::lifecycle::State;
use abate_entity::{risk, ticket};
use chrono::Duration;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;

use super::connection::{self, Active};
use super::failure::Failure;
use super::finder;
use super::later;
use super::reconcile;
use super::row;
use super::rule::cap::{self, Day};
use super::rule::model::TicketRules;
use super::rule::store as rules;
use super::sync;
use super::ticket_rules::TicketState;
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

/// How many tickets one run of the timer queues, or a few more.
const CATCH_UP_BATCH: usize = 500;
/// How many risks it reads at once.
const CATCH_UP_PAGE: u64 = 500;

fn catch_up(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let usable: Vec<i64> = connection::every(state).await?.iter().map(|active| active.row.id).collect();
        if usable.is_empty() {
            return Ok(());
        }
        let now = state.clock.now();
        let rules = rules::in_force(state.database.reader()).await?;
        let lowest = rules.lowest();
        // What waits for a paused connection hides nobody behind it.
        let mut paused: HashMap<i64, bool> = HashMap::new();
        let mut after = 0;
        let mut missing = Vec::new();
        while missing.len() < CATCH_UP_BATCH {
            let page = without_ticket(state, lowest, after).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for risk in &page {
                let facts = rules::facts(risk);
                if !rules.wants(&facts) {
                    continue;
                }
                let waits = match rules.connection(&facts).filter(|id| !usable.contains(id)) {
                    None => false,
                    Some(id) => match paused.get(&id) {
                        Some(waits) => *waits,
                        None => {
                            let waits = connection::of_rule(state, Some(id)).await?.is_none();
                            paused.insert(id, waits);
                            waits
                        }
                    },
                };
                if !waits {
                    missing.push(risk.id);
                }
            }
        }
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

/// Risks without a ticket that a rule may give one to, or that somebody asked for, from one number on.
async fn without_ticket(
    state: &AppState,
    lowest: Option<Level>,
    after: i64,
) -> Result<Vec<risk::Model>, Problem> {
    let confirmed = [State::Open, State::InProgress, State::Blocked, State::Verification];
    let ticketed = Query::select().column(ticket::Column::RiskId).from(ticket::Entity).to_owned();
    let asked_for =
        Condition::all().add(risk::Column::TicketWanted.eq(true)).add(risk::Column::State.ne(State::Closed));
    let by_rule = lowest.map(|lowest| {
        Condition::all()
            .add(risk::Column::State.is_in(confirmed))
            .add(risk::Column::Level.gte(lowest))
            .add(risk::Column::Onboarding.eq(false))
    });
    Ok(risk::Entity::find()
        .filter(Condition::any().add(asked_for).add_option(by_rule))
        .filter(risk::Column::Id.gt(after))
        .filter(risk::Column::Id.not_in_subquery(ticketed))
        .order_by_asc(risk::Column::Id)
        .limit(CATCH_UP_PAGE)
        .all(state.database.reader())
        .await?)
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
    let rules = rules::in_force(db).await?;
    let facts = rules::facts(&risk);
    let wanted = rules.wants(&facts);
    let Some(ticket) = finder::of_risk(db, risk_id).await? else {
        if !wanted {
            return Ok(());
        }
        let active = connection::of_rule(state, rules.connection(&facts)).await?;
        return match active {
            Some(active) => want(state, &active, &risk, &rules).await,
            None => Ok(()),
        };
    };
    let Some(active) = connection::one(state, ticket.connection_id).await? else {
        // Paused, perhaps: it is looked at once the connection goes on.
        let set = ticket::ActiveModel { sync_at: Set(Some(state.clock.now())), ..Default::default() };
        return row::write(state, &ticket, set).await;
    };
    match ticket.state.parse::<TicketState>().map_err(Problem::internal)? {
        TicketState::Wanted | TicketState::Held if !wanted => cancel(state, &ticket).await,
        TicketState::Held if risk.ticket_wanted => renew(state, &ticket, &risk, &rules).await,
        TicketState::Cancelled if wanted => renew(state, &ticket, &risk, &rules).await,
        TicketState::Linked => {
            let now = state.clock.now();
            if let Some(until) = active.waits_until(now) {
                return later::after_rest(state, &ticket, until).await;
            }
            match sync::run(state, &active, &ticket, risk, asset.as_ref()).await {
                Ok(()) => connection::note_success(state, active.row.id, connection::Shows::Tickets).await,
                Err(Failure::Own(problem)) => Err(problem),
                Err(Failure::Jira(error)) => later::after_failure(state, &active, &ticket, &error).await,
            }
        }
        _ => Ok(()),
    }
}

/// Writes down that a risk is to have a ticket; the unique subject makes two of them one.
async fn want(
    state: &AppState,
    active: &Active,
    risk: &risk::Model,
    rules: &TicketRules,
) -> Result<(), Problem> {
    let now = state.clock.now();
    let row = ticket::ActiveModel {
        connection_id: Set(active.row.id),
        subject: Set(finder::subject(risk.id)),
        risk_id: Set(risk.id),
        uuid: Set(risk.uuid),
        attempt: Set(0),
        failures: Set(0),
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
            let due = due(tx, state, active, risk, rules).await?;
            let row = ticket::ActiveModel {
                state: due.state,
                next_try_at: due.next_try_at,
                released_at: due.released_at,
                problem: due.problem,
                ..row.clone()
            };
            ticket::Entity::insert(row)
                .on_conflict(OnConflict::column(ticket::Column::Subject).do_nothing().to_owned())
                .exec_without_returning(tx)
                .await?;
            reconcile::enqueue(tx, active.row.id, now + reconcile::gather(&active.row), now).await
        })
        .await
}

/// When the ticket is created: soon, or on another day where its team has had those of today. What a person asks for is
/// over and above.
async fn due(
    tx: &DatabaseTransaction,
    state: &AppState,
    active: &Active,
    risk: &risk::Model,
    rules: &TicketRules,
) -> Result<ticket::ActiveModel, Problem> {
    let now = state.clock.now();
    let day = Day::of(now, state.config.organisation.zone);
    if risk.ticket_wanted || cap::room(tx, rules.daily_cap, risk.team_id, day).await? > 0 {
        return Ok(cap::released(now + reconcile::gather(&active.row), now));
    }
    Ok(ticket::ActiveModel {
        state: Set(TicketState::Held.as_str().to_owned()),
        next_try_at: Set(day.ends),
        problem: Set(Some(cap::held_text(rules.daily_cap))),
        ..Default::default()
    })
}

/// Takes back the wish for a ticket that was not created yet.
async fn cancel(state: &AppState, ticket: &ticket::Model) -> Result<(), Problem> {
    let set = ticket::ActiveModel {
        state: Set(TicketState::Cancelled.as_str().to_owned()),
        problem: Set(None),
        ..Default::default()
    };
    state.database.write(async |tx| turn(tx, ticket, set.clone()).await).await
}

/// Renews the wish for a ticket that was taken back, or that waits for its day. The rules may name another connection by
/// now; one that a create was tried at stays there.
async fn renew(
    state: &AppState,
    ticket: &ticket::Model,
    risk: &risk::Model,
    rules: &TicketRules,
) -> Result<(), Problem> {
    let now = state.clock.now();
    let active = if ticket.attempt > 0 {
        connection::one(state, ticket.connection_id).await?
    } else {
        connection::of_rule(state, rules.connection(&rules::facts(risk))).await?
    };
    let Some(active) = active else { return Ok(()) };
    state
        .database
        .write(async |tx| {
            let mut set = due(tx, state, &active, risk, rules).await?;
            set.connection_id = Set(active.row.id);
            turn(tx, ticket, set).await?;
            reconcile::enqueue(tx, active.row.id, now + reconcile::gather(&active.row), now).await
        })
        .await
}

/// Writes a ticket, unless it has another state by now.
async fn turn(
    tx: &DatabaseTransaction,
    ticket: &ticket::Model,
    set: ticket::ActiveModel,
) -> Result<(), Problem> {
    ticket::Entity::update_many()
        .set(set)
        .filter(ticket::Column::Id.eq(ticket.id))
        .filter(ticket::Column::State.eq(&ticket.state))
        .exec(tx)
        .await?;
    Ok(())
}
