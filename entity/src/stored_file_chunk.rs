//! A part of a stored file.

use sea_orm::entity::prelude::*;

/// A part of a stored file.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stored_file_chunk")]
pub struct Model {
    /// The file.
    #[sea_orm(primary_key, auto_increment = false)]
    pub file_id: i64,
    /// Its number in the file.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ordinal: i32,
    /// The bytes.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub bytes: Vec<u8>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
