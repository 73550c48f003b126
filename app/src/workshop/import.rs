//! Takes the file of a workshop or threat model in: the register, the stories and the risks, as a draft. The same file
//! again, or a later state of it, changes what is there and makes nothing twice.

use abate_entity::import;
use abate_integrations::workshop::WorkshopFormat;
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder,
};
use serde_json::json;

use super::reading::{self, Kept, refused};
use super::{mapping, plan, write};
use crate::access::right::Import;
use crate::asset::register;
use crate::intake::receive::{Mode, Upload};
use crate::intake::stage::Sender;
use crate::intake::status;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// For how long the same bytes count as the same upload.
const SAME_BYTES_MINUTES: i64 = 10;

/// Whether an import is one of a workshop or threat model.
#[must_use]
pub fn is_one(import: &import::Model) -> bool {
    WorkshopFormat::named(&import.format).is_some()
}

/// Takes a file in; plans or applies it.
///
/// # Errors
/// 422 naming every field that is wrong; nothing is written then.
pub async fn take(
    state: &AppState,
    sender: &Sender,
    upload: Upload,
    format: WorkshopFormat,
) -> Result<import::Model, Problem> {
    let now = state.clock.now();
    let (upload, kept) = reading::read(state.database.reader(), format, upload).await?;
    state
        .database
        .write(async |tx| {
            if let Some(earlier) = repeated(tx, &upload, format, now).await? {
                return Ok(earlier);
            }
            let mut row = new_import(sender, &upload, format, &kept, now);
            if let Some(key) = &kept.asset {
                let asset = register::by_key(tx, key).await?;
                let asset = asset.ok_or_else(|| {
                    Problem::invalid(
                        "asset",
                        format!("There is no asset {key:?}. Name one of the register, or leave it out."),
                    )
                })?;
                if let Some(actor) = &sender.actor {
                    actor.require_in::<Import>(asset.team_id)?;
                }
                row.asset_id = Set(Some(asset.id));
            }
            let import = row.insert(tx).await?;
            if upload.form.mapping.is_some()
                && let Some(table) = &kept.table
            {
                let header = table.header_hash();
                mapping::remember(tx, &kept.source, &header, &kept.mapping, sender.actor_id(), now).await?;
            }
            if upload.form.mode == Mode::Plan {
                return plan::keep(tx, import, &kept).await;
            }
            write::write(tx, &state.ids, sender.actor_id(), import, &kept, now).await
        })
        .await
}

/// Applies a planned workshop.
///
/// # Errors
/// When the plan is gone, or rows of its table cannot be read yet.
pub async fn apply(
    state: &AppState,
    tx: &DatabaseTransaction,
    import: import::Model,
    now: DateTime<Utc>,
) -> Result<import::Model, Problem> {
    let kept = plan::made_of(tx, import.id).await?;
    if !kept.mistakes.is_empty() {
        return Err(refused(abate_integrations::workshop::WorkshopError::Fields(kept.mistakes)));
    }
    plan::drop(tx, import.id).await?;
    let actor_id = import.actor_id;
    write::write(tx, &state.ids, actor_id, import, &kept, now).await
}

async fn repeated(
    tx: &DatabaseTransaction,
    upload: &Upload,
    format: WorkshopFormat,
    now: DateTime<Utc>,
) -> Result<Option<import::Model>, Problem> {
    let mode = upload.form.mode.as_str();
    let same = import::Entity::find()
        .filter(import::Column::Format.eq(format.name()))
        .filter(import::Column::Status.ne(status::FAILED))
        // One run of a pipeline may bring several models.
        .filter(import::Column::FileName.eq(&upload.file_name))
        .filter(import::Column::Mode.eq(mode));
    let same = match &upload.form.run {
        Some(run) => same.filter(import::Column::Run.eq(run)),
        // The same bytes under another name, for another asset or with other columns are something else.
        None if upload.form.mapping.is_some()
            || upload.form.scope.is_some()
            || upload.form.asset.is_some() =>
        {
            return Ok(None);
        }
        None => same
            .filter(import::Column::Sha256.eq(&upload.sha256))
            .filter(import::Column::Run.is_null())
            .filter(import::Column::ReceivedAt.gt(now - Duration::minutes(SAME_BYTES_MINUTES))),
    };
    Ok(same.order_by_desc(import::Column::Id).one(tx).await?)
}

fn new_import(
    sender: &Sender,
    upload: &Upload,
    format: WorkshopFormat,
    kept: &Kept,
    now: DateTime<Utc>,
) -> import::ActiveModel {
    import::ActiveModel {
        status: Set(status::PLANNED.to_owned()),
        mode: Set(upload.form.mode.as_str().to_owned()),
        format: Set(format.name().to_owned()),
        file_name: Set(upload.file_name.clone()),
        sha256: Set(upload.sha256.clone()),
        size: Set(i64::try_from(upload.size).unwrap_or(i64::MAX)),
        run: Set(upload.form.run.clone()),
        tool_name: Set("workshop".to_owned()),
        tool_version: Set(String::new()),
        complete: Set(false),
        scanned_at: Set(now),
        findings: Set(i64::try_from(kept.workshop.risks.len()).unwrap_or(0)),
        created_count: Set(0),
        updated_count: Set(0),
        unchanged_count: Set(0),
        reopened_count: Set(0),
        vanished_count: Set(0),
        rejected_count: Set(0),
        by_level: Set(json!({})),
        rejected: Set(json!([])),
        idempotency_key: Set(sender.idempotency_key.clone()),
        actor_id: Set(sender.actor_id()),
        via: Set(sender.via.as_str().to_owned()),
        received_at: Set(now),
        ..Default::default()
    }
}
