//! A version of what a connection's tickets say; never changed once made.

use sea_orm::entity::prelude::*;

/// A version of what a connection's tickets say; never changed once made.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_mapping")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose tickets.
    pub connection_id: i64,
    /// Which version; the newest is in force.
    pub version: i32,
    /// Which value goes into which field.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    /// Why this version was made.
    #[sea_orm(column_type = "Text")]
    pub note: String,
    /// Who made it.
    pub made_by: Option<i64>,
    /// When this version was made.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
