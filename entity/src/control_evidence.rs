//! What shows that a control works; rows are only ever added.

use sea_orm::entity::prelude::*;

/// What shows that a control works; rows are only ever added.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "control_evidence")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The control.
    pub control_id: i64,
    /// Link, note, measurement, run or import.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// It, in one line.
    #[sea_orm(column_type = "Text")]
    pub title: String,
    /// Where it is.
    #[sea_orm(column_type = "Text", nullable)]
    pub url: Option<String>,
    /// What was measured.
    #[sea_orm(column_type = "Double", nullable)]
    pub value: Option<f64>,
    /// The run of an obligation that it is.
    pub run_id: Option<i64>,
    /// The scan that it is.
    pub import_id: Option<i64>,
    /// Of when it is.
    pub at: DateTimeUtc,
    /// Who added it, none for the system.
    pub added_by: Option<i64>,
    /// When it was added.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
