//! How an import is shown.

use abate_entity::{asset, import, source, source_scope, staged_change};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Serialize;
use serde_json::Value;

use super::status;
use crate::platform::problem::Problem;

/// An import.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ImportView {
    /// Its number.
    pub id: i64,
    /// receiving, planned, needs_approval, applying, applied, failed or undone.
    pub status: String,
    /// apply or plan.
    pub mode: String,
    /// The format that was recognised.
    pub format: String,
    /// What the file was called.
    pub file_name: String,
    /// Digest of its bytes.
    pub sha256: String,
    /// Who reported.
    pub source: String,
    /// Over what.
    pub scope: String,
    /// Key of the asset.
    pub asset: String,
    /// The run's name.
    pub run: Option<String>,
    /// The branch that was scanned.
    pub branch: Option<String>,
    /// The commit that was scanned.
    pub commit: Option<String>,
    /// The image that was scanned.
    pub digest: Option<String>,
    /// The tool, with its version.
    pub tool: String,
    /// Whether absence from it means anything.
    pub complete: bool,
    /// When the scan ran.
    pub scanned_at: DateTime<Utc>,
    /// What it came to.
    pub counts: Counts,
    /// Problems by level, those that were put aside in the tool left out.
    #[schema(value_type = Object)]
    pub by_level: Value,
    /// The first records that could not be read: where, and why.
    #[schema(value_type = Vec<Object>)]
    pub rejected: Value,
    /// Why it failed, or what has to be agreed to.
    #[schema(value_type = Option<Object>)]
    pub problem: Option<Value>,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// When it was applied.
    pub applied_at: Option<DateTime<Utc>>,
    /// When it was undone.
    pub undone_at: Option<DateTime<Utc>>,
    /// Changes that are not written yet, while it is applied.
    pub left: Option<u64>,
}

/// What an import comes to.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Counts {
    /// Records that were read.
    pub findings: i64,
    /// Risks that it makes.
    pub created: i64,
    /// Findings that say something else than before.
    pub updated: i64,
    /// Findings that are as they were.
    pub unchanged: i64,
    /// Findings that came back.
    pub reopened: i64,
    /// Findings that are gone.
    pub vanished: i64,
    /// Records that could not be read.
    pub rejected: i64,
}

impl ImportView {
    /// Reads the names beside the row.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn of(db: &impl ConnectionTrait, import: import::Model) -> Result<Self, Problem> {
        let source = match import.source_id {
            Some(id) => source::Entity::find_by_id(id).one(db).await?.map(|row| row.name),
            None => None,
        };
        let scope = match import.scope_id {
            Some(id) => source_scope::Entity::find_by_id(id).one(db).await?.map(|row| row.key),
            None => None,
        };
        let asset = match import.asset_id {
            Some(id) => asset::Entity::find_by_id(id).one(db).await?.map(|row| row.key),
            None => None,
        };
        let left = if import.status == status::APPLYING {
            let staged = staged_change::Entity::find().filter(staged_change::Column::ImportId.eq(import.id));
            Some(staged.count(db).await?)
        } else {
            None
        };
        Ok(Self {
            left,
            id: import.id,
            status: import.status,
            mode: import.mode,
            format: import.format,
            file_name: import.file_name,
            sha256: import.sha256,
            source: source.unwrap_or_default(),
            scope: scope.unwrap_or_default(),
            asset: asset.unwrap_or_default(),
            run: import.run,
            branch: import.branch,
            commit: import.commit_id,
            digest: import.digest,
            tool: format!("{} {}", import.tool_name, import.tool_version).trim().to_owned(),
            complete: import.complete,
            scanned_at: import.scanned_at,
            counts: Counts {
                findings: import.findings,
                created: import.created_count,
                updated: import.updated_count,
                unchanged: import.unchanged_count,
                reopened: import.reopened_count,
                vanished: import.vanished_count,
                rejected: import.rejected_count,
            },
            by_level: import.by_level,
            rejected: import.rejected,
            problem: import.problem,
            received_at: import.received_at,
            applied_at: import.applied_at,
            undone_at: import.undone_at,
        })
    }
}
