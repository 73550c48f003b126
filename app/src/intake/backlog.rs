//! The backlog of a source that is connected for the first time: one message about all of it, instead of many.

use abate_entity::{asset, import, message, source};
use abate_integrations::slack::{Block, Message};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::Value;

use crate::message::ledger::{self, NewMessage};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// The key of the message about an import.
fn key(import_id: i64) -> String {
    format!("backlog/{import_id}")
}

/// Wants the message that tells the channel what came in.
pub(super) async fn tell(
    state: &AppState,
    tx: &DatabaseTransaction,
    import: &import::Model,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    if state.slack.as_ref().is_none_or(|slack| slack.channel.is_none()) {
        return Ok(());
    }
    let source = match import.source_id {
        Some(id) => source::Entity::find_by_id(id).one(tx).await?.map(|row| row.name),
        None => None,
    };
    let asset = match import.asset_id {
        Some(id) => asset::Entity::find_by_id(id).one(tx).await?.map(|row| row.key),
        None => None,
    };
    let text = format!(
        "The backlog of {} on {} came in: {} risks{}. Their clocks start today, and they get tickets only on request.",
        source.unwrap_or_default(),
        asset.unwrap_or_default(),
        import.created_count,
        levels(&import.by_level),
    );
    let link = format!("{}imports/{}", state.config.web.base_url, import.id);
    let blocks =
        vec![Block::text(text.as_str()), Block::note(format!("Import {}: {link}", import.id).as_str())];
    let message = Message { text, blocks }.prepare();
    let new = NewMessage { key: key(import.id), kind: "backlog", user_id: None, message };
    ledger::want(tx, new, now).await?;
    Ok(())
}

/// Takes the message back, if it was not sent yet.
pub(super) async fn take_back(tx: &DatabaseTransaction, import_id: i64) -> Result<(), Problem> {
    message::Entity::update_many()
        .col_expr(message::Column::State, Expr::value(ledger::CANCELLED))
        .filter(message::Column::Key.eq(key(import_id)))
        .filter(message::Column::State.eq(ledger::WANTED))
        .exec(tx)
        .await?;
    Ok(())
}

/// The problems by level, the worst first, as an addition to a sentence.
fn levels(by_level: &Value) -> String {
    let count = |level: &str| by_level.get(level).and_then(Value::as_i64).filter(|count| *count > 0);
    let words: Vec<String> = ["critical", "high", "medium", "low"]
        .into_iter()
        .filter_map(|level| count(level).map(|count| format!("{count} {level}")))
        .collect();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}
