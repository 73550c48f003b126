//! Counts at the end of a day, by team, level and state.

use sea_orm::entity::prelude::*;

use crate::level::Level;
use crate::lifecycle::State;

/// Counts at the end of a day, by team, level and state.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "posture_snapshot")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The local day.
    pub day: Date,
    /// The team.
    pub team_id: i64,
    /// The level.
    pub level: Level,
    /// The state.
    pub state: State,
    /// How many.
    pub risks: i64,
    /// How many of them were past their due date.
    pub late: i64,
    /// Sum of their scores.
    pub exposure: i64,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
