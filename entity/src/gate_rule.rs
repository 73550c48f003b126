//! What the gate looks at on assets of one tier.

use sea_orm::entity::prelude::*;

use crate::tier::Tier;

/// What the gate looks at on assets of one tier.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "gate_rule")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The tier of the asset.
    pub tier: Tier,
    /// `late`, `kev`, `introduced`, `full_scan` or `reviewed`.
    #[sea_orm(column_type = "Text")]
    pub check_kind: String,
    /// The lowest level that counts, or days; nothing for the others.
    pub threshold: i16,
    /// Whether it is looked at.
    pub active: bool,
    /// Counts its changes.
    pub version: i32,
    /// Who changed it last, none while it is as it was made.
    pub updated_by: Option<i64>,
    /// When.
    pub updated_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
