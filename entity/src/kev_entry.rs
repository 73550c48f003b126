//! A vulnerability that is known to be exploited.

use sea_orm::entity::prelude::*;

/// A vulnerability that is known to be exploited.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "kev_entry")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub cve: String,
    /// Who makes the product.
    #[sea_orm(column_type = "Text")]
    pub vendor: String,
    /// The product.
    #[sea_orm(column_type = "Text")]
    pub product: String,
    /// What it is called.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Since when it is listed.
    pub added_on: Date,
    /// By when United States agencies had to act.
    pub due_on: Option<Date>,
    /// Whether ransomware is known to use it.
    pub ransomware: bool,
    /// The copy of the catalogue that has it.
    pub generation: i64,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
