//! Keeps a file: encrypted under the key of the installation, in parts that are bound to their place in their file.

use std::fs::File;

use abate_entity::{file_use, stored_file, stored_file_chunk};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use crate::platform::problem::Problem;
use crate::state::AppState;

/// Bytes of one part.
const PART: usize = 256 * 1024;
/// What the key is derived for.
pub(super) const PURPOSE: &str = "file";

/// What a file is, besides its bytes.
#[derive(Clone, Copy, Debug)]
pub struct NewFile<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What it is.
    pub media_type: &'a str,
    /// Who adds it, none for the system.
    pub created_by: Option<i64>,
}

/// Keeps a file from its beginning to its end, in short transactions of its own; memory holds one part of it.
///
/// Nothing may be read through it until something claims it, and until then it is on its way to be tidied.
///
/// # Errors
/// When the file cannot be read, or the database refuses.
pub async fn put(state: &AppState, new: NewFile<'_>, file: File) -> Result<stored_file::Model, Problem> {
    let now = state.clock.now();
    let kept = state
        .database
        .write(async |tx| {
            let row = stored_file::ActiveModel {
                name: Set(new.name.to_owned()),
                media_type: Set(new.media_type.to_owned()),
                size: Set(0),
                sha256: Set(String::new()),
                sealed: Set(true),
                created_by: Set(new.created_by),
                created_at: Set(now),
                ..Default::default()
            };
            Ok(row.insert(tx).await?)
        })
        .await?;
    let mut file = tokio::fs::File::from_std(file);
    file.rewind().await.map_err(Problem::internal)?;
    let mut digest = Sha256::new();
    let (mut size, mut ordinal) = (0_i64, 0);
    loop {
        let part = next_part(&mut file).await.map_err(Problem::internal)?;
        if part.is_empty() {
            break;
        }
        digest.update(&part);
        size = size.saturating_add(i64::try_from(part.len()).unwrap_or(i64::MAX));
        keep_part(state, kept.id, ordinal, &part).await?;
        ordinal += 1;
    }
    let sha256 = hex::encode(digest.finalize());
    state
        .database
        .write(async |tx| {
            let row = stored_file::ActiveModel {
                id: Set(kept.id),
                size: Set(size),
                sha256: Set(sha256.clone()),
                ..Default::default()
            };
            Ok(row.update(tx).await?)
        })
        .await
}

async fn keep_part(state: &AppState, file_id: i64, ordinal: i32, part: &[u8]) -> Result<(), Problem> {
    let mut nonce = [0; 12];
    state.ids.fill(&mut nonce);
    let sealed = state.key.seal(PURPOSE, &place(file_id, ordinal), nonce, part).map_err(Problem::internal)?;
    state
        .database
        .write(async |tx| {
            let row = stored_file_chunk::ActiveModel {
                file_id: Set(file_id),
                ordinal: Set(ordinal),
                bytes: Set(sealed.clone()),
            };
            Ok(stored_file_chunk::Entity::insert(row).exec_without_returning(tx).await?)
        })
        .await?;
    Ok(())
}

async fn next_part(file: &mut tokio::fs::File) -> std::io::Result<Vec<u8>> {
    let mut part = Vec::with_capacity(PART);
    file.take(PART as u64).read_to_end(&mut part).await?;
    Ok(part)
}

/// What a part is bound to: parts of another file, or in another order, cannot be opened.
pub(super) fn place(file_id: i64, ordinal: i32) -> Vec<u8> {
    format!("{file_id}/{ordinal}").into_bytes()
}

/// Makes a file part of `subject`, as `R-12` or `import-7`, so that it stays.
///
/// # Errors
/// When the database refuses.
pub async fn claim(tx: &DatabaseTransaction, file_id: i64, subject: &str) -> Result<(), Problem> {
    let row = file_use::ActiveModel { file_id: Set(file_id), subject: Set(subject.to_owned()) };
    file_use::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}
