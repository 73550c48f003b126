//! A public catalogue: the copy in use, and how the last attempt to get a newer one went.

use sea_orm::entity::prelude::*;

/// A public catalogue: the copy in use, and how the last attempt to get a newer one went.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "feed")]
pub struct Model {
    /// Kev or epss.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub name: String,
    /// Where the copy in use came from.
    #[sea_orm(column_type = "Text")]
    pub address: String,
    /// The last attempt.
    pub tried_at: DateTimeUtc,
    /// When the copy in use was last found to be the newest.
    pub fetched_at: Option<DateTimeUtc>,
    /// When its publisher made it.
    pub content_at: Option<DateTimeUtc>,
    /// What its publisher calls it.
    #[sea_orm(column_type = "Text")]
    pub version: String,
    /// What the server calls it.
    #[sea_orm(column_type = "Text")]
    pub etag: String,
    /// Digest of its bytes, in hexadecimal.
    #[sea_orm(column_type = "Text")]
    pub sha256: String,
    /// How many entries it has.
    pub row_count: i64,
    /// Counts copies.
    pub generation: i64,
    /// Why the last attempt failed.
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
