//! When a timer last ran.

use sea_orm::entity::prelude::*;

/// When a timer last ran.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "timer")]
pub struct Model {
    /// Which timer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// When it last ran to its end.
    pub ran_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
