//! A version of the rules that say which risks get a ticket; never changed once made.

use sea_orm::entity::prelude::*;

/// A version of the rules that say which risks get a ticket; never changed once made.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_rule_set")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Which version.
    pub version: i32,
    /// Which risks get a ticket and where; the first rule that fits decides.
    #[sea_orm(column_type = "JsonBinary")]
    pub rules: Json,
    /// Most tickets that a team gets in a day; none for any number.
    pub daily_cap: Option<i32>,
    /// Why this version was made.
    #[sea_orm(column_type = "Text")]
    pub note: String,
    /// Who made it, none for the first one.
    pub made_by: Option<i64>,
    /// When this version was made.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
