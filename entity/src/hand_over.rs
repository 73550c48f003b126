//! The work of somebody goes to others.

use sea_orm::entity::prelude::*;

/// The work of somebody goes to others.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hand_over")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose work.
    pub user_id: i64,
    /// To whom, none for whoever stands in for each risk.
    pub to_user_id: Option<i64>,
    /// Wanted, done, or stopped when they came back.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// The number of the last risk that was looked at.
    pub position: i64,
    /// How many risks each new owner got, by their number.
    #[sea_orm(column_type = "JsonBinary")]
    pub counts: Json,
    /// Who asked for it, none for the system.
    pub asked_by: Option<i64>,
    /// When.
    pub created_at: DateTimeUtc,
    /// When it was done.
    pub done_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
