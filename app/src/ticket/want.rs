//! The job that makes one ticket true; it carries nothing but what the ticket is about, and reads the truth when it runs.

use std::collections::HashMap;

use abate_entity::level::Level;
use abate_entity::lifecycle::State;
use abate_entity::{risk, ticket, ticket_group, ticket_group_member};
use chrono::Duration;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;

use super::concern::Concern;
use super::connection::{self, Active};
use super::failure::Failure;
use super::finder;
use super::group::current::Current;
use super::group::matching;
use super::group::model::GroupState;
use super::later;
use super::reconcile;
use super::row;
use super::rule::cap::{self, Day};
use super::rule::model::TicketRules;
use super::rule::store as rules;
use super::subject::Subject;
use super::sync;
use super::ticket_rules::TicketState;
use crate::jobs;
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::Problem;
use crate::platform::timer::{self, Timer};
use crate::state::AppState;

/// Makes the ticket of a risk or of a group true; the subject is `r-` or `g-` and its number.
pub const JOB: Job<AppState> = Job { kind: jobs::TICKET, lease: Duration::seconds(150), run: job };

fn job<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(run(state, subject))
}

/// Finds the risks and groups that are to have a ticket and have none, such as those from before JIRA was set up.
pub const CATCH_UP: Timer<AppState> =
    Timer { name: "ticket_catch_up", every: Duration::minutes(5), run: catch_up };

/// How many tickets one run of the timer queues, or a few more.
const CATCH_UP_BATCH: usize = 500;
/// How many risks or groups it reads at once.
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
        let mut waiting = HashMap::new();
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
                if !waits(state, rules.connection(&facts), &usable, &mut waiting).await? {
                    missing.push(risk.clone());
                }
            }
        }
        let groups = groups_without_ticket(state, &rules, &usable, &mut waiting).await?;
        if missing.is_empty() && groups.is_empty() {
            return Ok(());
        }
        state
            .database
            .write(async |tx| {
                let joined = matching::join(tx, &missing, now).await?;
                for risk in missing.iter().filter(|risk| !joined.contains(&risk.id)) {
                    queue::enqueue(tx, jobs::TICKET, &finder::subject(risk.id), now, now).await?;
                }
                for id in &groups {
                    queue::enqueue(tx, jobs::TICKET, &Subject::Group(*id).to_string(), now, now).await?;
                }
                Ok(())
            })
            .await
    })
}

/// Looks for them at once, since a connection can be used that could not before.
///
/// # Errors
/// When the database refuses.
pub(super) async fn catch_up_soon(tx: &DatabaseTransaction) -> Result<(), Problem> {
    Ok(timer::wake(tx, CATCH_UP.name).await?)
}

/// Whether the connection that the rules name, or the first one, is paused or waits for a consent; what waits for one hides
/// nobody behind it.
async fn waits(
    state: &AppState,
    named: Option<i64>,
    usable: &[i64],
    waiting: &mut HashMap<Option<i64>, bool>,
) -> Result<bool, Problem> {
    if named.is_some_and(|id| usable.contains(&id)) {
        return Ok(false);
    }
    if let Some(waits) = waiting.get(&named) {
        return Ok(*waits);
    }
    let waits = match connection::of_rule(state, named).await {
        Ok(active) => active.is_none(),
        // One that cannot be opened holds up no other.
        Err(problem) => {
            tracing::error!(connection = named, error = %problem, "a connection cannot be used");
            true
        }
    };
    waiting.insert(named, waits);
    Ok(waits)
}

/// Open groups that are to have a ticket and have none.
async fn groups_without_ticket(
    state: &AppState,
    rules: &TicketRules,
    usable: &[i64],
    waiting: &mut HashMap<Option<i64>, bool>,
) -> Result<Vec<i64>, Problem> {
    let db = state.database.reader();
    let mut wanting = Vec::new();
    let mut after = 0;
    while wanting.len() < CATCH_UP_BATCH {
        let page = open_groups(state, after).await?;
        let Some(last) = page.last() else { break };
        after = *last;
        for id in page {
            let Some(current) = Current::of(db, id).await?.filter(|current| current.wants(rules)) else {
                continue;
            };
            let named = current.facts(rules).and_then(|facts| rules.connection(&facts));
            if !waits(state, named, usable, waiting).await? {
                wanting.push(id);
            }
        }
    }
    Ok(wanting)
}

/// Open groups with risks and without a ticket, from one number on.
async fn open_groups(state: &AppState, after: i64) -> Result<Vec<i64>, Problem> {
    let inhabited = Query::select()
        .column(ticket_group_member::Column::GroupId)
        .from(ticket_group_member::Entity)
        .and_where(ticket_group_member::Column::LeftAt.is_null())
        .to_owned();
    let ticketed = Query::select()
        .column(ticket::Column::GroupId)
        .from(ticket::Entity)
        .and_where(ticket::Column::GroupId.is_not_null())
        .to_owned();
    Ok(ticket_group::Entity::find()
        .select_only()
        .column(ticket_group::Column::Id)
        .filter(ticket_group::Column::State.eq(GroupState::Open.as_str()))
        .filter(ticket_group::Column::Id.gt(after))
        .filter(ticket_group::Column::Id.in_subquery(inhabited))
        .filter(ticket_group::Column::Id.not_in_subquery(ticketed))
        .order_by_asc(ticket_group::Column::Id)
        .limit(CATCH_UP_PAGE)
        .into_tuple()
        .all(state.database.reader())
        .await?)
}

/// Risks without a ticket that a rule may give one to, or that somebody asked for, from one number on.
async fn without_ticket(
    state: &AppState,
    lowest: Option<Level>,
    after: i64,
) -> Result<Vec<risk::Model>, Problem> {
    let confirmed = [State::Open, State::InProgress, State::Blocked, State::Verification];
    let ticketed = Query::select()
        .column(ticket::Column::RiskId)
        .from(ticket::Entity)
        .and_where(ticket::Column::RiskId.is_not_null())
        .to_owned();
    let grouped = Query::select()
        .column(ticket_group_member::Column::RiskId)
        .from(ticket_group_member::Entity)
        .and_where(ticket_group_member::Column::LeftAt.is_null())
        .to_owned();
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
        .filter(risk::Column::Id.not_in_subquery(grouped))
        .order_by_asc(risk::Column::Id)
        .limit(CATCH_UP_PAGE)
        .all(state.database.reader())
        .await?)
}

/// Makes the ticket of a risk, or of a group of them, true.
///
/// # Errors
/// When our own side fails; what fails at JIRA is noted and tried again in time.
pub async fn run(state: &AppState, subject: &str) -> Result<(), Problem> {
    let Ok(named) = subject.parse::<Subject>() else {
        tracing::error!(subject, "a ticket job about nothing");
        return Ok(());
    };
    let db = state.database.reader();
    let Some(concern) = Concern::of(db, named).await? else { return Ok(()) };
    let rules = rules::in_force(db).await?;
    let wanted = concern.wants(&rules);
    let Some(ticket) = finder::of_subject(db, named).await? else {
        return if wanted { want(state, named, &concern, &rules).await } else { Ok(()) };
    };
    let Some(active) = connection::one(state, ticket.connection_id).await? else {
        // Paused, perhaps: it is looked at once the connection goes on.
        let set = ticket::ActiveModel { sync_at: Set(Some(state.clock.now())), ..Default::default() };
        return row::write(state, &ticket, set).await;
    };
    match ticket.state.parse::<TicketState>().map_err(Problem::internal)? {
        TicketState::Wanted | TicketState::Held if !wanted => cancel(state, &ticket).await,
        TicketState::Held if concern.is_asked_for() || is_its_day(state, &ticket) => {
            renew(state, &ticket, &concern, &rules).await
        }
        TicketState::Cancelled if wanted => renew(state, &ticket, &concern, &rules).await,
        TicketState::Linked => {
            let now = state.clock.now();
            if let Some(until) = active.waits_until(now) {
                return later::after_rest(state, &ticket, until).await;
            }
            match sync::run(state, &active, &ticket, concern).await {
                Ok(()) => connection::note_success(state, active.row.id, connection::Shows::Tickets).await,
                Err(Failure::Own(problem)) => Err(problem),
                Err(Failure::Jira(error)) => later::after_failure(state, &active, &ticket, &error).await,
            }
        }
        _ => Ok(()),
    }
}

/// Whether the day has come that the ticket of a group waits for; those of risks are let go together.
fn is_its_day(state: &AppState, ticket: &ticket::Model) -> bool {
    ticket.group_id.is_some() && ticket.next_try_at <= state.clock.now()
}

/// Writes down that something is to have a ticket; the unique subject makes two of them one.
async fn want(
    state: &AppState,
    subject: Subject,
    concern: &Concern,
    rules: &TicketRules,
) -> Result<(), Problem> {
    let Some(active) = placed(state, concern, rules).await? else { return Ok(()) };
    let now = state.clock.now();
    let (risk_id, group_id) = match subject {
        Subject::Risk(id) => (Some(id), None),
        Subject::Group(id) => (None, Some(id)),
    };
    let row = ticket::ActiveModel {
        connection_id: Set(active.row.id),
        subject: Set(subject.to_string()),
        risk_id: Set(risk_id),
        group_id: Set(group_id),
        uuid: Set(concern.uuid()),
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
            let due = due(tx, state, &active, concern, rules).await?;
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

/// The connection that the rules name for it.
async fn placed(state: &AppState, concern: &Concern, rules: &TicketRules) -> Result<Option<Active>, Problem> {
    let named = concern.facts(rules).and_then(|facts| rules.connection(&facts));
    connection::of_rule(state, named).await
}

/// When the ticket is created: soon, or on another day where its team has had those of today. What a person asks for is
/// over and above.
async fn due(
    tx: &DatabaseTransaction,
    state: &AppState,
    active: &Active,
    concern: &Concern,
    rules: &TicketRules,
) -> Result<ticket::ActiveModel, Problem> {
    let now = state.clock.now();
    let day = Day::of(now, state.config.organisation.zone);
    if concern.is_asked_for() || cap::room(tx, rules.daily_cap, concern.team(), day).await? > 0 {
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
    concern: &Concern,
    rules: &TicketRules,
) -> Result<(), Problem> {
    let now = state.clock.now();
    let active = if ticket.attempt > 0 {
        connection::one(state, ticket.connection_id).await?
    } else {
        placed(state, concern, rules).await?
    };
    let Some(active) = active else { return Ok(()) };
    state
        .database
        .write(async |tx| {
            let mut set = due(tx, state, &active, concern, rules).await?;
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
