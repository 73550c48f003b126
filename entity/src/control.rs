//! A measure that mitigates risks.

use sea_orm::entity::prelude::*;

/// A measure that mitigates risks.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
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
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
