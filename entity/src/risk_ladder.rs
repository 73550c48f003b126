//! A step of the ladder that was reached: each once for a risk and its due date.

use sea_orm::entity::prelude::*;

/// A step of the ladder that was reached: each once for a risk and its due date.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "risk_ladder")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The risk.
    pub risk_id: i64,
    /// The due date it was reached for; of an unowned risk, the day since when nobody answers.
    pub due_on: Date,
    /// `T-14` and the like.
    #[sea_orm(column_type = "Text")]
    pub step: String,
    /// Whom it is for, 0 for the channel.
    pub user_id: i64,
    /// The moment of the step.
    pub about_at: DateTimeUtc,
    /// Told, or skipped when a later step overtook it.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// When it was noted.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
