//! Messages: posted, changed, read back.

use serde_json::{Value, json};

use super::SlackSandbox;
use super::argument::Arguments;
use super::layout;
use super::refusal::Refusal;
use super::workspace::{BOT, Post};

const LONGEST_TEXT: usize = 40_000;
const LARGEST_METADATA: usize = 8192;
const PAGE: usize = 100;

pub(super) fn post_message(sandbox: &SlackSandbox, arguments: &Arguments) -> Result<Value, Refusal> {
    let now = sandbox.now();
    let wanted = arguments.needed("channel")?;
    let mut workspace = sandbox.workspace();
    let conversation = workspace.target(wanted).ok_or_else(|| Refusal::new("channel_not_found"))?;
    let (text, blocks) = content(arguments)?;
    let metadata = metadata(arguments)?;
    workspace.spend(&conversation, now)?;
    let post = Post {
        conversation: conversation.clone(),
        ts: String::new(),
        author: None,
        only_for: None,
        text,
        blocks,
        metadata,
        edited: false,
    };
    let ts = workspace.post(post, now);
    let message = workspace.post_mut(&conversation, &ts).map(|post| message(post, true));
    Ok(json!({"channel": conversation, "ts": ts, "message": message}))
}

pub(super) fn update(sandbox: &SlackSandbox, arguments: &Arguments) -> Result<Value, Refusal> {
    let conversation = arguments.needed("channel")?;
    let ts = arguments.needed("ts")?;
    let (text, mut blocks) = content(arguments)?;
    let changed = metadata(arguments)?;
    let mut workspace = sandbox.workspace();
    // Only the id that posting answered: no name, no person.
    if !workspace.conversations.iter().any(|other| other.id == conversation) {
        return Err(Refusal::new("channel_not_found"));
    }
    workspace.name_blocks(&mut blocks);
    let post = workspace.post_mut(conversation, ts).ok_or_else(|| Refusal::new("message_not_found"))?;
    if post.author.is_some() || post.only_for.is_some() {
        return Err(Refusal::new("cant_update_message"));
    }
    post.text = text;
    post.blocks = blocks;
    post.edited = true;
    if changed.is_some() {
        post.metadata = changed;
    }
    Ok(json!({"channel": conversation, "ts": ts, "text": post.text, "message": message(post, true)}))
}

pub(super) fn history(sandbox: &SlackSandbox, arguments: &Arguments) -> Result<Value, Refusal> {
    let conversation = arguments.needed("channel")?;
    let limit = arguments.number("limit").unwrap_or(PAGE).clamp(1, 999);
    let oldest =
        arguments.text("oldest").map_or(Some(0), micros).ok_or_else(|| Refusal::new("invalid_ts_oldest"))?;
    // The cursor is the time stamp of the last message of the page before.
    let before = match arguments.text("cursor") {
        Some(cursor) => micros(cursor).ok_or_else(|| Refusal::new("invalid_cursor"))?,
        None => i64::MAX,
    };
    let with_metadata = arguments.flag("include_all_metadata");
    let workspace = sandbox.workspace();
    if !workspace.conversations.iter().any(|other| other.id == conversation) {
        return Err(Refusal::new("channel_not_found"));
    }
    let mut matching: Vec<&Post> = workspace
        .posts
        .iter()
        .filter(|post| post.conversation == conversation && post.only_for.is_none())
        .filter(|post| micros(&post.ts).is_some_and(|at| at > oldest && at < before))
        .collect();
    matching.reverse();
    let more = matching.len() > limit;
    matching.truncate(limit);
    let next = if more { matching.last().map_or("", |post| post.ts.as_str()) } else { "" };
    let messages: Vec<Value> = matching.iter().map(|post| message(post, with_metadata)).collect();
    Ok(json!({"messages": messages, "has_more": more, "response_metadata": {"next_cursor": next}}))
}

/// The text and blocks of a message, if Slack would take them.
pub(super) fn content(arguments: &Arguments) -> Result<(String, Vec<Value>), Refusal> {
    let text = arguments.text("text").unwrap_or_default().to_owned();
    let blocks = match arguments.value("blocks") {
        None => Vec::new(),
        Some(Value::Array(blocks)) => blocks.clone(),
        Some(_) => return Err(Refusal::new("invalid_blocks_format")),
    };
    let problems = layout::message_problems(&blocks);
    if !problems.is_empty() {
        return Err(Refusal::with_problems("invalid_blocks", problems));
    }
    if layout::text_length(&blocks) > layout::LONGEST_MESSAGE {
        return Err(Refusal::new("msg_blocks_too_long"));
    }
    if text.is_empty() && blocks.is_empty() {
        return Err(Refusal::new("no_text"));
    }
    if text.chars().count() > LONGEST_TEXT {
        return Err(Refusal::new("msg_too_long"));
    }
    Ok((text, blocks))
}

fn metadata(arguments: &Arguments) -> Result<Option<Value>, Refusal> {
    let Some(metadata) = arguments.value("metadata") else { return Ok(None) };
    if metadata["event_type"].as_str().is_none_or(str::is_empty) || !metadata["event_payload"].is_object() {
        return Err(Refusal::new("invalid_metadata_format"));
    }
    if metadata.to_string().len() > LARGEST_METADATA {
        return Err(Refusal::new("metadata_too_large"));
    }
    Ok(Some(metadata.clone()))
}

fn message(post: &Post, with_metadata: bool) -> Value {
    let mut message = json!({"type": "message", "ts": post.ts, "text": post.text});
    match &post.author {
        Some(person) => message["user"] = json!(person),
        None => {
            message["user"] = json!(BOT);
            message["bot_id"] = json!("B0ABATE");
        }
    }
    if !post.blocks.is_empty() {
        message["blocks"] = json!(post.blocks);
    }
    if post.edited {
        message["edited"] = json!({"user": BOT, "ts": post.ts});
    }
    if let Some(metadata) = post.metadata.as_ref().filter(|_| with_metadata) {
        message["metadata"] = metadata.clone();
    }
    message
}

/// A time stamp as a number, for its text does not sort by itself.
fn micros(ts: &str) -> Option<i64> {
    let (seconds, fraction) = ts.split_once('.').unwrap_or((ts, ""));
    let seconds: i64 = seconds.parse().ok()?;
    let fraction: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    seconds.checked_mul(1_000_000)?.checked_add(fraction)
}
