//! A signal of Datadog that was read, and what it was told.

use sea_orm::entity::prelude::*;

/// A signal of Datadog that was read, and what it was told.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "datadog_signal")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// From where.
    pub connection_id: i64,
    /// Datadog's id.
    #[sea_orm(column_type = "Text")]
    pub signal: String,
    /// Equal while it tells the same.
    #[sea_orm(column_type = "Text")]
    pub digest: String,
    /// Where its finding is.
    pub scope_id: Option<i64>,
    /// Fingerprint scheme of its finding, empty when it has none.
    #[sea_orm(column_type = "Text")]
    pub scheme: String,
    /// The fingerprint.
    #[sea_orm(column_type = "Text")]
    pub hash: String,
    /// Its triage as it was seen or told last.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// The risk whose decisions were looked at last.
    pub judged_risk: Option<i64>,
    /// And which version of it.
    pub judged_version: Option<i32>,
    /// The last decision that was dealt with.
    #[sea_orm(column_type = "Text", nullable)]
    pub decision: Option<String>,
    /// A decision that is being told, and may have arrived.
    #[sea_orm(column_type = "Text", nullable)]
    pub telling: Option<String>,
    /// What came of it: told, same, left, gone or refused.
    #[sea_orm(column_type = "Text", nullable)]
    pub outcome: Option<String>,
    /// When that was.
    pub told_at: Option<DateTimeUtc>,
    /// When it was read last.
    pub seen_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
