//! A version of a policy for due dates; never changed once made.

use sea_orm::entity::prelude::*;

/// A version of a policy for due dates; never changed once made.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sla_policy")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Which policy.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Which version of it.
    pub version: i32,
    /// Days and hours by level, and the basis they are counted in.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    /// When this version was made.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
