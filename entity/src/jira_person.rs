//! The account of a person at a site, as a search by address found it.

use sea_orm::entity::prelude::*;

/// The account of a person at a site, as a search by address found it.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "jira_person")]
pub struct Model {
    /// At which site.
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    /// The account; none where the search found nobody.
    #[sea_orm(column_type = "Text", nullable)]
    pub account: Option<String>,
    /// When it was searched for.
    pub asked_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
