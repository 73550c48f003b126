//! Gives up what nothing reads any more, and forgets what was settled long ago.

use std::collections::HashSet;

use abate_entity::{hook_delivery, job};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::delivery::{FAILED, STORED};
use super::read;
use crate::platform::job::{Work, queue};
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

/// Clears up.
pub const TIMER: Timer<AppState> = Timer { name: "hook.tidy", every: Duration::minutes(10), run };

/// A delivery whose job is parked waits so long for somebody to see to the job.
const GIVEN_UP_DAYS: i64 = 2;
/// Names of deliveries are known so long; after that, one that comes again is new.
const KNOWN_DAYS: i64 = 90;
/// Deliveries that are looked at in one transaction.
const AT_A_TIME: u64 = 500;

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        let mut after = Some(0);
        while let Some(id) = after {
            after = state.database.write(async |tx| give_up(tx, id, now).await).await?;
        }
        while state.database.write(async |tx| forget(tx, now).await).await? {}
        Ok(())
    })
}

/// Gives up deliveries that no job is going to read; answers the last one that was looked at, none at the end.
async fn give_up(tx: &DatabaseTransaction, after: i64, now: DateTime<Utc>) -> Result<Option<i64>, Problem> {
    let old: Vec<i64> = hook_delivery::Entity::find()
        .select_only()
        .column(hook_delivery::Column::Id)
        .filter(hook_delivery::Column::State.eq(STORED))
        .filter(hook_delivery::Column::ReceivedAt.lt(now - Duration::days(GIVEN_UP_DAYS)))
        .filter(hook_delivery::Column::Id.gt(after))
        .order_by_asc(hook_delivery::Column::Id)
        .limit(AT_A_TIME)
        .into_tuple()
        .all(tx)
        .await?;
    let Some(last) = old.last().copied() else { return Ok(None) };
    let subjects: Vec<String> = job::Entity::find()
        .select_only()
        .column(job::Column::Subject)
        .filter(job::Column::Kind.eq(read::KIND))
        .filter(job::Column::State.is_in([queue::QUEUED, queue::RUNNING]))
        .filter(job::Column::Subject.is_in(old.iter().map(i64::to_string)))
        .into_tuple()
        .all(tx)
        .await?;
    let awaited: HashSet<i64> = subjects.iter().filter_map(|subject| subject.parse().ok()).collect();
    for id in old.into_iter().filter(|id| !awaited.contains(id)) {
        tracing::warn!(delivery = id, "a delivery that could not be read was given up");
        let why = "It could not be read, however often it was tried. Send it again.".to_owned();
        hook_delivery::Entity::update(read::settled(id, FAILED, Some(why))).exec(tx).await?;
    }
    Ok(Some(last))
}

/// Forgets some of what was settled long ago; answers whether there may be more.
async fn forget(tx: &DatabaseTransaction, now: DateTime<Utc>) -> Result<bool, Problem> {
    let old: Vec<i64> = hook_delivery::Entity::find()
        .select_only()
        .column(hook_delivery::Column::Id)
        .filter(hook_delivery::Column::State.ne(STORED))
        .filter(hook_delivery::Column::ReceivedAt.lt(now - Duration::days(KNOWN_DAYS)))
        .limit(AT_A_TIME)
        .into_tuple()
        .all(tx)
        .await?;
    let more = old.len() as u64 == AT_A_TIME;
    hook_delivery::Entity::delete_many().filter(hook_delivery::Column::Id.is_in(old)).exec(tx).await?;
    Ok(more)
}
