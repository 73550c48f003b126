//! An item of a framework that a control answers.

use sea_orm::entity::prelude::*;

/// An item of a framework that a control answers.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "control_mapping")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The control.
    pub control_id: i64,
    /// The framework with its version.
    #[sea_orm(column_type = "Text")]
    pub framework: String,
    /// The item in the framework's own words, as A.8.8.
    #[sea_orm(column_type = "Text")]
    pub item: String,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
