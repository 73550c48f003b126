//! The timer that ends acceptances once their last day is over, and looks at blocked risks on their review day.
//!
//! Both are steps of the lifecycle like any other, taken by the date; running twice, or after a long pause, ends
//! each once.

use abate_entity::acceptance;
use abate_entity::lifecycle::{Event, Given, Party, Requester, State, Via};
use abate_entity::risk;
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::platform::job::Work;
use crate::platform::problem::{Kind, Problem};
use crate::platform::timer::Timer;
use crate::policy::Policies;
use crate::risk::record::Occasion;
use crate::risk::step::{self, Asked};
use crate::state::AppState;

/// How many risks are read at a time.
const AT_A_TIME: u64 = 200;

/// Ends what has run out.
pub const TIMER: Timer<AppState> = Timer { name: "acceptance.expire", every: Duration::seconds(20), run };

fn run(state: &AppState) -> Work<'_> {
    Box::pin(expire(state))
}

/// Ends every acceptance whose last day is over, and unblocks every risk whose review day has come.
///
/// # Errors
/// When the database cannot be asked. A risk that cannot be moved is logged and does not hold up the others.
pub async fn expire(state: &AppState) -> Result<(), Problem> {
    let now = state.clock.now();
    for id in run_out(state, now).await? {
        settle(state, id, State::Accepted, Event::ExpireOrRevoke, now).await;
    }
    for id in to_review(state, now).await? {
        settle(state, id, State::Blocked, Event::Unblock, now).await;
    }
    Ok(())
}

async fn run_out(state: &AppState, now: DateTime<Utc>) -> Result<Vec<i64>, Problem> {
    Ok(acceptance::Entity::find()
        .select_only()
        .column(acceptance::Column::RiskId)
        .filter(acceptance::Column::State.eq("in_force"))
        .filter(acceptance::Column::EndsAt.lt(now))
        .order_by_asc(acceptance::Column::RiskId)
        .limit(AT_A_TIME)
        .into_tuple()
        .all(state.database.reader())
        .await?)
}

async fn to_review(state: &AppState, now: DateTime<Utc>) -> Result<Vec<i64>, Problem> {
    let db = state.database.reader();
    let today = step::today(now, Policies::load(db).await?.zone);
    Ok(risk::Entity::find()
        .select_only()
        .column(risk::Column::Id)
        .filter(risk::Column::State.eq(State::Blocked))
        .filter(risk::Column::ReviewOn.lte(today))
        .order_by_asc(risk::Column::Id)
        .limit(AT_A_TIME)
        .into_tuple()
        .all(db)
        .await?)
}

async fn settle(state: &AppState, id: i64, from: State, event: Event, now: DateTime<Utc>) {
    match move_on(state, id, from, event, now).await {
        // Somebody else was faster; the next look finds what is left to do.
        Err(problem) if matches!(problem.kind(), Kind::Stale | Kind::Conflict) => {}
        Err(problem) => tracing::error!(risk = id, %event, error = %problem, "a date could not move a risk"),
        Ok(()) => {}
    }
}

async fn move_on(
    state: &AppState,
    id: i64,
    from: State,
    event: Event,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion =
                Occasion { actor_id: None, via: Via::Timer, now, policies: &policies, audit_each: true };
            let Some(risk) = risk::Entity::find_by_id(id).one(tx).await? else {
                return Ok(());
            };
            if risk.state != from {
                return end_quietly(tx, &risk, now).await;
            }
            let requester = Requester::system(Party::Timer, Via::Timer);
            let asked = Asked::by_person(event, Given::default());
            step::take(tx, &occasion, risk, &requester, asked).await?;
            Ok(())
        })
        .await
}

/// A risk that left acceptance by another way, say by a claimed fix, keeps no acceptance beyond its last day.
async fn end_quietly(
    tx: &sea_orm::DatabaseTransaction,
    risk: &risk::Model,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    use sea_orm::ActiveValue::Set;
    acceptance::Entity::update_many()
        .set(acceptance::ActiveModel {
            state: Set("expired".to_owned()),
            ended_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(acceptance::Column::RiskId.eq(risk.id))
        .filter(acceptance::Column::State.eq("in_force"))
        .filter(acceptance::Column::EndsAt.lt(now))
        .exec(tx)
        .await?;
    Ok(())
}
