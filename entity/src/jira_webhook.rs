//! How the webhooks stand that a connection with an app registers by itself.

use sea_orm::entity::prelude::*;

/// How the webhooks stand that a connection with an app registers by itself.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jira_webhook")]
pub struct Model {
    /// Of which connection.
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    /// When they end; none where there are none.
    pub ends_at: Option<DateTimeUtc>,
    /// When they are looked at again.
    pub look_at: DateTimeUtc,
    /// Why there are none.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem: Option<String>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
