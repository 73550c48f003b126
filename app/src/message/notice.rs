//! What one person is to be told, a line each; what is wanted for a person at the same time goes into one message.

use abate_entity::notice;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};

use crate::platform::problem::Problem;

/// Waits to be told.
pub const WANTED: &str = "wanted";
/// Is in a message.
pub const TOLD: &str = "told";
/// Was no longer true, or overtaken, before it was told.
pub const DROPPED: &str = "dropped";

/// A line for a person.
#[derive(Clone, Debug)]
pub struct NewNotice {
    /// What it is and for whom: it exists once under this key.
    pub key: String,
    /// Whom, 0 for the channel.
    pub user_id: i64,
    /// Ladder, acceptance, incident, mention, `hand_over` and the like.
    pub kind: &'static str,
    /// The risk it is about.
    pub risk_id: Option<i64>,
    /// One line; nothing of a confidential risk but its key, level and date.
    pub text: String,
    /// The path of the page where it goes on, such as `/risks/R-12`.
    pub link: String,
    /// Told at once, also in quiet hours.
    pub urgent: bool,
    /// The moment it belongs to.
    pub about_at: DateTime<Utc>,
    /// Not told before this moment.
    pub not_before: DateTime<Utc>,
}

/// Wants a line to be told, unless one with its key exists; answers whether it is new.
///
/// # Errors
/// When the database refuses.
pub async fn want(tx: &DatabaseTransaction, now: DateTime<Utc>, new: NewNotice) -> Result<bool, Problem> {
    insert(tx, row(now, new, WANTED)).await
}

/// Notes a line that was overtaken before it could be told, so that it is never told; answers whether it is new.
///
/// # Errors
/// When the database refuses.
pub async fn skip(tx: &DatabaseTransaction, now: DateTime<Utc>, new: NewNotice) -> Result<bool, Problem> {
    insert(tx, row(now, new, DROPPED)).await
}

async fn insert(tx: &DatabaseTransaction, row: notice::ActiveModel) -> Result<bool, Problem> {
    let written = notice::Entity::insert(row)
        .on_conflict(OnConflict::column(notice::Column::Key).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(written > 0)
}

fn row(now: DateTime<Utc>, new: NewNotice, state: &str) -> notice::ActiveModel {
    notice::ActiveModel {
        key: Set(new.key),
        user_id: Set(new.user_id),
        kind: Set(new.kind.to_owned()),
        risk_id: Set(new.risk_id),
        text: Set(new.text),
        link: Set(new.link),
        urgent: Set(new.urgent),
        about_at: Set(new.about_at),
        not_before: Set(new.not_before),
        state: Set(state.to_owned()),
        created_at: Set(now),
        ..Default::default()
    }
}
