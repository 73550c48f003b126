//! What a report has to say for a finding to belong to a risk.

use sea_orm::entity::prelude::*;

/// What a report has to say for a finding to belong to a risk.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "risk_identity")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// On which asset.
    pub asset_id: i64,
    /// Fingerprint scheme and version.
    #[sea_orm(column_type = "Text")]
    pub scheme: String,
    /// The fingerprint, in hexadecimal.
    #[sea_orm(column_type = "Text")]
    pub hash: String,
    /// The risk it leads to.
    pub risk_id: i64,
    /// Why the two are the same, in words.
    #[sea_orm(column_type = "Text")]
    pub because: String,
    /// The person who decided so, none for a rule.
    pub made_by: Option<i64>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
