//! Who was told what, when and how, and what else was done. Rows are never changed.

use sea_orm::entity::prelude::*;

/// Who was told what, when and how, and what else was done. Rows are never changed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incident_entry")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The incident.
    pub incident_id: i64,
    /// When it happened.
    pub at: DateTimeUtc,
    /// When it was written.
    pub recorded_at: DateTimeUtc,
    /// Who wrote it, none for the system.
    pub actor_id: Option<i64>,
    /// Through what.
    #[sea_orm(column_type = "Text")]
    pub via: String,
    /// Declared, data, told, duty, ladder, acknowledged, contained, action, note, changed or closed.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// Who was told.
    #[sea_orm(column_type = "Text")]
    pub who: String,
    /// How.
    #[sea_orm(column_type = "Text")]
    pub how: String,
    /// What.
    #[sea_orm(column_type = "Text")]
    pub text: String,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
