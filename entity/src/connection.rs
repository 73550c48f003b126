//! A JIRA site and project that tickets are kept in.

use sea_orm::entity::prelude::*;

/// A JIRA site and project that tickets are kept in.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "connection")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Name shown to people and used in addresses.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Cloud or data_center.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// Where its API is.
    #[sea_orm(column_type = "Text")]
    pub api_url: String,
    /// Where people open a ticket.
    #[sea_orm(column_type = "Text")]
    pub browse_url: String,
    /// Project key.
    #[sea_orm(column_type = "Text")]
    pub project: String,
    /// Issue type of new tickets.
    #[sea_orm(column_type = "Text")]
    pub issue_type: String,
    /// Our own account there, once known.
    #[sea_orm(column_type = "Text", nullable)]
    pub account: Option<String>,
    /// Nothing is sent or read while set.
    pub paused: bool,
    /// What is wrong with it.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem: Option<String>,
    /// Nothing is sent before this moment.
    pub retry_at: Option<DateTimeUtc>,
    /// Calls that failed in a row.
    pub failures: i32,
    /// Changes up to here have been read.
    pub polled_until: Option<DateTimeUtc>,
    /// When all tickets were last read.
    pub full_pass_at: Option<DateTimeUtc>,
    /// The last ticket that a pass under way has read.
    pub full_pass_after: Option<i64>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
