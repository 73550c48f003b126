//! How likely a vulnerability is to be exploited.

use sea_orm::entity::prelude::*;

/// How likely a vulnerability is to be exploited.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "epss_score")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub cve: String,
    /// Probability within 30 days, 0 to 1.
    #[sea_orm(column_type = "Double")]
    pub score: f64,
    /// Share of vulnerabilities that score at most as high, 0 to 1.
    #[sea_orm(column_type = "Double")]
    pub percentile: f64,
    /// The copy of the table that has it.
    pub generation: i64,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
