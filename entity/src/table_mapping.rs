//! What people said about the columns and words of tables with one header from one source.

use sea_orm::entity::prelude::*;

/// What people said about the columns and words of tables with one header from one source.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "table_mapping")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Who reports, empty for anybody.
    #[sea_orm(column_type = "Text")]
    pub source: String,
    /// Digest of the names of the columns.
    #[sea_orm(column_type = "Text")]
    pub header_hash: String,
    /// Fields by column, and meanings by word.
    #[sea_orm(column_type = "JsonBinary")]
    pub mapping: Json,
    /// Who said so.
    pub made_by: Option<i64>,
    /// When.
    pub made_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
