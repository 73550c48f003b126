//! The timer that ends acceptances once their last day is over, looks at blocked risks on their review day, and opens
//! transferred ones whose transfer nobody confirmed on theirs.
//!
//! These are steps of the lifecycle like any other, taken by the date and counted from it; running twice, or after a
//! long pause, ends each once. A risk that cannot be moved holds up none of the others.

use std::collections::HashMap;
use std::slice;

use abate_entity::acceptance;
use abate_entity::lifecycle::{Event, Given, Party, Requester, Resolution, State, Via};
use abate_entity::risk;
use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::keep;
use crate::calendar::local_time;
use crate::platform::job::Work;
use crate::platform::problem::{Kind, Problem};
use crate::platform::timer::Timer;
use crate::policy::Policies;
use crate::risk::record::{self, Occasion};
use crate::risk::step::{self, Asked};
use crate::state::AppState;

/// How many risks are read and moved at a time.
const AT_A_TIME: u64 = 100;
/// An acceptance holds through the last second of its last day.
const LAST_SECOND: Duration = Duration::seconds(1);
/// How much earlier than in Greenwich a day begins where it begins first.
const FIRST_OF_ALL: Duration = Duration::hours(14);

/// Ends what has run out.
pub const TIMER: Timer<AppState> = Timer { name: "acceptance.expire", every: Duration::seconds(20), run };

fn run(state: &AppState) -> Work<'_> {
    Box::pin(expire(state))
}

/// A risk that a date moves.
#[derive(Clone, Copy)]
struct Due {
    risk_id: i64,
    /// From when it counts, however late it is written down.
    at: DateTime<Utc>,
}

/// What a date does.
#[derive(Clone, Copy)]
struct Dated {
    from: State,
    event: Event,
    now: DateTime<Utc>,
}

/// Ends every acceptance whose last day is over, unblocks every risk whose review day has come, and opens every
/// transferred one whose review day has passed.
///
/// # Errors
/// When the database cannot be asked. A risk that cannot be moved is logged and does not hold up the others.
pub async fn expire(state: &AppState) -> Result<(), Problem> {
    let now = state.clock.now();
    let db = state.database.reader();
    let dated = Dated { from: State::Accepted, event: Event::ExpireOrRevoke, now };
    let mut after = None;
    loop {
        let rows = run_out(db, now, after).await?;
        let Some((id, _, ends_at)) = rows.last() else { break };
        after = Some((*ends_at, *id));
        let due: Vec<Due> = rows
            .iter()
            .map(|(_, risk_id, ends_at)| Due { risk_id: *risk_id, at: *ends_at + LAST_SECOND })
            .collect();
        settle(state, &due, dated).await;
    }
    let policies = Policies::load(db).await?;
    // Where the day begins first, it is there 14 hours before it is in Greenwich.
    let latest = (now + FIRST_OF_ALL).date_naive();
    let blocked = Dated { from: State::Blocked, event: Event::Unblock, now };
    review(state, blocked, latest, |day, team_id| start(policies.zone_of(team_id), day)).await?;
    let passed = step::today(now, policies.zone) - Days::new(1);
    let transferred = Dated { from: State::Closed, event: Event::Reopen, now };
    review(state, transferred, passed, |day, _| start(policies.zone, day + Days::new(1))).await?;
    Ok(())
}

fn start(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    local_time::to_utc(zone, day.and_time(NaiveTime::MIN))
}

/// Moves what has a day of review up to `last`, each from the moment that its day and team say.
async fn review(
    state: &AppState,
    dated: Dated,
    last: NaiveDate,
    takes_effect: impl Fn(NaiveDate, i64) -> DateTime<Utc>,
) -> Result<(), Problem> {
    let mut after = None;
    loop {
        let rows = to_review(state.database.reader(), dated.from, last, after).await?;
        let Some((id, review_on, _)) = rows.last() else { break };
        after = Some((*review_on, *id));
        let due: Vec<Due> = rows
            .iter()
            .map(|(id, day, team_id)| Due { risk_id: *id, at: takes_effect(*day, *team_id) })
            .filter(|due| due.at <= dated.now)
            .collect();
        settle(state, &due, dated).await;
    }
    Ok(())
}

/// Acceptances whose last second is over: number, risk and that second, in the order in which they ended.
async fn run_out(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    after: Option<(DateTime<Utc>, i64)>,
) -> Result<Vec<(i64, i64, DateTime<Utc>)>, Problem> {
    let mut query = acceptance::Entity::find()
        .select_only()
        .columns([acceptance::Column::Id, acceptance::Column::RiskId, acceptance::Column::EndsAt])
        .filter(acceptance::Column::State.eq(super::state::IN_FORCE))
        .filter(acceptance::Column::EndsAt.lte(now - LAST_SECOND));
    if let Some((ends_at, id)) = after {
        let key = Expr::tuple([Expr::col(acceptance::Column::EndsAt), Expr::col(acceptance::Column::Id)]);
        query = query.filter(key.gt(Expr::tuple([Expr::val(ends_at), Expr::val(id)])));
    }
    Ok(query
        .order_by_asc(acceptance::Column::EndsAt)
        .order_by_asc(acceptance::Column::Id)
        .limit(AT_A_TIME)
        .into_tuple()
        .all(db)
        .await?)
}

/// Risks of a state with a day of review up to `last`: number, day and team, in the order of these days.
async fn to_review(
    db: &impl ConnectionTrait,
    from: State,
    last: NaiveDate,
    after: Option<(NaiveDate, i64)>,
) -> Result<Vec<(i64, NaiveDate, i64)>, Problem> {
    let mut query = risk::Entity::find()
        .select_only()
        .columns([risk::Column::Id, risk::Column::ReviewOn, risk::Column::TeamId])
        .filter(risk::Column::State.eq(from))
        .filter(risk::Column::ReviewOn.lte(last));
    if from == State::Closed {
        query = query.filter(risk::Column::Resolution.eq(Resolution::Transferred));
    }
    if let Some((review_on, id)) = after {
        let key = Expr::tuple([Expr::col(risk::Column::ReviewOn), Expr::col(risk::Column::Id)]);
        query = query.filter(key.gt(Expr::tuple([Expr::val(review_on), Expr::val(id)])));
    }
    Ok(query
        .order_by_asc(risk::Column::ReviewOn)
        .order_by_asc(risk::Column::Id)
        .limit(AT_A_TIME)
        .into_tuple()
        .all(db)
        .await?)
}

/// Moves them together; where one of them stands in the way, each by itself.
async fn settle(state: &AppState, due: &[Due], dated: Dated) {
    if state.database.write(async |tx| move_on(tx, due, dated).await).await.is_ok() {
        return;
    }
    for one in due {
        match state.database.write(async |tx| move_on(tx, slice::from_ref(one), dated).await).await {
            // Somebody else was faster; the next look finds what is left to do.
            Err(problem) if matches!(problem.kind(), Kind::Stale | Kind::Conflict) => {}
            Err(problem) => not_moved(one.risk_id, dated, &problem),
            Ok(()) => {}
        }
    }
}

async fn move_on(tx: &DatabaseTransaction, due: &[Due], dated: Dated) -> Result<(), Problem> {
    let Dated { from, event, now } = dated;
    let policies = Policies::load(tx).await?;
    let occasion = Occasion::system(Via::Timer, now, &policies);
    let requester = Requester::system(Party::Timer, Via::Timer);
    let mut risks: HashMap<i64, risk::Model> = risk::Entity::find()
        .filter(risk::Column::Id.is_in(due.iter().map(|due| due.risk_id)))
        .all(tx)
        .await?
        .into_iter()
        .map(|risk| (risk.id, risk))
        .collect();
    let mut changes = Vec::with_capacity(due.len());
    for due in due {
        let Some(risk) = risks.remove(&due.risk_id) else { continue };
        if risk.state != from {
            // It left acceptance by another way, say by a claimed fix.
            keep::run_out_quietly(tx, risk.id, now).await?;
            continue;
        }
        let asked = Asked { at: Some(due.at), ..Asked::by_person(event, Given::default()) };
        match step::plan(tx, &occasion, risk, &requester, asked).await {
            Ok(change) => changes.push(change),
            Err(problem) if matches!(problem.kind(), Kind::Conflict | Kind::Forbidden | Kind::Invalid) => {
                not_moved(due.risk_id, dated, &problem);
            }
            Err(problem) => return Err(problem),
        }
    }
    record::record(tx, &occasion, changes).await?;
    Ok(())
}

fn not_moved(risk: i64, dated: Dated, problem: &Problem) {
    tracing::error!(risk, event = %dated.event, error = %problem, "a date could not move a risk");
}
