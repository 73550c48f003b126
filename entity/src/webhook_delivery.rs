//! A message that another system sent us, kept before it is answered.

use sea_orm::entity::prelude::*;

/// A message that another system sent us, kept before it is answered.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_delivery")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// From where.
    pub connection_id: i64,
    /// The sender's name for it.
    #[sea_orm(column_type = "Text")]
    pub identifier: String,
    /// What it is about.
    #[sea_orm(column_type = "Text")]
    pub issue_id: String,
    /// Stored or handled.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// When it came.
    pub received_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
