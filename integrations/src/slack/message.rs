//! What is posted: a message, its machine-readable mark, an answer to a command.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::block::{Block, message_blocks};
use super::mrkdwn::{cut_plain, escape};

/// The text that stands for the message in notifications and for screen readers.
const NOTIFICATION: usize = 3000;

/// A message: blocks for the eye, a line of text for notifications.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The line for notifications; anybody's words, escaped on the way out.
    pub text: String,
    /// What is shown. Empty: the text is.
    pub blocks: Vec<Block>,
}

/// A message as it is sent: escaped and within the limits. Can be kept and sent later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreparedMessage {
    /// The line for notifications, in Slack's markup.
    pub text: String,
    /// The blocks in Slack's JSON; an empty array for none.
    pub blocks: Value,
}

/// A mark that other programs, and we after a lost answer, can read from a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// What kind of mark, such as `abate_message`.
    pub event_type: String,
    /// The mark.
    pub key: String,
}

/// An answer to a command or a button.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// What to say.
    pub message: Message,
    /// Whether it takes the place of the message whose button was pressed.
    pub replace_original: bool,
}

impl Message {
    /// A message of one paragraph.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), blocks: Vec::new() }
    }

    /// The message as it is sent.
    pub fn prepare(&self) -> PreparedMessage {
        PreparedMessage { text: escape(&cut_plain_lines(&self.text)), blocks: message_blocks(&self.blocks) }
    }
}

impl From<&Message> for PreparedMessage {
    fn from(message: &Message) -> Self {
        message.prepare()
    }
}

impl PreparedMessage {
    /// The fields `text` and `blocks` as Slack wants to read them.
    pub(super) fn fields(self) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("text".to_owned(), json!(self.text));
        if self.blocks.as_array().is_some_and(|blocks| !blocks.is_empty()) {
            fields.insert("blocks".to_owned(), self.blocks);
        }
        fields
    }
}

impl Metadata {
    pub(super) fn to_json(&self) -> Value {
        json!({"event_type": self.event_type, "event_payload": {"key": self.key}})
    }
}

impl Response {
    /// An answer that only the asker sees.
    pub fn private(message: Message) -> Self {
        Self { message, replace_original: false }
    }

    /// The body to answer a command or a `response_url` with.
    pub fn to_json(&self) -> Value {
        let mut fields = self.message.prepare().fields();
        if self.replace_original {
            fields.insert("replace_original".to_owned(), json!(true));
        } else {
            fields.insert("response_type".to_owned(), json!("ephemeral"));
            fields.insert("replace_original".to_owned(), json!(false));
        }
        Value::Object(fields)
    }
}

/// Cuts like [`cut_plain`], but keeps the lines.
fn cut_plain_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim().lines().collect();
    if lines.len() <= 1 {
        return cut_plain(text, NOTIFICATION);
    }
    let room = NOTIFICATION / lines.len();
    lines
        .iter()
        .map(|line| if line.is_empty() { String::new() } else { cut_plain(line, room.max(2)) })
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notification_line_is_escaped_and_never_empty() {
        let fields = Message::plain("<!channel> & co").prepare().fields();
        assert_eq!(fields["text"], "&lt;!channel&gt; &amp; co");
        assert_eq!(Message::plain(" ").prepare().fields()["text"], "-");
        assert!(!fields.contains_key("blocks"));
    }

    #[test]
    fn lines_are_kept() {
        assert_eq!(Message::plain("one\ntwo").prepare().fields()["text"], "one\ntwo");
    }

    #[test]
    fn an_answer_is_for_the_asker_alone() {
        let body = Response::private(Message::plain("hello")).to_json();
        assert_eq!(body, json!({"text": "hello", "response_type": "ephemeral", "replace_original": false}));
    }
}
