//! A JIRA site and project that tickets are kept in.

use sea_orm::entity::prelude::*;

/// A JIRA site and project that tickets are kept in.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "connection")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What its secrets are sealed for.
    pub uuid: Uuid,
    /// Name shown to people.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Settings, or application when somebody made it there.
    #[sea_orm(column_type = "Text")]
    pub origin: String,
    /// Cloud or data_center.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// Where its API is.
    #[sea_orm(column_type = "Text")]
    pub api_url: String,
    /// Where people open a ticket.
    #[sea_orm(column_type = "Text")]
    pub browse_url: String,
    /// Account, token and webhook secret, sealed; none where the settings hold them.
    pub secrets: Option<Vec<u8>>,
    /// Project key.
    #[sea_orm(column_type = "Text")]
    pub project: String,
    /// Issue type of new tickets.
    #[sea_orm(column_type = "Text")]
    pub issue_type: String,
    /// Longest text that it takes, in characters.
    pub text_limit: i32,
    /// How often changes are asked for.
    pub poll_seconds: i32,
    /// How long wishes for tickets are gathered.
    pub gather_seconds: i32,
    /// Last day of the token, where somebody told us.
    pub token_expires_on: Option<Date>,
    /// Our own account there, once known.
    #[sea_orm(column_type = "Text", nullable)]
    pub account: Option<String>,
    /// Nothing is sent or read while set.
    pub paused: bool,
    /// `by_hand`; anything else until somebody has looked.
    #[sea_orm(column_type = "Text", nullable)]
    pub paused_because: Option<String>,
    /// What is wrong with it.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem: Option<String>,
    /// Credentials, limit, down or project.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem_kind: Option<String>,
    /// Since when.
    pub problem_since: Option<DateTimeUtc>,
    /// The problem that people were told of, by its beginning.
    pub told_since: Option<DateTimeUtc>,
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
    /// What the last test found.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub checked: Option<Json>,
    /// When that was.
    pub checked_at: Option<DateTimeUtc>,
    /// Who made it.
    pub created_by: Option<i64>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// Set once nobody wants it any more.
    pub removed_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
