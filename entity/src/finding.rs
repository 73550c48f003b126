//! One observation by one source.

use sea_orm::entity::prelude::*;

use crate::level::Level;

/// One observation by one source.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "finding")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Where it was seen.
    pub scope_id: i64,
    /// Fingerprint scheme and version.
    #[sea_orm(column_type = "Text")]
    pub scheme: String,
    /// The fingerprint, in hexadecimal.
    #[sea_orm(column_type = "Text")]
    pub hash: String,
    /// Digest of what an update would change.
    #[sea_orm(column_type = "Text")]
    pub content_hash: String,
    /// The risk that it supports.
    pub risk_id: Option<i64>,
    /// Risk, kept, waiting, suppressed or put_aside: what became of it.
    #[sea_orm(column_type = "Text")]
    pub intake: String,
    /// The person who decided to keep it without a risk.
    pub decided_by: Option<i64>,
    /// The asset it is on.
    pub asset_id: Option<i64>,
    /// Vulnerability, misconfiguration, secret, licence, code, dynamic or detection.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// Severity as the tool gave it.
    pub severity: Level,
    /// The severity when its risk was dismissed last.
    pub judged_severity: Option<Level>,
    /// Whether the tool gave none.
    pub unknown_severity: bool,
    /// One line.
    #[sea_orm(column_type = "Text")]
    pub title: String,
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
    /// The record as the tool gave it, secrets masked.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    /// The import that first saw it.
    pub first_import_id: i64,
    /// The full import that first did not see it any more.
    pub missing_import_id: Option<i64>,
    /// The full import that confirmed that it is gone.
    pub lost_import_id: Option<i64>,
    /// When it was first seen.
    pub detected_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
