//! How an import is shown.

use abate_entity::{asset, import, source, source_scope, staged_change};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Serialize;
use serde_json::Value;

use super::guard_rail::Question;
use super::status;
use super::warning::Warning;
use crate::platform::problem::Problem;

/// An import.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ImportView {
    /// Its number.
    pub id: i64,
    /// receiving, planned, needs_approval, applying, applied, compared, failed or undone.
    pub status: String,
    /// apply, plan or backlog.
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
    /// Problems by level, those that were put aside in the tool left out; what has no risk counts by its severity.
    #[schema(value_type = Object)]
    pub by_level: Value,
    /// The first records that could not be read: where, and why.
    #[schema(value_type = Vec<Object>)]
    pub rejected: Value,
    /// What a person has to agree to before it is applied, each with the guard rail that asks.
    #[schema(value_type = Vec<Object>)]
    pub questions: Vec<Question>,
    /// Whether it can be applied as the backlog of its source: it waits, and nothing of the source was applied before.
    pub backlog_offered: bool,
    /// The version of the intake rules that decided.
    pub intake_rules: Option<i32>,
    /// What was left out of what was read.
    pub warnings: Vec<Warning>,
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
    /// Findings that support risks of other sources, or were put aside in the tool; part of the unchanged ones.
    pub attached: i64,
    /// Findings that the rules keep without a risk.
    pub kept: i64,
    /// Findings that wait for a person.
    pub waiting: i64,
    /// Findings that a rule suppresses.
    pub suppressed: i64,
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
            Some(id) => source_scope::Entity::find_by_id(id).one(db).await?,
            None => None,
        };
        let waits = matches!(import.status.as_str(), status::PLANNED | status::NEEDS_APPROVAL);
        let first = scope.as_ref().is_some_and(|scope| scope.head_import_id.is_none());
        let questions = import.problem.as_ref().and_then(|problem| problem.get("questions").cloned());
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
            scope: scope.map(|scope| scope.key).unwrap_or_default(),
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
                attached: import.attached_count,
                kept: import.kept_count,
                waiting: import.waiting_count,
                suppressed: import.suppressed_count,
            },
            questions: questions
                .and_then(|questions| serde_json::from_value(questions).ok())
                .unwrap_or_default(),
            backlog_offered: waits && first && import.created_count > 0,
            intake_rules: import.rules_version,
            by_level: import.by_level,
            rejected: import.rejected,
            warnings: serde_json::from_value(import.warnings).unwrap_or_default(),
            problem: import.problem,
            received_at: import.received_at,
            applied_at: import.applied_at,
            undone_at: import.undone_at,
        })
    }
}
