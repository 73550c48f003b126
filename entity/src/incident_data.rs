//! What data of whom is concerned.

use sea_orm::entity::prelude::*;

/// What data of whom is concerned.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incident_data")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The incident.
    pub incident_id: i64,
    /// A class of the table of data classes.
    #[sea_orm(column_type = "Text")]
    pub data_class: String,
    /// Customers, employees, patients or others.
    #[sea_orm(column_type = "Text")]
    pub subjects: String,
    /// How many, as far as is known.
    pub people_count: Option<i64>,
    /// What else is known.
    #[sea_orm(column_type = "Text")]
    pub note: String,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
