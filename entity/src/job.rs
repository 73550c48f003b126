//! A piece of work that waits, runs, or was parked after too many failures. Done work leaves no row.

use sea_orm::entity::prelude::*;

/// A piece of work that waits, runs, or was parked after too many failures. Done work leaves no row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Which job.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// What it is about; one waiting job a kind and subject.
    #[sea_orm(column_type = "Text")]
    pub subject: String,
    /// Queued, running or parked.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// How often it was started.
    pub attempt: i32,
    /// Not before this moment.
    pub run_at: DateTimeUtc,
    /// The process that runs it.
    #[sea_orm(column_type = "Text", nullable)]
    pub holder: Option<String>,
    /// When others may take it over.
    pub leased_until: Option<DateTimeUtc>,
    /// What went wrong last.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem: Option<String>,
    /// When it was queued.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
