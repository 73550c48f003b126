//! One dated occurrence of a cadence.

use sea_orm::entity::prelude::*;

/// One dated occurrence of a cadence.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cadence_run")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The cadence.
    pub cadence_id: i64,
    /// The date the rule gave, never moved.
    pub scheduled_on: Date,
    /// When it has to be done.
    pub due_at: DateTimeUtc,
    /// When it counts as missed.
    pub missed_at: DateTimeUtc,
    /// Planned, due, in_progress, done, done_late, skipped, missed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// The person who does it.
    pub owner_id: Option<i64>,
    /// How often it was put off.
    pub snoozes: i32,
    /// When its owner was last reminded.
    pub reminded_at: Option<DateTimeUtc>,
    /// When it was done.
    pub completed_at: Option<DateTimeUtc>,
    /// Who did it.
    pub completed_by: Option<i64>,
    /// What shows that it was done.
    #[sea_orm(column_type = "Text")]
    pub evidence: String,
    /// Where that is.
    #[sea_orm(column_type = "Text", nullable)]
    pub evidence_url: Option<String>,
    /// Why it was skipped or missed.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// Who approved the skip.
    pub decided_by: Option<i64>,
    /// Counts its changes.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was last changed.
    pub updated_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
