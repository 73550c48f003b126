//! Something that happened to a risk. Rows are never changed; the risk's dates are replayed from them.

use sea_orm::entity::prelude::*;

use crate::lifecycle::State;

/// Something that happened to a risk. Rows are never changed; the risk's dates are replayed from them.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "risk_event")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The risk.
    pub risk_id: i64,
    /// The risk's version after it.
    pub version: i32,
    /// Created, edited, commented, evidence_added, or the event of the lifecycle.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// The row of the lifecycle table, T01 to T27.
    #[sea_orm(column_type = "Text", nullable)]
    pub transition: Option<String>,
    /// The state before.
    pub from_state: Option<State>,
    /// The state after.
    pub to_state: Option<State>,
    /// When it took effect.
    pub effective_at: DateTimeUtc,
    /// When it was written.
    pub recorded_at: DateTimeUtc,
    /// Who did it, none for the system.
    pub actor_id: Option<i64>,
    /// Api, page, slack, jira, import, scheduler or command.
    #[sea_orm(column_type = "Text")]
    pub via: String,
    /// Why, in that person's words.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// The inputs used: policy, calendar and grid versions, zone, changed fields.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
