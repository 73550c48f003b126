//! An account of Datadog whose security signals are read.

use sea_orm::entity::prelude::*;

/// An account of Datadog whose security signals are read.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "datadog_connection")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What its keys are sealed for.
    pub uuid: Uuid,
    /// The source that its signals come under.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// One of Datadog's sites, or an address of the settings.
    #[sea_orm(column_type = "Text")]
    pub site: String,
    /// Both keys, sealed.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub keys: Vec<u8>,
    /// Key of the asset that signals are about, unless they name another.
    #[sea_orm(column_type = "Text", nullable)]
    pub asset: Option<String>,
    /// In Datadog's search language, empty for all signals.
    #[sea_orm(column_type = "Text")]
    pub query: String,
    /// Time between two looks.
    pub interval_minutes: i32,
    /// Whether signals are told how they were triaged here.
    pub write_back: bool,
    /// Nothing is read or told while not set.
    pub enabled: bool,
    /// Up to where signals were read.
    #[sea_orm(column_type = "JsonBinary")]
    pub position: Json,
    /// When to look next.
    pub next_at: DateTimeUtc,
    /// When the last look ended well.
    pub pulled_at: Option<DateTimeUtc>,
    /// What is wrong with it.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem: Option<String>,
    /// Who made it.
    pub created_by: Option<i64>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// Set once nobody wants it any more.
    pub removed_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
