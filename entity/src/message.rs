//! A message to a person or a channel.

use sea_orm::entity::prelude::*;

/// A message to a person or a channel.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What it is: kind, receiver and day, so that it exists once.
    #[sea_orm(column_type = "Text")]
    pub key: String,
    /// Digest, late, reminder.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// The receiver, none for a channel.
    pub user_id: Option<i64>,
    /// Where it goes.
    #[sea_orm(column_type = "Text")]
    pub channel: String,
    /// What it says in plain text.
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// What it says, laid out.
    #[sea_orm(column_type = "JsonBinary")]
    pub blocks: Json,
    /// Wanted, sending, sent, unknown, failed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// How often it was tried.
    pub attempt: i32,
    /// Not before this moment.
    pub next_try_at: DateTimeUtc,
    /// The receiver's name for it.
    #[sea_orm(column_type = "Text", nullable)]
    pub remote_id: Option<String>,
    /// What went wrong last.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem: Option<String>,
    /// When it was wanted.
    pub created_at: DateTimeUtc,
    /// When it was sent.
    pub sent_at: Option<DateTimeUtc>,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
