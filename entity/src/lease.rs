//! Work that only one process does at a time.

use sea_orm::entity::prelude::*;

/// Work that only one process does at a time.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "lease")]
pub struct Model {
    /// What the lease is for.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The process that holds it.
    #[sea_orm(column_type = "Text")]
    pub holder: String,
    /// When others may take it.
    pub expires_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
