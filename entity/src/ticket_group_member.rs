//! A risk that is or was in a group.

use sea_orm::entity::prelude::*;

/// A risk that is or was in a group; never deleted.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_group_member")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The group.
    pub group_id: i64,
    /// The risk.
    pub risk_id: i64,
    /// When it came in.
    pub joined_at: DateTimeUtc,
    /// Who put it in, none where it came by itself.
    pub joined_by: Option<i64>,
    /// When it left.
    pub left_at: Option<DateTimeUtc>,
    /// Why.
    #[sea_orm(column_type = "Text", nullable)]
    pub left_because: Option<String>,
    /// When its fix last turned out not to hold.
    pub failed_at: Option<DateTimeUtc>,
    /// What was said then.
    #[sea_orm(column_type = "Text", nullable)]
    pub failed_because: Option<String>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
