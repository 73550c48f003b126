//! A role that a user holds, in one team or in all.

use sea_orm::entity::prelude::*;

/// A role that a user holds, in one team or in all.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "user_role")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Who holds it.
    pub user_id: i64,
    /// The role.
    #[sea_orm(column_type = "Text")]
    pub role: String,
    /// The team it is held in, 0 for all.
    pub team_id: i64,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
