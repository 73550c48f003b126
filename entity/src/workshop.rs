//! A threat-modelling session; a draft until a triager signs it off.

use sea_orm::entity::prelude::*;

/// A threat-modelling session; a draft until a triager signs it off.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "workshop")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What it was called.
    #[sea_orm(column_type = "Text")]
    pub title: String,
    /// The local day it was held on.
    pub held_on: Date,
    /// The IANA zone of that day.
    #[sea_orm(column_type = "Text")]
    pub zone: String,
    /// How long it took.
    pub duration_minutes: Option<i32>,
    /// Threat, system or asset centric.
    #[sea_orm(column_type = "Text")]
    pub approach: String,
    /// Who took part.
    #[sea_orm(column_type = "JsonBinary")]
    pub attendees: Json,
    /// How they worked.
    #[sea_orm(column_type = "JsonBinary")]
    pub methods: Json,
    /// The ATT&CK version its techniques are of.
    #[sea_orm(column_type = "Text")]
    pub attack_version: String,
    /// Risks by level as the workshop stated them.
    #[sea_orm(column_type = "JsonBinary")]
    pub stated_summary: Json,
    /// Risks by level as they were counted.
    #[sea_orm(column_type = "JsonBinary")]
    pub counted_summary: Json,
    /// Draft or signed_off.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Why the stated summary differs from the counted one.
    #[sea_orm(column_type = "Text", nullable)]
    pub mismatch_reason: Option<String>,
    /// Who signed it off.
    pub signed_off_by: Option<i64>,
    /// When.
    pub signed_off_at: Option<DateTimeUtc>,
    /// The import it came from.
    pub import_id: Option<i64>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
