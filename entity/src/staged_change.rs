//! A change that an import means to make. Rows go when the import is applied.

use sea_orm::entity::prelude::*;

use crate::level::Level;

/// A change that an import means to make. Rows go when the import is applied.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "staged_change")]
pub struct Model {
    /// The import.
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: i64,
    /// Its number in the import.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ordinal: i64,
    /// Create, attach, keep, wait, suppress, update, return, miss or vanish.
    #[sea_orm(column_type = "Text")]
    pub action: String,
    /// The risk that it makes or changes.
    pub risk_id: Option<i64>,
    /// The version of that risk that was seen.
    pub risk_version: Option<i32>,
    /// Identity of a new risk.
    pub risk_uuid: Option<Uuid>,
    /// The finding that it makes or changes.
    pub finding_id: Option<i64>,
    /// The asset that the finding is on.
    pub asset_id: Option<i64>,
    /// Fingerprint scheme and version.
    #[sea_orm(column_type = "Text")]
    pub scheme: String,
    /// The fingerprint, in hexadecimal.
    #[sea_orm(column_type = "Text")]
    pub hash: String,
    /// Digest of what an update would change.
    #[sea_orm(column_type = "Text")]
    pub content_hash: String,
    /// Kind of finding.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// Severity as the tool gave it.
    pub severity: Level,
    /// Whether the tool gave none.
    pub unknown_severity: bool,
    /// The level of a new risk.
    pub level: Level,
    /// Likelihood of a new risk.
    pub likelihood: Option<i16>,
    /// Impact of a new risk.
    pub impact: Option<i16>,
    /// One line.
    #[sea_orm(column_type = "Text")]
    pub title: String,
    /// What is wrong.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// What to do about it.
    #[sea_orm(column_type = "Text")]
    pub mitigation: String,
    /// Path and line, or resource.
    #[sea_orm(column_type = "Text")]
    pub location: String,
    /// The rule or vulnerability that was matched.
    #[sea_orm(column_type = "Text")]
    pub rule: String,
    /// Package name.
    #[sea_orm(column_type = "Text")]
    pub package: String,
    /// Installed version.
    #[sea_orm(column_type = "Text")]
    pub package_version: String,
    /// Version that mends it.
    #[sea_orm(column_type = "Text")]
    pub fixed_version: String,
    /// Words to find the risk by, as pairs of kind and value.
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Json,
    /// Whether its text must not travel.
    pub confidential: bool,
    /// The record as the tool gave it, secrets masked.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    /// Triage due date of a new risk.
    pub triage_due_at: Option<DateTimeUtc>,
    /// Start of the remediation clock of a new risk.
    pub sla_start_at: Option<DateTimeUtc>,
    /// Name of the rule that decided, empty when none had to.
    #[sea_orm(column_type = "Text")]
    pub intake_rule: String,
    /// Whether that rule confirms the new risk.
    pub confirm: bool,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
