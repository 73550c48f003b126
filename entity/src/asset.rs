//! What is at risk.

use sea_orm::entity::prelude::*;

use crate::tier::Tier;

/// What is at risk.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "asset")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Counts its edits; an edit names the version it saw.
    pub version: i32,
    /// Short name used in commands and files.
    #[sea_orm(column_type = "Text")]
    pub key: String,
    /// Name shown to people.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// What it is for.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// Application, service, data_store, cloud_account, pipeline, identity, other.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// How much depends on it.
    pub tier: Tier,
    /// Classes of data it holds, separated by blanks.
    #[sea_orm(column_type = "Text")]
    pub data_classes: String,
    /// Whether strangers can reach it.
    pub internet_facing: bool,
    /// Production, staging, testing, development, shared, or nothing when nobody said.
    #[sea_orm(column_type = "Text")]
    pub environment: String,
    /// 1 to 5.
    pub confidentiality: Option<i16>,
    /// 1 to 5.
    pub integrity: Option<i16>,
    /// 1 to 5.
    pub availability: Option<i16>,
    /// Who answers for it.
    pub team_id: i64,
    /// The person who answers for it.
    pub owner_id: Option<i64>,
    /// Us, provider or shared.
    #[sea_orm(column_type = "Text")]
    pub responsible_party: String,
    /// Words to find it by, separated by blanks.
    #[sea_orm(column_type = "Text")]
    pub tags: String,
    /// How long it is expected to live without being seen, for what comes and goes.
    pub lifetime_days: Option<i32>,
    /// When a report last found it.
    pub last_seen_at: Option<DateTimeUtc>,
    /// Unreviewed until a person has looked at it, then reviewed.
    #[sea_orm(column_type = "Text")]
    pub review_state: String,
    /// When it was taken out of service.
    pub retired_at: Option<DateTimeUtc>,
    /// Who did that, none when it had not been seen for its lifetime.
    pub retired_by_id: Option<i64>,
    /// The asset that took its place, when it turned out to be the same.
    pub merged_into_id: Option<i64>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was last changed.
    pub updated_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
