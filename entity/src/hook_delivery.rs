//! What came in through a hook.

use sea_orm::entity::prelude::*;

/// What came in through a hook.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hook_delivery")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Through which.
    pub hook_id: i64,
    /// The sender's name for it, else the digest of its body.
    #[sea_orm(column_type = "Text")]
    pub identifier: String,
    /// report, or confirmation of a subscription.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// As it came, empty once read.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub body: Vec<u8>,
    /// stored, handled or failed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Why it failed.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem: Option<String>,
    /// What became of it.
    pub import_id: Option<i64>,
    /// When it came.
    pub received_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
