//! A word that a risk can be found by: a STRIDE category, a technique, a vulnerability.

use sea_orm::entity::prelude::*;

/// A word that a risk can be found by: a STRIDE category, a technique, a vulnerability.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "risk_tag")]
pub struct Model {
    /// The risk.
    #[sea_orm(primary_key, auto_increment = false)]
    pub risk_id: i64,
    /// Stride, technique, cve, cwe or package; kev and epss for what a feed raised.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub kind: String,
    /// The word.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub value: String,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
