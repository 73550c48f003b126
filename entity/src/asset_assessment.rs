//! A rating of an asset before controls. Rows are never changed; the newest one counts.

use sea_orm::entity::prelude::*;

use crate::level::Level;

/// A rating of an asset before controls. Rows are never changed; the newest one counts.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "asset_assessment")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What was rated.
    pub asset_id: i64,
    /// 1 to 5.
    pub likelihood: i16,
    /// 1 to 5.
    pub impact: i16,
    /// What both make on the grid.
    pub level: Level,
    /// The grid version the level was read from.
    pub grid_id: i64,
    /// Why, in the assessor's words.
    #[sea_orm(column_type = "Text")]
    pub rationale: String,
    /// Who judged, by name.
    #[sea_orm(column_type = "Text")]
    pub assessor: String,
    /// Who wrote it down, none for a command.
    pub actor_id: Option<i64>,
    /// The day of the judgement.
    pub assessed_on: Date,
    /// When it was written down.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
