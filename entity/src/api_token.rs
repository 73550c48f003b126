//! A bearer token for scripts.

use sea_orm::entity::prelude::*;

/// A bearer token for scripts.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_token")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Who acts through it.
    pub user_id: i64,
    /// SHA-256 of the token, in hexadecimal.
    #[sea_orm(column_type = "Text")]
    pub hash: String,
    /// Its first characters, to recognise it in a list.
    #[sea_orm(column_type = "Text")]
    pub hint: String,
    /// All, read or import.
    #[sea_orm(column_type = "Text")]
    pub scope: String,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it ends.
    pub expires_at: Option<DateTimeUtc>,
    /// When it was withdrawn.
    pub revoked_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
