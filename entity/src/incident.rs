//! A data breach that a person declared, or a drill of one. Its key is `I-` and the id.

use sea_orm::entity::prelude::*;

/// A data breach that a person declared, or a drill of one. Its key is `I-` and the id.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incident")]
pub struct Model {
    /// Number of its key, never used again.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Counts its changes.
    pub version: i32,
    /// What it is.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// One line.
    #[sea_orm(column_type = "Text")]
    pub title: String,
    /// What is known.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// Where it stands.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// When somebody became aware of it, from which legal clocks run.
    pub aware_at: DateTimeUtc,
    /// The IANA zone in which its days count.
    #[sea_orm(column_type = "Text")]
    pub zone: String,
    /// Whose it is.
    pub team_id: i64,
    /// The risk it was declared from.
    pub risk_id: Option<i64>,
    /// The finding it was declared from.
    pub finding_id: Option<i64>,
    /// The drill of a cadence.
    pub run_id: Option<i64>,
    /// Who said so.
    pub declared_by: i64,
    /// When.
    pub declared_at: DateTimeUtc,
    /// Through what.
    #[sea_orm(column_type = "Text")]
    pub via: String,
    /// The hour since then in which leaders were last told.
    pub told_hour: i32,
    /// Who took it on.
    pub acknowledged_by: Option<i64>,
    /// When.
    pub acknowledged_at: Option<DateTimeUtc>,
    /// When it could do no more harm.
    pub contained_at: Option<DateTimeUtc>,
    /// What happened and what was learned.
    #[sea_orm(column_type = "Text")]
    pub summary: String,
    /// Why nothing follows, where nothing does.
    #[sea_orm(column_type = "Text")]
    pub no_action_reason: String,
    /// Who closed it.
    pub closed_by: Option<i64>,
    /// When.
    pub closed_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
