//! An issue that carries our label and is linked to no ticket.

use sea_orm::entity::prelude::*;

/// An issue that carries our label and is linked to no ticket: a second one, a copy, or one from after a backup.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_stranger")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Where it is.
    pub connection_id: i64,
    /// JIRA's number.
    #[sea_orm(column_type = "Text")]
    pub issue_id: String,
    /// JIRA's key, as last read.
    #[sea_orm(column_type = "Text")]
    pub issue_key: String,
    /// Duplicate, orphan, newer_copy or unmarked.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// The ticket that its marker names.
    pub uuid: Option<Uuid>,
    /// That ticket, where we know it.
    pub ticket_id: Option<i64>,
    /// When it was found.
    pub found_at: DateTimeUtc,
    /// When it was one no longer.
    pub settled_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
