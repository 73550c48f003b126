//! A setting of the organisation, made with the database or changed by an administrator.

use sea_orm::entity::prelude::*;

/// A setting of the organisation, made with the database or changed by an administrator.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "setting")]
pub struct Model {
    /// Name of the setting: instance, epoch, zone.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Its value, as text.
    #[sea_orm(column_type = "Text")]
    pub value: String,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
