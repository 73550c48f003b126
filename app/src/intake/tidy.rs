//! Clears up after uploads that were cut off and plans that nobody wanted.

use abate_entity::import;
use chrono::Duration;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};

use super::{finish, status};
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

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        let cut_off = Condition::all()
            .add(import::Column::Status.eq(status::RECEIVING))
            .add(import::Column::ReceivedAt.lt(now - Duration::minutes(READING_MINUTES)));
        let unwanted = Condition::all()
            .add(import::Column::Status.is_in([status::PLANNED, status::NEEDS_APPROVAL]))
            .add(import::Column::ReceivedAt.lt(now - Duration::days(PLAN_DAYS)));
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
