//! How reports name an asset.

use sea_orm::entity::prelude::*;

/// How reports name an asset.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "asset_matcher")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The asset it finds.
    pub asset_id: i64,
    /// Arn, repository, image, purl, host or name.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// The value in lower case; `*` stands for any run of characters.
    #[sea_orm(column_type = "Text")]
    pub pattern: String,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
