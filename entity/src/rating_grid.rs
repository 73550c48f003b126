//! A version of a rating grid; never changed once made.

use sea_orm::entity::prelude::*;

/// A version of a rating grid; never changed once made.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rating_grid")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Which grid.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Which version of it.
    pub version: i32,
    /// The cells and how they map to the four levels.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    /// When this version was made.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
