//! What a stored file belongs to.

use sea_orm::entity::prelude::*;

/// What a stored file belongs to. One that belongs to nothing is thrown away after a day.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "file_use")]
pub struct Model {
    /// The file.
    #[sea_orm(primary_key, auto_increment = false)]
    pub file_id: i64,
    /// What it belongs to, as `R-12` or `import-7`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub subject: String,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
