//! Keeps the counts of each day, so that the past can be drawn: today's rows are written anew every quarter of an hour,
//! and what stands when the day ends stays.

use std::collections::BTreeMap;

use abate_entity::posture_snapshot;
use chrono::Duration;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::cube::Cube;
use super::store;
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

/// Rows that go into one INSERT.
const CHUNK: usize = 500;

/// Writes today's rows.
pub const TIMER: Timer<AppState> = Timer { name: "posture_snapshot", every: Duration::minutes(15), run };

fn run(state: &AppState) -> Work<'_> {
    Box::pin(take(state))
}

/// Writes the rows of the day it is now.
///
/// # Errors
/// When the database refuses.
pub async fn take(state: &AppState) -> Result<(), Problem> {
    let zone = state.config.organisation.zone;
    let today = state.clock.now().with_timezone(&zone).date_naive();
    let cube = store::count(state.database.reader(), &state.clock, today, zone).await?;
    let rows = rows(&cube);
    state
        .database
        .write(async |tx| {
            posture_snapshot::Entity::delete_many()
                .filter(posture_snapshot::Column::Day.eq(today))
                .exec(tx)
                .await?;
            for chunk in rows.chunks(CHUNK) {
                posture_snapshot::Entity::insert_many(chunk.to_vec()).exec_without_returning(tx).await?;
            }
            Ok(())
        })
        .await
}

/// One row for each team, level and state.
fn rows(cube: &Cube) -> Vec<posture_snapshot::ActiveModel> {
    let mut sums = BTreeMap::new();
    for cell in &cube.cells {
        let late = cell.state.is_open() && cell.due_on.is_some_and(|due_on| due_on < cube.today);
        let (risks, all_late, exposure) =
            sums.entry((cell.team_id, cell.level, cell.state)).or_insert((0u64, 0u64, 0u64));
        *risks += cell.risks;
        *all_late += if late { cell.risks } else { 0 };
        *exposure += cell.exposure;
    }
    let stored = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    sums.into_iter()
        .map(|((team_id, level, state), (risks, late, exposure))| posture_snapshot::ActiveModel {
            day: Set(cube.today),
            team_id: Set(team_id),
            level: Set(level),
            state: Set(state),
            risks: Set(stored(risks)),
            late: Set(stored(late)),
            exposure: Set(stored(exposure)),
            ..Default::default()
        })
        .collect()
}
