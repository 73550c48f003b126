//! A decision to live with a risk until the end of a day.

use sea_orm::entity::prelude::*;

/// A decision to live with a risk until the end of a day.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "acceptance")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The risk.
    pub risk_id: i64,
    /// Requested, in_force, rejected, expired, revoked or voided.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Why it is accepted.
    #[sea_orm(column_type = "Text")]
    pub justification: String,
    /// What lowers it meanwhile.
    #[sea_orm(column_type = "Text")]
    pub compensating_controls: String,
    /// Its last day.
    pub ends_on: Date,
    /// The end of that day in the organisation's zone.
    pub ends_at: DateTimeUtc,
    /// How often it was renewed.
    pub renewals: i16,
    /// Who asked.
    pub asked_by: i64,
    /// When.
    pub asked_at: DateTimeUtc,
    /// Who approved, or rejected.
    pub decided_by: Option<i64>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// When it stopped being in force.
    pub ended_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
