//! Clears up after uploads that were cut off and plans that nobody wanted.

use abate_entity::{import, staged_change};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};

use super::{finish, stage_sql, status};
use crate::platform::job::Work;
use crate::platform::problem::{Kind, Problem};
use crate::platform::timer::Timer;
use crate::state::AppState;

/// Clears up.
pub const TIMER: Timer<AppState> = Timer { name: "intake.tidy", every: Duration::minutes(1), run };

/// An upload that has been read for so long was cut off with its process.
const READING_MINUTES: i64 = 30;
/// A plan is compared with a state of the scope that is long gone after so many days.
const PLAN_DAYS: i64 = 14;
/// What another branch would have changed is kept for so many days.
const COMPARED_DAYS: i64 = 30;

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        let cut_off = Condition::all()
            .add(import::Column::Status.eq(status::RECEIVING))
            .add(import::Column::ReceivedAt.lt(now - Duration::minutes(READING_MINUTES)));
        let unwanted = Condition::all()
            .add(import::Column::Status.is_in([status::PLANNED, status::NEEDS_APPROVAL]))
            .add(import::Column::ReceivedAt.lt(now - Duration::days(PLAN_DAYS)));
        forget_settled(state, now).await?;
        let stale = import::Entity::find()
            .filter(Condition::any().add(cut_off).add(unwanted))
            .limit(50)
            .all(state.database.reader())
            .await?;
        for import in stale {
            let why = if import.status == status::RECEIVING {
                "The upload was cut off before the file was read to its end. Upload it again."
            } else {
                "Nobody applied this plan for two weeks. Upload a newer report."
            };
            finish::fail(state, &import, &Problem::new(Kind::Conflict, why)).await?;
        }
        Ok(())
    })
}

/// Throws away what compared scans would have changed, and what a crash left of plans that were applied; the counts stay.
async fn forget_settled(state: &AppState, now: DateTime<Utc>) -> Result<(), Problem> {
    let staged = Query::select()
        .distinct()
        .column(staged_change::Column::ImportId)
        .from(staged_change::Entity)
        .to_owned();
    let compared = Condition::all()
        .add(import::Column::Status.eq(status::COMPARED))
        .add(import::Column::ReceivedAt.lt(now - Duration::days(COMPARED_DAYS)));
    let old: Vec<i64> = import::Entity::find()
        .select_only()
        .column(import::Column::Id)
        .filter(Condition::any().add(compared).add(import::Column::Status.eq(status::APPLIED)))
        .filter(import::Column::Id.in_subquery(staged))
        .limit(10)
        .into_tuple()
        .all(state.database.reader())
        .await?;
    for import_id in old {
        state.database.write(async |tx| Ok(stage_sql::clear(tx, import_id).await?)).await?;
    }
    Ok(())
}
