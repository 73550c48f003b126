//! A recurring obligation.

use sea_orm::entity::prelude::*;

/// A recurring obligation.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cadence")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Name shown to people.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Asvs_audit, patch_review, security_review, training, incident_drill, other.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// What has to be done.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// RRULE.
    #[sea_orm(column_type = "Text")]
    pub rule: String,
    /// First date of the rule.
    pub starts_on: Date,
    /// Local time of day a run is due at, HH:MM.
    #[sea_orm(column_type = "Text")]
    pub due_time: String,
    /// IANA zone of that time.
    #[sea_orm(column_type = "Text")]
    pub zone: String,
    /// How long before its date a run may be done.
    pub lead_days: i32,
    /// How long after its date a run may still be done late.
    pub grace_days: i32,
    /// Longest allowed gap between two completions.
    pub ceiling_months: Option<i32>,
    /// Who answers for it.
    pub team_id: i64,
    /// The person who does it.
    pub owner_id: Option<i64>,
    /// Whether runs are still made.
    pub active: bool,
    /// Counts its changes.
    pub version: i32,
    /// Runs up to here exist.
    pub made_until: DateTimeUtc,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was last changed.
    pub updated_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
