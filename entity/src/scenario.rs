//! An attack story of a workshop.

use sea_orm::entity::prelude::*;

/// An attack story of a workshop.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "scenario")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Where it was told.
    pub workshop_id: i64,
    /// Its number in the workshop.
    #[sea_orm(column_type = "Text")]
    pub key: String,
    /// Name shown to people.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// What happens in it.
    #[sea_orm(column_type = "Text")]
    pub story: String,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
