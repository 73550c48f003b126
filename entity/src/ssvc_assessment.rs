//! The answers to the questions of SSVC about a vulnerability; the one that holds.

use sea_orm::entity::prelude::*;

/// The answers to the questions of SSVC about a vulnerability; the one that holds.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ssvc_assessment")]
pub struct Model {
    /// The vulnerability.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub cve: String,
    /// None, poc or active.
    #[sea_orm(column_type = "Text")]
    pub exploitation: String,
    /// Whether an attack can be automated.
    pub automatable: bool,
    /// Whether an attack takes over everything.
    pub total_impact: bool,
    /// When it was judged.
    pub assessed_at: Option<DateTimeUtc>,
    /// A published record, or a person here.
    #[sea_orm(column_type = "Text")]
    pub source: String,
    /// Who wrote it down, none for a command.
    pub actor_id: Option<i64>,
    /// Why, in that person's words.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// When it was written down.
    pub recorded_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
