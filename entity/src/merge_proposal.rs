//! Two risks that an alias learned later shows to be one.

use sea_orm::entity::prelude::*;

/// Two risks that an alias learned later shows to be one.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "merge_proposal")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The risk that would join the other.
    pub risk_id: i64,
    /// The risk that would go on.
    pub into_id: i64,
    /// Why they are one, in words.
    #[sea_orm(column_type = "Text")]
    pub because: String,
    /// Open or declined; what was joined shows in the risks.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// Who declined it.
    pub decided_by: Option<i64>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
