//! The unit of work in JIRA, with a small state machine of its own.

use sea_orm::entity::prelude::*;

/// The unit of work in JIRA, with a small state machine of its own.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Where it is.
    pub connection_id: i64,
    /// What it is about: `r-` and the risk's number, or `g-` and the group's.
    #[sea_orm(column_type = "Text")]
    pub subject: String,
    /// The risk, where it is about one.
    pub risk_id: Option<i64>,
    /// The group of risks, where it is about one.
    pub group_id: Option<i64>,
    /// The group whose ticket stands for that of the risk.
    pub superseded_by: Option<i64>,
    /// What it is recognised by.
    pub uuid: Uuid,
    /// Held, wanted, creating, linked, unknown, quarantined or cancelled.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// How often a create was tried.
    pub attempt: i32,
    /// The worker that is creating it.
    #[sea_orm(column_type = "Text", nullable)]
    pub claimed_by: Option<String>,
    /// The account that a create was last tried with.
    #[sea_orm(column_type = "Text", nullable)]
    pub created_as: Option<String>,
    /// Not before this moment.
    pub next_try_at: DateTimeUtc,
    /// Since when the outcome of a create is not known.
    pub unknown_since: Option<DateTimeUtc>,
    /// JIRA's number.
    #[sea_orm(column_type = "Text", nullable)]
    pub issue_id: Option<String>,
    /// JIRA's key, which can change.
    #[sea_orm(column_type = "Text", nullable)]
    pub issue_key: Option<String>,
    /// JIRA's status, as last read.
    #[sea_orm(column_type = "Text")]
    pub status_name: String,
    /// New, indeterminate or done, as last read.
    #[sea_orm(column_type = "Text")]
    pub status_category: String,
    /// Who works on it, as last read.
    #[sea_orm(column_type = "Text", nullable)]
    pub jira_assignee: Option<String>,
    /// The risk's version that JIRA was last told.
    pub pushed_version: i32,
    /// The field values that JIRA was last told.
    #[sea_orm(column_type = "JsonBinary")]
    pub pushed: Json,
    /// JIRA's stamp of the last change we know.
    #[sea_orm(column_type = "Text")]
    pub remote_updated: String,
    /// Deleted, or hidden from us.
    pub broken: bool,
    /// What went wrong last.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem: Option<String>,
    /// When both sides were last seen equal.
    pub synced_at: Option<DateTimeUtc>,
    /// When a linked ticket is looked at again by itself.
    pub sync_at: Option<DateTimeUtc>,
    /// How often making it true failed in a row.
    pub failures: i32,
    /// When it counted towards the tickets of its team's day.
    pub released_at: Option<DateTimeUtc>,
    /// When it was wanted.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
