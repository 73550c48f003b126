//! The place of an entry in the chain.

use sea_orm::entity::prelude::*;

/// The place of an entry in the chain.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_seal")]
pub struct Model {
    /// Its number in the chain.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// The entry.
    pub entry_id: i64,
    /// Hash of the seal before, in hexadecimal.
    #[sea_orm(column_type = "Text")]
    pub previous: String,
    /// Hash of this seal, in hexadecimal.
    #[sea_orm(column_type = "Text")]
    pub hash: String,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
