//! Reads a kept file, part by part.

use abate_entity::{stored_file, stored_file_chunk};
use actix_web::web::Bytes;
use futures_util::stream::{self, Stream};
use sea_orm::{ConnectionTrait, EntityTrait};

use super::store::{PURPOSE, place};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// A kept file by its number. Whoever asks has seen what it belongs to.
///
/// # Errors
/// When it is not there, or was not kept to its end.
pub async fn by_id(db: &impl ConnectionTrait, id: i64) -> Result<stored_file::Model, Problem> {
    let found = stored_file::Entity::find_by_id(id).one(db).await?;
    found.filter(|file| !file.sha256.is_empty()).ok_or_else(|| Problem::not_found(format!("file {id}")))
}

/// The bytes of a kept file, in parts; memory holds one of them.
pub fn parts(state: AppState, file: stored_file::Model) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::unfold(Some((state, file, 0_i32, 0_i64)), async |at| {
        let (state, file, ordinal, done) = at?;
        if done >= file.size {
            return None;
        }
        match part(&state, &file, ordinal).await {
            Ok(bytes) => {
                let done = done + i64::try_from(bytes.len()).unwrap_or(i64::MAX);
                Some((Ok(bytes), Some((state, file, ordinal + 1, done))))
            }
            Err(problem) => {
                tracing::error!(file = file.id, ordinal, error = %problem, "a kept file cannot be read");
                Some((Err(problem), None))
            }
        }
    })
}

async fn part(state: &AppState, file: &stored_file::Model, ordinal: i32) -> Result<Bytes, Problem> {
    let row = stored_file_chunk::Entity::find_by_id((file.id, ordinal)).one(state.database.reader()).await?;
    let row = row
        .ok_or_else(|| Problem::internal(anyhow::anyhow!("part {ordinal} of file {} is missing", file.id)))?;
    let opened =
        state.key.open_sealed(PURPOSE, &place(file.id, ordinal), &row.bytes).map_err(Problem::internal)?;
    Ok(Bytes::from(opened))
}
