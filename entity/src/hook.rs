//! An address of ours that another system calls.

use sea_orm::entity::prelude::*;

/// An address of ours that another system calls.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hook")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// aws, datadog or generic.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// The source that its reports come from.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Key of the asset that they are about, unless they name another.
    #[sea_orm(column_type = "Text", nullable)]
    pub asset: Option<String>,
    /// auto, or the name of a format.
    #[sea_orm(column_type = "Text")]
    pub format: String,
    /// The SNS topic that may send.
    #[sea_orm(column_type = "Text", nullable)]
    pub topic: Option<String>,
    /// Another one makes another secret.
    #[sea_orm(column_type = "Text")]
    pub salt: String,
    /// Nothing is taken while not set.
    pub enabled: bool,
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
