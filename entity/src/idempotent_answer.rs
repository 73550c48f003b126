//! The answer to a write that carried a key.

use sea_orm::entity::prelude::*;

/// The answer to a write that carried a key.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotent_answer")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Who asked.
    pub user_id: i64,
    /// The caller's key.
    #[sea_orm(column_type = "Text")]
    pub key: String,
    /// Digest of method, path and body, in hexadecimal.
    #[sea_orm(column_type = "Text")]
    pub request: String,
    /// The answer's status.
    pub status: i16,
    /// The answer's body.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// When.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
