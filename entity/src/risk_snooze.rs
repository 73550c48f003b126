//! Somebody put off what they would be told of a risk.

use sea_orm::entity::prelude::*;

/// Somebody put off what they would be told of a risk.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "risk_snooze")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The risk.
    pub risk_id: i64,
    /// Its due date then; a new one is a new count.
    pub due_on: Date,
    /// Who put it off.
    pub user_id: i64,
    /// Until when.
    pub until: DateTimeUtc,
    /// Why, in their words.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// When.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
