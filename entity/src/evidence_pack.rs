//! A pack of evidence for those who audit.

use sea_orm::entity::prelude::*;

/// A pack of evidence for those who audit.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence_pack")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The first day of the period, in the organisation's zone.
    pub from_on: Date,
    /// Its last day.
    pub to_on: Date,
    /// The day that the register is shown of; the last one of the period when none.
    pub as_of_on: Option<Date>,
    /// The team that it is about; none for all.
    pub team_id: Option<i64>,
    /// Whether the files of evidence are inside.
    pub with_files: bool,
    /// Wanted, made or failed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Why it could not be made.
    #[sea_orm(column_type = "Text")]
    pub problem: String,
    /// The file.
    pub file_id: Option<i64>,
    /// Digest of its bytes, in hexadecimal.
    #[sea_orm(column_type = "Text")]
    pub sha256: String,
    /// Its length in bytes.
    pub size: i64,
    /// What is in it.
    #[sea_orm(column_type = "JsonBinary")]
    pub manifest: Json,
    /// Who asked.
    pub asked_by: i64,
    /// When.
    pub created_at: DateTimeUtc,
    /// When it was made.
    pub made_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
