//! A decision to let an asset through although a check or a risk says no.

use sea_orm::entity::prelude::*;

/// A decision to let an asset through although a check or a risk says no.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "gate_waiver")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The asset.
    pub asset_id: i64,
    /// The check that it is about, none for all that look at the risk.
    #[sea_orm(column_type = "Text", nullable)]
    pub check_kind: Option<String>,
    /// The risk that it is about, none for all of the check.
    pub risk_id: Option<i64>,
    /// Why.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// Who answers for it.
    pub owner_id: i64,
    /// Its last day.
    pub ends_on: Date,
    /// The end of that day in the organisation's zone.
    pub ends_at: DateTimeUtc,
    /// Who made it.
    pub created_by: i64,
    /// When.
    pub created_at: DateTimeUtc,
    /// Who ended it early.
    pub withdrawn_by: Option<i64>,
    /// When.
    pub withdrawn_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
