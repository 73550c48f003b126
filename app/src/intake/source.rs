//! Sources: who reports, and what was agreed about their reports.

use abate_entity::{import, source, source_scope};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;

use crate::access::actor::Actor;
use crate::audit_log;
use crate::platform::problem::Problem;

/// Most days that a source may be silent before it counts as such.
const MOST_DAYS: i32 = 365;

/// A change of what was agreed with a source; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct SourceEdit {
    /// Whether its files are kept, encrypted.
    pub keep_files: Option<bool>,
    /// After how many days without a full scan it counts as silent; the inner none for the usual number.
    pub silent_after_days: Option<Option<i32>>,
}

/// Finds a source by its name.
///
/// # Errors
/// 404 when there is none.
pub async fn by_name(db: &impl ConnectionTrait, name: &str) -> Result<source::Model, Problem> {
    source::Entity::find()
        .filter(source::Column::Name.eq(name.trim().to_lowercase()))
        .one(db)
        .await?
        .ok_or_else(|| Problem::not_found(format!("source {name}")))
}

/// A page of sources by name.
///
/// # Errors
/// When the database cannot be asked.
pub async fn list(
    db: &impl ConnectionTrait,
    after: Option<String>,
    limit: u64,
) -> Result<Vec<source::Model>, Problem> {
    let mut query = source::Entity::find().order_by_asc(source::Column::Name).limit(limit);
    if let Some(after) = after {
        query = query.filter(source::Column::Name.gt(after));
    }
    Ok(query.all(db).await?)
}

/// When the newest full scan of a source that was applied ran.
///
/// # Errors
/// When the database cannot be asked.
pub async fn last_full_scan(
    db: &impl ConnectionTrait,
    source_id: i64,
) -> Result<Option<DateTime<Utc>>, Problem> {
    let newest = import::Entity::find()
        .filter(import::Column::SourceId.eq(source_id))
        .filter(import::Column::Status.eq(super::status::APPLIED))
        .filter(import::Column::Complete.eq(true))
        .order_by_desc(import::Column::ScannedAt)
        .one(db)
        .await?;
    Ok(newest.map(|import| import.scanned_at))
}

/// The keys of what a source reports over.
///
/// # Errors
/// When the database cannot be asked.
pub async fn scopes(db: &impl ConnectionTrait, source_id: i64, most: u64) -> Result<Vec<String>, Problem> {
    let rows = source_scope::Entity::find()
        .filter(source_scope::Column::SourceId.eq(source_id))
        .order_by_asc(source_scope::Column::Id)
        .limit(most)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.key).collect())
}

/// Changes what was agreed with a source.
///
/// # Errors
/// 422 naming the field that is wrong.
pub async fn change(
    tx: &impl ConnectionTrait,
    actor: &Actor,
    source: source::Model,
    edit: &SourceEdit,
    now: DateTime<Utc>,
) -> Result<source::Model, Problem> {
    let keep_files = edit.keep_files.unwrap_or(source.keep_files);
    let silent_after_days = edit.silent_after_days.unwrap_or(source.silent_after_days);
    if silent_after_days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        let text = format!("Give a number of days from 1 to {MOST_DAYS}, or null for the usual number.");
        return Err(Problem::invalid("silent_after_days", text));
    }
    if (keep_files, silent_after_days) == (source.keep_files, source.silent_after_days) {
        return Ok(source);
    }
    let data = json!({
        "source": source.name,
        "from": { "keep_files": source.keep_files, "silent_after_days": source.silent_after_days },
        "to": { "keep_files": keep_files, "silent_after_days": silent_after_days },
    });
    let subject = format!("source-{}", source.id);
    let row = source::ActiveModel {
        id: Set(source.id),
        keep_files: Set(keep_files),
        silent_after_days: Set(silent_after_days),
        ..Default::default()
    };
    let row = row.update(tx).await?;
    audit_log::add(tx, actor, "source.change", &subject, data, now).await?;
    Ok(row)
}
