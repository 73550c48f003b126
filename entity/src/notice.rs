//! Something that one person is to be told.

use sea_orm::entity::prelude::*;

/// Something that one person is to be told.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What it is and for whom, so that it exists once.
    #[sea_orm(column_type = "Text")]
    pub key: String,
    /// Whom, 0 for the channel.
    pub user_id: i64,
    /// Ladder, acceptance, incident, mention, `hand_over` and the like.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// The risk it is about, none for what is about no single risk.
    pub risk_id: Option<i64>,
    /// One line; nothing of a confidential risk but its key, level and date.
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// The page where it goes on.
    #[sea_orm(column_type = "Text")]
    pub link: String,
    /// Told at once, also in quiet hours.
    pub urgent: bool,
    /// The moment it belongs to; what is told together is told in this order.
    pub about_at: DateTimeUtc,
    /// Not told before this moment.
    pub not_before: DateTimeUtc,
    /// Wanted, told, dropped.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// The message that told it.
    #[sea_orm(column_type = "Text", nullable)]
    pub message_key: Option<String>,
    /// When it was wanted.
    pub created_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
