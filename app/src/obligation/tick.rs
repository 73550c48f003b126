//! The timer of obligations: makes runs when they are wanted, opens them, and marks those that were missed.
//!
//! It takes no input and may run at any time, twice or after a long pause: what is missing is made, once.

use abate_entity::cadence;
use abate_entity::cadence_run::{self, RunState};
use abate_entity::lifecycle::Via;
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;

use super::cadence::{Definition, holidays};
use super::plan::{NewRun, Plan};
use super::run_state::Run;
use crate::audit_log;
use crate::platform::clock::never;
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::policy::Policies;
use crate::state::AppState;

/// How many cadences or runs are read at a time.
const AT_A_TIME: u64 = 200;
/// Rows that go into one INSERT.
const CHUNK: usize = 500;

/// Makes, opens and misses runs.
pub const TIMER: Timer<AppState> = Timer { name: "obligation.tick", every: Duration::seconds(20), run };

fn run(state: &AppState) -> Work<'_> {
    Box::pin(tick(state))
}

/// Looks at every cadence and run that has something coming.
///
/// # Errors
/// When the database cannot be asked. A cadence that cannot be read is logged and does not hold up the others.
pub async fn tick(state: &AppState) -> Result<(), Problem> {
    make_all(state).await?;
    advance_all(state).await
}

async fn make_all(state: &AppState) -> Result<(), Problem> {
    let now = state.clock.now();
    let mut after = 0;
    loop {
        let due = cadence::Entity::find()
            .filter(cadence::Column::Active.eq(true))
            .filter(cadence::Column::LookAgainAt.lte(now))
            .filter(cadence::Column::Id.gt(after))
            .order_by_asc(cadence::Column::Id)
            .limit(AT_A_TIME)
            .all(state.database.reader())
            .await?;
        let Some(last) = due.last() else {
            return Ok(());
        };
        after = last.id;
        for cadence in due {
            if let Err(problem) = make_for(state, cadence.id, now).await {
                tracing::error!(cadence = cadence.id, error = %problem, "runs of a cadence could not be made");
            }
        }
    }
}

async fn make_for(state: &AppState, id: i64, now: DateTime<Utc>) -> Result<(), Problem> {
    state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let Some(cadence) = cadence::Entity::find_by_id(id).lock_exclusive().one(tx).await? else {
                return Ok(());
            };
            if cadence.active && cadence.look_again_at <= now {
                let plan = Definition::of(&cadence)?.plan(holidays(&policies))?;
                make_runs(tx, cadence, &plan, now).await?;
            }
            Ok(())
        })
        .await
}

/// Makes the runs of a cadence that are missing now.
///
/// # Errors
/// When the database refuses.
pub async fn make_runs(
    tx: &DatabaseTransaction,
    cadence: cadence::Model,
    plan: &Plan,
    now: DateTime<Utc>,
) -> Result<cadence::Model, Problem> {
    let made = plan.missing(cadence.made_until, now);
    let rows: Vec<_> = made.runs.iter().map(|run| row(&cadence, run, now)).collect();
    for chunk in rows.chunks(CHUNK) {
        cadence_run::Entity::insert_many(chunk.to_vec())
            // The date of the rule names the run: whatever was made before stays.
            .on_conflict(
                OnConflict::columns([cadence_run::Column::CadenceId, cadence_run::Column::ScheduledOn])
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await?;
    }
    let after = cadence::Model {
        made_until: made.made_until,
        look_again_at: made.look_again_at.unwrap_or_else(never),
        ..cadence
    };
    cadence::Entity::update_many()
        .set(cadence::ActiveModel {
            made_until: Set(after.made_until),
            look_again_at: Set(after.look_again_at),
            ..Default::default()
        })
        .filter(cadence::Column::Id.eq(after.id))
        .exec(tx)
        .await?;
    Ok(after)
}

fn row(cadence: &cadence::Model, new: &NewRun, now: DateTime<Utc>) -> cadence_run::ActiveModel {
    let window = new.window;
    cadence_run::ActiveModel {
        cadence_id: Set(cadence.id),
        scheduled_on: Set(new.occurrence.scheduled_on),
        scheduled_at: Set(new.occurrence.at),
        opens_at: Set(window.opens_at),
        due_on: Set(new.due_on),
        due_at: Set(window.due_at),
        missed_at: Set(window.ends_at),
        state: Set(Run::planned(window).state_at(now)),
        owner_id: Set(cadence.owner_id),
        snoozes: Set(0),
        evidence: Set(String::new()),
        reason: Set(String::new()),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    }
}

async fn advance_all(state: &AppState) -> Result<(), Problem> {
    let now = state.clock.now();
    loop {
        let moving = cadence_run::Entity::find()
            .filter(moves(now))
            .order_by_asc(cadence_run::Column::Id)
            .limit(AT_A_TIME)
            .all(state.database.reader())
            .await?;
        if moving.is_empty() {
            return Ok(());
        }
        state
            .database
            .write(async |tx| {
                for run in &moving {
                    advance(tx, run, now).await?;
                }
                Ok(())
            })
            .await?;
    }
}

/// The runs that time alone moves on.
fn moves(now: DateTime<Utc>) -> Condition {
    let opens = Condition::all()
        .add(cadence_run::Column::State.eq(RunState::Planned))
        .add(cadence_run::Column::OpensAt.lte(now));
    let missed = Condition::all()
        .add(cadence_run::Column::State.is_in([RunState::Planned, RunState::Due, RunState::InProgress]))
        .add(cadence_run::Column::MissedAt.lt(now));
    Condition::any().add(opens).add(missed)
}

async fn advance(
    tx: &DatabaseTransaction,
    run: &cadence_run::Model,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let state = super::run::run_of(run).state_at(now);
    let updated = cadence_run::Entity::update_many()
        .set(cadence_run::ActiveModel {
            state: Set(state),
            version: Set(run.version + 1),
            updated_at: Set(now),
            ..Default::default()
        })
        .filter(cadence_run::Column::Id.eq(run.id))
        .filter(cadence_run::Column::Version.eq(run.version))
        .exec(tx)
        .await?;
    // A person who was faster has moved the run; time will look at it again.
    if updated.rows_affected == 1 && state == RunState::Missed {
        let entry = json!({"cadence": run.cadence_id, "scheduled_on": run.scheduled_on});
        let subject = format!("run-{}", run.id);
        audit_log::add_as(tx, None, Via::Timer, "run.missed", &subject, entry, now).await?;
    }
    Ok(())
}
