//! A person, or an integration that acts under its own name.

use sea_orm::entity::prelude::*;

/// A person, or an integration that acts under its own name.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "app_user")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Address, in lower case.
    #[sea_orm(column_type = "Text")]
    pub email: String,
    /// Name shown to people.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Argon2id, absent for those who cannot sign in with a password.
    #[sea_orm(column_type = "Text", nullable)]
    pub password_hash: Option<String>,
    /// False once somebody has left.
    pub active: bool,
    /// The Slack user this person is bound to.
    #[sea_orm(column_type = "Text", nullable)]
    pub slack_user: Option<String>,
    /// The JIRA account this person is bound to.
    #[sea_orm(column_type = "Text", nullable)]
    pub jira_account: Option<String>,
    /// The IANA zone this person works in, the organisation's when none.
    #[sea_orm(column_type = "Text", nullable)]
    pub zone: Option<String>,
    /// Local time from which nothing is sent until the morning, as `18:00`.
    #[sea_orm(column_type = "Text")]
    pub quiet_from: String,
    /// Local time from which messages are sent again, as `08:00`.
    #[sea_orm(column_type = "Text")]
    pub quiet_to: String,
    /// When somebody left.
    pub left_at: Option<DateTimeUtc>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
