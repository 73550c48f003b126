//! A threat of a model as its file told it last; what people changed since stands in the risk alone.

use sea_orm::entity::prelude::*;

/// A threat of a model as its file told it last; what people changed since stands in the risk alone.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "model_threat")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Title of the workshop or model.
    #[sea_orm(column_type = "Text")]
    pub model: String,
    /// The model's own id.
    #[sea_orm(column_type = "Text")]
    pub external_id: String,
    /// The risk that it is here.
    pub risk_id: i64,
    /// What the file said.
    #[sea_orm(column_type = "JsonBinary")]
    pub content: Json,
    /// The import that no longer had it.
    pub gone_since: Option<i64>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
