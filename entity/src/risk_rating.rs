//! A rating of a risk as it was given once. The newest of a kind is the one that holds.

use sea_orm::entity::prelude::*;

use crate::level::Level;

/// A rating of a risk as it was given once. The newest of a kind is the one that holds.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "risk_rating")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The risk.
    pub risk_id: i64,
    /// The risk's version that it came with.
    pub version: i32,
    /// Inherent, current or target.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// On the scale of its grid.
    pub likelihood: i16,
    /// On the scale of its grid.
    pub impact: i16,
    /// What both make on the grid.
    pub level: Level,
    /// The grid version that the level was read from.
    pub grid_id: i64,
    /// The reasons, one sentence each.
    #[sea_orm(column_type = "JsonBinary")]
    pub because: Json,
    /// What it was read from.
    #[sea_orm(column_type = "JsonBinary")]
    pub inputs: Json,
    /// Person, scanner, feed, workshop, asset, rule or grid.
    #[sea_orm(column_type = "Text")]
    pub source: String,
    /// Who gave it, none for the system.
    pub actor_id: Option<i64>,
    /// Why, in that person's words.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// When.
    pub made_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
