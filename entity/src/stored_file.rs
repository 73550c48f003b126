//! A stored file.

use sea_orm::entity::prelude::*;

/// A stored file.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stored_file")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What it was called.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// What it is.
    #[sea_orm(column_type = "Text")]
    pub media_type: String,
    /// Its length in bytes.
    pub size: i64,
    /// Digest of its bytes, in hexadecimal.
    #[sea_orm(column_type = "Text")]
    pub sha256: String,
    /// Whether its parts are encrypted under the key of the installation.
    pub sealed: bool,
    /// Who added it.
    pub created_by: Option<i64>,
    /// When.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
