//! A risk that follows from an incident.

use sea_orm::entity::prelude::*;

/// A risk that follows from an incident.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incident_action")]
pub struct Model {
    /// The incident.
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident_id: i64,
    /// The risk.
    #[sea_orm(primary_key, auto_increment = false)]
    pub risk_id: i64,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
