//! A signed-in browser.

use sea_orm::entity::prelude::*;

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// SHA-256 of the cookie's value, in hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Who is signed in.
    pub user_id: i64,
    /// The token that each form carries.
    #[sea_orm(column_type = "Text")]
    pub csrf_token: String,
    /// When it began.
    pub created_at: DateTimeUtc,
    /// When it ends at the latest.
    pub expires_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
