//! Risks of one team that one change mends.

use sea_orm::entity::prelude::*;

/// Risks of one team that one change mends.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_group")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What its ticket is recognised by.
    pub uuid: Uuid,
    /// How often it changed.
    pub version: i32,
    /// Library, rule or hand: what its risks have in common.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// What a risk has to have to join by itself; unlike any other where nothing does.
    #[sea_orm(column_type = "Text")]
    pub match_key: String,
    /// One line.
    #[sea_orm(column_type = "Text")]
    pub title: String,
    /// Whose risks they are.
    pub team_id: i64,
    /// The asset of a library or of a rule.
    pub asset_id: Option<i64>,
    /// Open or closed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Who made it.
    pub made_by: Option<i64>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was closed.
    pub closed_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
