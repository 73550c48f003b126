//! What shows that something was done.

use sea_orm::entity::prelude::*;

/// What shows that something was done.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The risk.
    pub risk_id: i64,
    /// File, link, note, jira, scan or commit.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// What it is.
    #[sea_orm(column_type = "Text")]
    pub title: String,
    /// Where it is.
    #[sea_orm(column_type = "Text", nullable)]
    pub url: Option<String>,
    /// The commit.
    #[sea_orm(column_type = "Text", nullable)]
    pub commit_hash: Option<String>,
    /// The stored file.
    pub file_id: Option<i64>,
    /// Digest of the file, in hexadecimal.
    #[sea_orm(column_type = "Text", nullable)]
    pub sha256: Option<String>,
    /// The scan.
    pub import_id: Option<i64>,
    /// Whether a person can claim a fix with it; a note shows nothing.
    pub counts: bool,
    /// Who added it, none for the system.
    pub added_by: Option<i64>,
    /// When.
    pub created_at: DateTimeUtc,
    /// Who took it back; the row stays.
    pub withdrawn_by: Option<i64>,
    /// When.
    pub withdrawn_at: Option<DateTimeUtc>,
    /// Why.
    #[sea_orm(column_type = "Text")]
    pub withdrawn_reason: String,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
