//! Something that somebody did.

use sea_orm::entity::prelude::*;

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// When.
    pub recorded_at: DateTimeUtc,
    /// Who, none for the system.
    pub actor_id: Option<i64>,
    /// Api, page, slack, jira, import, timer or command.
    #[sea_orm(column_type = "Text")]
    pub via: String,
    /// What was done.
    #[sea_orm(column_type = "Text")]
    pub action: String,
    /// To what.
    #[sea_orm(column_type = "Text")]
    pub subject: String,
    /// Before, after, digests.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    /// The request it belongs to.
    #[sea_orm(column_type = "Text")]
    pub request_id: String,
    /// Where that request came from.
    #[sea_orm(column_type = "Text")]
    pub address: String,
    /// What acted for that person: `token-3`, `slack-U07ABC`; empty when nothing did.
    #[sea_orm(column_type = "Text")]
    pub agent: String,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
