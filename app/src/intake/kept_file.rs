//! Keeps the file of an import where its source is set to keep them: encrypted under the key of the installation, in
//! parts that are bound to their place in their file. Everybody else's files are gone with the import.

use abate_entity::{import, stored_file, stored_file_chunk};
use actix_web::web::Bytes;
use futures_util::stream::{self, Stream};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, EntityTrait};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use crate::platform::problem::Problem;
use crate::state::AppState;

/// Largest file that is kept, in bytes.
const MOST_BYTES: i64 = 100 * 1024 * 1024;
/// Bytes of one part.
const PART: usize = 512 * 1024;
/// What the key is derived for.
const PURPOSE: &str = "kept-file";

/// Keeps a file that was just read. One that is larger than the limit is not kept.
pub(super) async fn keep(
    state: &AppState,
    import: &import::Model,
    file: std::io::Result<std::fs::File>,
) -> Result<(), Problem> {
    if import.size > MOST_BYTES {
        tracing::warn!(import = import.id, size = import.size, "the file is too large to be kept");
        return Ok(());
    }
    let now = state.clock.now();
    let kept = state
        .database
        .write(async |tx| {
            let row = stored_file::ActiveModel {
                name: Set(import.file_name.clone()),
                media_type: Set("application/octet-stream".to_owned()),
                size: Set(import.size),
                sha256: Set(import.sha256.clone()),
                sealed: Set(true),
                created_by: Set(import.actor_id),
                created_at: Set(now),
                ..Default::default()
            };
            Ok(row.insert(tx).await?)
        })
        .await?;
    let mut file = tokio::fs::File::from_std(file.map_err(Problem::internal)?);
    file.rewind().await.map_err(Problem::internal)?;
    let mut ordinal = 0;
    loop {
        let part = next_part(&mut file).await.map_err(Problem::internal)?;
        if part.is_empty() {
            break;
        }
        let mut nonce = [0; 12];
        state.ids.fill(&mut nonce);
        let sealed =
            state.key.seal(PURPOSE, &place(kept.id, ordinal), nonce, &part).map_err(Problem::internal)?;
        state
            .database
            .write(async |tx| {
                let row = stored_file_chunk::ActiveModel {
                    file_id: Set(kept.id),
                    ordinal: Set(ordinal),
                    bytes: Set(sealed.clone()),
                };
                Ok(stored_file_chunk::Entity::insert(row).exec_without_returning(tx).await?)
            })
            .await?;
        ordinal += 1;
    }
    // Last, so that a file which was cut off belongs to no import.
    state
        .database
        .write(async |tx| {
            let row =
                import::ActiveModel { id: Set(import.id), file_id: Set(Some(kept.id)), ..Default::default() };
            row.update(tx).await?;
            Ok(())
        })
        .await
}

async fn next_part(file: &mut tokio::fs::File) -> std::io::Result<Vec<u8>> {
    let mut part = Vec::with_capacity(PART);
    file.take(PART as u64).read_to_end(&mut part).await?;
    Ok(part)
}

/// What a part is bound to: parts of another file, or in another order, cannot be opened.
fn place(file_id: i64, ordinal: i32) -> Vec<u8> {
    format!("{file_id}/{ordinal}").into_bytes()
}

/// The file that was kept of an import.
///
/// # Errors
/// 404 when none was kept.
pub(super) async fn of(
    db: &impl ConnectionTrait,
    import: &import::Model,
) -> Result<stored_file::Model, Problem> {
    let none =
        || Problem::not_found(format!("file of import {}: its source's files are not kept", import.id));
    let id = import.file_id.ok_or_else(none)?;
    stored_file::Entity::find_by_id(id).one(db).await?.ok_or_else(none)
}

/// The bytes of a kept file, part by part.
pub(super) fn read(state: AppState, file: stored_file::Model) -> impl Stream<Item = Result<Bytes, Problem>> {
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
