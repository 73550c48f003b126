//! A team that answers for assets and risks.

use sea_orm::entity::prelude::*;

/// A team that answers for assets and risks.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "team")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Short name used in commands and filters.
    #[sea_orm(column_type = "Text")]
    pub key: String,
    /// Name shown to people.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// The user who leads it.
    pub lead_id: Option<i64>,
    /// The calendar whose days and zone count for its risks, that of the organisation when none.
    #[sea_orm(column_type = "Text", nullable)]
    pub calendar: Option<String>,
    /// The policy for due dates that its risks start from, that of the organisation when none.
    #[sea_orm(column_type = "Text", nullable)]
    pub policy: Option<String>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
