//! Throws away files that nothing claimed: uploads that were cut off or refused at the last moment.

use abate_entity::{file_use, stored_file, stored_file_chunk};
use chrono::Duration;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::platform::job::Work;
use crate::platform::timer::Timer;
use crate::state::AppState;

/// Throws them away.
pub const TIMER: Timer<AppState> = Timer { name: "file.tidy", every: Duration::hours(1), run };

/// What is being put away is claimed long before.
const AFTER: Duration = Duration::days(1);
/// Files of one turn.
const TURN: u64 = 50;

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        let claimed = Query::select().column(file_use::Column::FileId).from(file_use::Entity).to_owned();
        let unclaimed: Vec<i64> = stored_file::Entity::find()
            .select_only()
            .column(stored_file::Column::Id)
            .filter(stored_file::Column::CreatedAt.lt(now - AFTER))
            .filter(stored_file::Column::Id.not_in_subquery(claimed.clone()))
            .limit(TURN)
            .into_tuple()
            .all(state.database.reader())
            .await?;
        for id in unclaimed {
            let claimed = claimed.clone();
            state
                .database
                .write(async |tx| {
                    let gone = stored_file::Entity::delete_many()
                        .filter(stored_file::Column::Id.eq(id))
                        .filter(stored_file::Column::Id.not_in_subquery(claimed.clone()))
                        .exec(tx)
                        .await?;
                    if gone.rows_affected == 1 {
                        stored_file_chunk::Entity::delete_many()
                            .filter(stored_file_chunk::Column::FileId.eq(id))
                            .exec(tx)
                            .await?;
                    }
                    Ok(())
                })
                .await?;
            tracing::info!(file = id, "a file that nothing claimed is gone");
        }
        Ok(())
    })
}
