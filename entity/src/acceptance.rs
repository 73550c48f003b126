//! A decision to live with a risk until the end of a day.

use sea_orm::entity::prelude::*;

use crate::level::Level;

/// A decision to live with a risk until the end of a day.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "acceptance")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The risk.
    pub risk_id: i64,
    /// Requested, withdrawn, rejected, in_force, superseded, expired, revoked, voided, closed or resumed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// How bad the risk was when it was asked for, then when it was approved.
    pub level: Level,
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
    /// Why, in their words.
    #[sea_orm(column_type = "Text")]
    pub decided_reason: String,
    /// Who took it back or ended it, none for a date or a rule.
    pub ended_by: Option<i64>,
    /// When it stopped waiting or being in force.
    pub ended_at: Option<DateTimeUtc>,
    /// Why.
    #[sea_orm(column_type = "Text")]
    pub end_reason: String,
    /// The state that people were told of last.
    #[sea_orm(column_type = "Text")]
    pub told_state: String,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
