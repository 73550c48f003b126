//! One run of one source over one scope.

use sea_orm::entity::prelude::*;

/// One run of one source over one scope.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "import")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Receiving, planned, needs_approval, applying, applied, compared, failed or undone.
    #[sea_orm(column_type = "Text")]
    pub status: String,
    /// Apply, plan or backlog.
    #[sea_orm(column_type = "Text")]
    pub mode: String,
    /// The format that was recognised.
    #[sea_orm(column_type = "Text")]
    pub format: String,
    /// What the file was called.
    #[sea_orm(column_type = "Text")]
    pub file_name: String,
    /// Digest of its bytes, in hexadecimal.
    #[sea_orm(column_type = "Text")]
    pub sha256: String,
    /// Its length in bytes.
    pub size: i64,
    /// Who reported.
    pub source_id: Option<i64>,
    /// Over what.
    pub scope_id: Option<i64>,
    /// On which asset.
    pub asset_id: Option<i64>,
    /// The head of the scope that the plan was made against.
    pub base_import_id: Option<i64>,
    /// The run's name, given by the caller; one import a run.
    #[sea_orm(column_type = "Text", nullable)]
    pub run: Option<String>,
    /// The branch that was scanned.
    #[sea_orm(column_type = "Text", nullable)]
    pub branch: Option<String>,
    /// The commit that was scanned.
    #[sea_orm(column_type = "Text", nullable)]
    pub commit_id: Option<String>,
    /// The image that was scanned.
    #[sea_orm(column_type = "Text", nullable)]
    pub digest: Option<String>,
    /// The tool that reports.
    #[sea_orm(column_type = "Text")]
    pub tool_name: String,
    /// Its version.
    #[sea_orm(column_type = "Text")]
    pub tool_version: String,
    /// Whether absence from it means anything.
    pub complete: bool,
    /// When the scan ran.
    pub scanned_at: DateTimeUtc,
    /// Records read.
    pub findings: i64,
    /// Risks made.
    pub created_count: i64,
    /// Findings changed.
    pub updated_count: i64,
    /// Findings seen again as they were.
    pub unchanged_count: i64,
    /// Risks that came back.
    pub reopened_count: i64,
    /// Findings that are gone.
    pub vanished_count: i64,
    /// Records that could not be read.
    pub rejected_count: i64,
    /// Findings that support risks of other sources, or were put aside in the tool; part of the unchanged ones.
    pub attached_count: i64,
    /// Findings that the rules keep without a risk.
    pub kept_count: i64,
    /// Findings that wait for a person.
    pub waiting_count: i64,
    /// Findings that a rule suppresses.
    pub suppressed_count: i64,
    /// The version of the intake rules that decided.
    pub rules_version: Option<i32>,
    /// Findings by level.
    #[sea_orm(column_type = "JsonBinary")]
    pub by_level: Json,
    /// The first rejected records: where and why.
    #[sea_orm(column_type = "JsonBinary")]
    pub rejected: Json,
    /// What was left out of what was read: what, and how often.
    #[sea_orm(column_type = "JsonBinary")]
    pub warnings: Json,
    /// Why it failed.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub problem: Option<Json>,
    /// The caller's key.
    #[sea_orm(column_type = "Text", nullable)]
    pub idempotency_key: Option<String>,
    /// Who sent it.
    pub actor_id: Option<i64>,
    /// Api, page, command or demo.
    #[sea_orm(column_type = "Text")]
    pub via: String,
    /// The kept file.
    pub file_id: Option<i64>,
    /// When it came in.
    pub received_at: DateTimeUtc,
    /// When it was applied.
    pub applied_at: Option<DateTimeUtc>,
    /// When it was undone.
    pub undone_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
