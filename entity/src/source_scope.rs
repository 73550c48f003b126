//! What a source reports over. Absence is judged in here alone; the row is the lock of its imports.

use sea_orm::entity::prelude::*;

/// What a source reports over. Absence is judged in here alone; the row is the lock of its imports.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "source_scope")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The source.
    pub source_id: i64,
    /// The target without tag or digest, unless one was given.
    #[sea_orm(column_type = "Text")]
    pub key: String,
    /// The asset its findings are on.
    pub asset_id: i64,
    /// The newest import that was applied.
    pub head_import_id: Option<i64>,
    /// The branch whose scans open and close risks; none until one was seen.
    #[sea_orm(column_type = "Text", nullable)]
    pub default_branch: Option<String>,
    /// A person has named that branch.
    pub branch_settled: bool,
    /// The image that runs; where it is known, its scans count and no other image's.
    #[sea_orm(column_type = "Text", nullable)]
    pub deployed_digest: Option<String>,
    /// Counts the applied imports.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
