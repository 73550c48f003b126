//! Packs and files of evidence as they are kept in the database, part by part.

use std::io::Read as _;

use abate_entity::{stored_file, stored_file_chunk};
use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::{self, Stream};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, EntityTrait};

use super::make::Pack;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Bytes of one part.
const PART: u64 = 512 * 1024;
/// Largest pack that is kept, in bytes.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// Keeps a pack; answers the number of its file.
///
/// # Errors
/// 422 when it is too large; when the database refuses.
pub(super) async fn keep(
    state: &AppState,
    pack: &Pack,
    name: &str,
    by: i64,
    now: DateTime<Utc>,
) -> Result<i64, Problem> {
    if pack.size() > MOST_BYTES {
        let text = "The pack is too large to be kept here; make it with abate evidence, or without files.";
        return Err(Problem::invalid("to", text));
    }
    let size = i64::try_from(pack.size()).unwrap_or(i64::MAX);
    let kept = state
        .database
        .write(async |tx| {
            let row = stored_file::ActiveModel {
                name: Set(name.to_owned()),
                media_type: Set("application/zip".to_owned()),
                size: Set(size),
                sha256: Set(pack.sha256().to_owned()),
                sealed: Set(false),
                created_by: Set(Some(by)),
                created_at: Set(now),
                ..Default::default()
            };
            Ok(row.insert(tx).await?)
        })
        .await?;
    let mut file = pack.file().map_err(Problem::internal)?;
    let mut ordinal = 0;
    loop {
        let mut bytes = Vec::new();
        file.by_ref().take(PART).read_to_end(&mut bytes).map_err(Problem::internal)?;
        if bytes.is_empty() {
            return Ok(kept.id);
        }
        state
            .database
            .write(async |tx| {
                let row = stored_file_chunk::ActiveModel {
                    file_id: Set(kept.id),
                    ordinal: Set(ordinal),
                    bytes: Set(bytes.clone()),
                };
                Ok(stored_file_chunk::Entity::insert(row).exec_without_returning(tx).await?)
            })
            .await?;
        ordinal += 1;
    }
}

/// Hands the bytes of a file on, part by part.
pub(super) async fn read_into(
    db: &impl ConnectionTrait,
    file: &stored_file::Model,
    mut take: impl FnMut(&[u8]) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut done = 0;
    let mut ordinal = 0;
    while done < file.size {
        let bytes = part(db, file.id, ordinal).await?;
        take(&bytes)?;
        done += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        ordinal += 1;
    }
    Ok(())
}

/// The bytes of a file as they are read.
pub(super) fn stream(
    state: AppState,
    file: stored_file::Model,
) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::unfold(Some((state, file, 0_i32, 0_i64)), async |at| {
        let (state, file, ordinal, done) = at?;
        if done >= file.size {
            return None;
        }
        match part(state.database.reader(), file.id, ordinal).await {
            Ok(bytes) => {
                let done = done + i64::try_from(bytes.len()).unwrap_or(i64::MAX);
                Some((Ok(Bytes::from(bytes)), Some((state, file, ordinal + 1, done))))
            }
            Err(problem) => {
                tracing::error!(file = file.id, ordinal, error = %problem, "a pack cannot be read");
                Some((Err(problem), None))
            }
        }
    })
}

async fn part(db: &impl ConnectionTrait, file_id: i64, ordinal: i32) -> Result<Vec<u8>, Problem> {
    let row = stored_file_chunk::Entity::find_by_id((file_id, ordinal)).one(db).await?;
    let row = row.filter(|row| !row.bytes.is_empty());
    Ok(row
        .ok_or_else(|| Problem::internal(anyhow::anyhow!("part {ordinal} of file {file_id} is missing")))?
        .bytes)
}
