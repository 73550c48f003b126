//! The messages that are wanted, each under a key that says what it is, so that it exists once.
//!
//! wanted → sending → sent, or unknown when nobody can say whether it arrived, or failed when Slack refused it.

use abate_entity::message;
use abate_integrations::slack::PreparedMessage;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};

use super::send;
use crate::platform::job::queue;
use crate::platform::problem::Problem;

/// Waits to be sent.
pub const WANTED: &str = "wanted";
/// Is being handed to Slack; whoever finds it so later cannot know what became of it.
pub const SENDING: &str = "sending";
/// Is in Slack.
pub const SENT: &str = "sent";
/// May be in Slack. Never sent again by itself.
pub const UNKNOWN: &str = "unknown";
/// Was refused.
pub const FAILED: &str = "failed";
/// Was told as part of another message.
pub const FOLDED: &str = "folded";

/// Was taken back before it was sent.
pub const CANCELLED: &str = "cancelled";

/// Rows that go into one INSERT.
const CHUNK: usize = 500;

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// What it is: kind, receiver and day.
    pub key: String,
    /// digest, late, reminder.
    pub kind: &'static str,
    /// The receiver, none for the channel.
    pub user_id: Option<i64>,
    /// What it says.
    pub message: PreparedMessage,
}

/// Wants a message, unless one with its key exists; answers whether it is new.
///
/// # Errors
/// When the database refuses.
pub async fn want(tx: &DatabaseTransaction, new: NewMessage, now: DateTime<Utc>) -> Result<bool, Problem> {
    let key = new.key.clone();
    let is_new = write(tx, row(new, WANTED, now)).await?;
    if is_new {
        queue::enqueue(tx, send::MESSAGE, &key, now, now).await?;
    }
    Ok(is_new)
}

/// Notes that these things are told as part of another message.
///
/// # Errors
/// 503 when one of them was noted meanwhile: nothing is to be written then.
pub async fn fold(
    tx: &DatabaseTransaction,
    keys: impl Iterator<Item = String>,
    kind: &'static str,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let mut rows = keys
        .map(|key| {
            let message = PreparedMessage { text: String::new(), blocks: serde_json::json!([]) };
            row(NewMessage { key, kind, user_id: None, message }, FOLDED, now)
        })
        .peekable();
    while rows.peek().is_some() {
        let chunk: Vec<_> = rows.by_ref().take(CHUNK).collect();
        let wanted = chunk.len() as u64;
        let written = message::Entity::insert_many(chunk)
            .on_conflict(OnConflict::column(message::Column::Key).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
        if written != wanted {
            return Err(Problem::unavailable(1));
        }
    }
    Ok(())
}

/// The message with this key.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_key(db: &impl ConnectionTrait, key: &str) -> Result<Option<message::Model>, Problem> {
    Ok(message::Entity::find().filter(message::Column::Key.eq(key)).one(db).await?)
}

/// Moves a message on, if it still stands where it was seen; answers whether it did.
///
/// # Errors
/// When the database refuses.
pub async fn settle(
    tx: &DatabaseTransaction,
    seen: &message::Model,
    change: message::ActiveModel,
) -> Result<bool, Problem> {
    let written = message::Entity::update_many()
        .set(change)
        .filter(message::Column::Id.eq(seen.id))
        .filter(message::Column::State.eq(&seen.state))
        .filter(message::Column::Attempt.eq(seen.attempt))
        .exec(tx)
        .await?;
    Ok(written.rows_affected == 1)
}

async fn write(tx: &DatabaseTransaction, row: message::ActiveModel) -> Result<bool, Problem> {
    let written = message::Entity::insert(row)
        .on_conflict(OnConflict::column(message::Column::Key).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(written > 0)
}

fn row(new: NewMessage, state: &str, now: DateTime<Utc>) -> message::ActiveModel {
    message::ActiveModel {
        key: Set(new.key),
        kind: Set(new.kind.to_owned()),
        user_id: Set(new.user_id),
        channel: Set(String::new()),
        text: Set(new.message.text),
        blocks: Set(new.message.blocks),
        state: Set(state.to_owned()),
        attempt: Set(0),
        next_try_at: Set(now),
        created_at: Set(now),
        ..Default::default()
    }
}
