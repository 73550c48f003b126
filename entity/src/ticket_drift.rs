//! A value that somebody gave to a field of a ticket, and which side won.

use sea_orm::entity::prelude::*;

/// A value that somebody gave to a field on one side, against that field's owner or by it.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_drift")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The ticket.
    pub ticket_id: i64,
    /// The field.
    #[sea_orm(column_type = "Text")]
    pub field: String,
    /// What Abate said.
    #[sea_orm(column_type = "Text")]
    pub ours: String,
    /// What JIRA said.
    #[sea_orm(column_type = "Text")]
    pub theirs: String,
    /// Abate or jira.
    #[sea_orm(column_type = "Text")]
    pub winner: String,
    /// Why.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// The entry of JIRA's history, or the stamp of the issue.
    #[sea_orm(column_type = "Text")]
    pub change_id: String,
    /// The account that changed it, where JIRA names one.
    #[sea_orm(column_type = "Text", nullable)]
    pub by_account: Option<String>,
    /// When it was seen.
    pub seen_at: DateTimeUtc,
    /// When both sides said the same again.
    pub settled_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
