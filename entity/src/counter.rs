//! The next free number of a range that is handed out in blocks, so that set-based writes know their keys beforehand.

use sea_orm::entity::prelude::*;

/// The next free number of a range that is handed out in blocks, so that set-based writes know their keys beforehand.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "counter")]
pub struct Model {
    /// Name of the range.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The first number that nobody has.
    pub next: i64,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
