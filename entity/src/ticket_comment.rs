//! A comment that travels between a risk and its ticket.

use sea_orm::entity::prelude::*;

/// A comment that travels to JIRA or came from there.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_comment")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The ticket.
    pub ticket_id: i64,
    /// Out or in.
    #[sea_orm(column_type = "Text")]
    pub direction: String,
    /// The comment on the risk.
    pub risk_comment_id: Option<i64>,
    /// What a remark of Abate's own is about.
    #[sea_orm(column_type = "Text", nullable)]
    pub note_key: Option<String>,
    /// The comment in JIRA, once known.
    #[sea_orm(column_type = "Text", nullable)]
    pub remote_id: Option<String>,
    /// What it says.
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// Wanted, trying, done or refused.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// When it was wanted, or came.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
