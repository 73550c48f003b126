//! Who reports.

use sea_orm::entity::prelude::*;

/// Who reports.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "source")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Name shown to people and used in commands.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// The format of its reports.
    #[sea_orm(column_type = "Text")]
    pub format: String,
    /// Whether its files are kept, encrypted.
    pub keep_files: bool,
    /// Days without a full scan until it counts as silent, the usual number when none.
    pub silent_after_days: Option<i32>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
