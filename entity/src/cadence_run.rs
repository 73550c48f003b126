//! One dated occurrence of a cadence.

use sea_orm::entity::prelude::*;

use crate::text_enum;

text_enum! {
    /// Where a run stands.
    pub enum RunState ("run state") {
        /// Its time has not come.
        Planned = "planned",
        /// It can and should be done now.
        Due = "due",
        /// Somebody has begun.
        InProgress = "in_progress",
        /// Done in time, with evidence.
        Done = "done",
        /// Done with evidence in the days of grace.
        DoneLate = "done_late",
        /// Left out for a reason that two people share.
        Skipped = "skipped",
        /// Not done in time. It stays missed, also when it is done later.
        Missed = "missed",
    }
}

impl RunState {
    /// Whether the run still waits to be done.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Planned | Self::Due | Self::InProgress)
    }
}

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
    /// When it begins by the rule.
    pub scheduled_at: DateTimeUtc,
    /// From here it can be done.
    pub opens_at: DateTimeUtc,
    /// The local day by which it has to be done.
    pub due_on: Date,
    /// The end of that day.
    pub due_at: DateTimeUtc,
    /// When it counts as missed.
    pub missed_at: DateTimeUtc,
    /// Where it stands.
    pub state: RunState,
    /// The person who does it.
    pub owner_id: Option<i64>,
    /// How often it was put off.
    pub snoozes: i32,
    /// Until when reminders are put off.
    pub snoozed_until: Option<DateTimeUtc>,
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
    /// Who asked to skip it.
    pub skip_asked_by: Option<i64>,
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
