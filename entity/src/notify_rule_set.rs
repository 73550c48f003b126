//! Who has to be told of what class of data by when: a set of rules in versions.

use sea_orm::entity::prelude::*;

/// Who has to be told of what class of data by when: a set of rules in versions.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notify_rule_set")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Counts the sets.
    pub version: i32,
    /// The rules.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    /// Why it was changed.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// By whom.
    pub made_by: i64,
    /// When.
    pub made_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
