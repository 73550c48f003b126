//! A remark on a risk, in Markdown.

use sea_orm::entity::prelude::*;

/// A remark on a risk, in Markdown.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "risk_comment")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The risk.
    pub risk_id: i64,
    /// Who wrote it, none for the system.
    pub author_id: Option<i64>,
    /// Where it was written.
    #[sea_orm(column_type = "Text")]
    pub via: String,
    /// What it says.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// When.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
