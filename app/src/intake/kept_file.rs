//! Keeps the file of an import where its source is set to keep them. Everybody else's files are gone with the import.

use abate_entity::{import, stored_file};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait};

use crate::file::read;
use crate::file::store::{self, NewFile};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Largest file that is kept, in bytes.
const MOST_BYTES: i64 = 100 * 1024 * 1024;

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
    let new = NewFile {
        name: &import.file_name,
        media_type: "application/octet-stream",
        created_by: import.actor_id,
    };
    let kept = store::put(state, new, file.map_err(Problem::internal)?).await?;
    state
        .database
        .write(async |tx| {
            store::claim(tx, kept.id, &format!("import-{}", import.id)).await?;
            let row =
                import::ActiveModel { id: Set(import.id), file_id: Set(Some(kept.id)), ..Default::default() };
            row.update(tx).await?;
            Ok(())
        })
        .await
}

/// The file that was kept of an import.
///
/// # Errors
/// 404 when none was kept.
pub(super) async fn of(
    db: &impl ConnectionTrait,
    import: &import::Model,
) -> Result<stored_file::Model, Problem> {
    let Some(id) = import.file_id else {
        let what = format!("file of import {}: its source's files are not kept", import.id);
        return Err(Problem::not_found(what));
    };
    read::by_id(db, id).await
}
