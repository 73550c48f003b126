//! A signed statement of how long the chain was.

use sea_orm::entity::prelude::*;

/// A signed statement of how long the chain was.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_checkpoint")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Last number of the chain at that time.
    pub seq: i64,
    /// Hash of that seal.
    #[sea_orm(column_type = "Text")]
    pub hash: String,
    /// Ed25519, over number, hash and time, in hexadecimal.
    #[sea_orm(column_type = "Text")]
    pub signature: String,
    /// What the signature is checked with, in hexadecimal.
    #[sea_orm(column_type = "Text")]
    pub public_key: String,
    /// When.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
