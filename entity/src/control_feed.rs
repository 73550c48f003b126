//! Where the proof of a control comes from by itself.

use sea_orm::entity::prelude::*;

/// Where the proof of a control comes from by itself.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "control_feed")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The control.
    pub control_id: i64,
    /// An obligation whose completed runs are proof.
    pub cadence_id: Option<i64>,
    /// A source whose full scans are proof.
    pub source_id: Option<i64>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
