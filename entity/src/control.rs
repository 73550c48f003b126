//! A measure that mitigates risks.

use sea_orm::entity::prelude::*;

/// A measure that mitigates risks.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "control")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its number in the catalogue.
    #[sea_orm(column_type = "Text")]
    pub key: String,
    /// Name shown to people.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// What it is.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// What shows that it works.
    #[sea_orm(column_type = "Text")]
    pub measure: String,
    /// How old its newest proof may be; none when it needs none.
    pub cadence_days: Option<i32>,
    /// The person who answers for it.
    pub owner_id: Option<i64>,
    /// Planned, active, degraded or retired.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Of when its newest proof is.
    pub evidence_at: Option<DateTimeUtc>,
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
