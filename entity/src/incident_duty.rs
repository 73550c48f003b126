//! Somebody who has to be told by a moment; of several rules for one, the earliest counts.

use sea_orm::entity::prelude::*;

/// Somebody who has to be told by a moment; of several rules for one, the earliest counts.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incident_duty")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The incident.
    pub incident_id: i64,
    /// Who has to be told.
    #[sea_orm(column_type = "Text")]
    pub authority: String,
    /// How they are reached.
    #[sea_orm(column_type = "Text")]
    pub contact: String,
    /// What asks for it.
    #[sea_orm(column_type = "Text")]
    pub legal_basis: String,
    /// The class whose rule it is.
    #[sea_orm(column_type = "Text")]
    pub data_class: String,
    /// The version of the rules.
    pub rules_version: i32,
    /// The clock in words.
    #[sea_orm(column_type = "Text")]
    pub clock: String,
    /// By when.
    pub due_at: DateTimeUtc,
    /// Whether it was done.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// How much of its time had passed when people were last reminded.
    pub told_stage: i32,
    /// When they were told.
    pub told_at: Option<DateTimeUtc>,
    /// How, with what proves it.
    #[sea_orm(column_type = "Text")]
    pub told_how: String,
    /// Why it was not needed.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// Who said so.
    pub decided_by: Option<i64>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
