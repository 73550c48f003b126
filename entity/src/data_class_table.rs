//! A version of the table from classes of data to policies for due dates; never changed once made.

use sea_orm::entity::prelude::*;

/// A version of the table from classes of data to policies for due dates; never changed once made.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "data_class_table")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Which version.
    pub version: i32,
    /// The policy that each class asks for.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    /// Who made it.
    pub actor_id: Option<i64>,
    /// When this version was made.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
