//! Block Kit as values that cannot break Slack's limits.

use serde_json::{Value, json};

use super::mrkdwn::{Mrkdwn, cut_plain, units};
use super::view::Input;

const SECTION: usize = 3000;
const FIELD: usize = 2000;
const FIELDS: usize = 10;
const HEADER: usize = 150;
const CONTEXT: usize = 2000;
const CONTEXT_ELEMENTS: usize = 10;
const ACTIONS: usize = 25;
const BUTTON_TEXT: usize = 75;
pub(super) const BUTTON_VALUE: usize = 2000;
const ADDRESS: usize = 3000;
pub(super) const IDENTIFIER: usize = 255;
pub(super) const BLOCKS_IN_MESSAGE: usize = 50;
pub(super) const BLOCKS_IN_VIEW: usize = 100;
/// Slack refuses a message whose texts add up to about 13,200 characters; it does not say so anywhere.
const TEXT_IN_MESSAGE: usize = 12_000;

/// One block of a message or a modal.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A large line.
    Header(String),
    /// A paragraph, with a button beside it if need be.
    Section(Mrkdwn, Option<Button>),
    /// Pairs or a short list, shown in two columns.
    Fields(Vec<Mrkdwn>),
    /// Small print.
    Context(Vec<Mrkdwn>),
    /// A row of buttons.
    Actions(Vec<Button>),
    /// A line across.
    Divider,
    /// A field to fill in; only in modals.
    Input(Input),
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    text: String,
    action: String,
    value: String,
    style: Option<ButtonStyle>,
    address: Option<String>,
}

/// How a button stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonStyle {
    /// The step most people want.
    Primary,
    /// A step that is hard to take back.
    Danger,
}

impl Button {
    /// A button that sends `action` with `value` when pressed.
    pub fn new(text: &str, action: &str, value: &str) -> Self {
        Self {
            text: cut_plain(text, BUTTON_TEXT),
            action: cut_plain(action, IDENTIFIER),
            value: value.chars().take(BUTTON_VALUE / 2).collect(),
            style: None,
            address: None,
        }
    }

    /// The same button, standing out.
    pub fn styled(self, style: ButtonStyle) -> Self {
        Self { style: Some(style), ..self }
    }

    /// The same button, opening a page; an address that Slack would refuse is left out.
    pub fn opening(self, address: &str) -> Self {
        let usable = units(address) <= ADDRESS && address.starts_with("http");
        Self { address: usable.then(|| address.to_owned()), ..self }
    }

    fn to_json(&self) -> Value {
        let mut button =
            json!({"type": "button", "text": plain(&self.text, BUTTON_TEXT), "action_id": self.action});
        if !self.value.is_empty() {
            button["value"] = json!(self.value);
        }
        if let Some(style) = self.style {
            button["style"] = json!(match style {
                ButtonStyle::Primary => "primary",
                ButtonStyle::Danger => "danger",
            });
        }
        if let Some(address) = &self.address {
            button["url"] = json!(address);
        }
        button
    }
}

impl Block {
    /// A paragraph.
    pub fn text(text: impl Into<Mrkdwn>) -> Self {
        Self::Section(text.into(), None)
    }

    /// One line of small print.
    pub fn note(text: impl Into<Mrkdwn>) -> Self {
        Self::Context(vec![text.into()])
    }

    /// What Slack wants to read; none when nothing would be in the block.
    pub(super) fn to_json(&self) -> Option<Value> {
        Some(match self {
            Self::Header(text) => json!({"type": "header", "text": plain(text, HEADER)}),
            Self::Section(text, button) => {
                let mut section = json!({"type": "section", "text": mrkdwn(text, SECTION)});
                if let Some(button) = button {
                    section["accessory"] = button.to_json();
                }
                section
            }
            Self::Fields(fields) if !fields.is_empty() => {
                let fields: Vec<Value> = fields.iter().take(FIELDS).map(|text| mrkdwn(text, FIELD)).collect();
                json!({"type": "section", "fields": fields})
            }
            Self::Context(texts) if !texts.is_empty() => {
                let texts: Vec<Value> =
                    texts.iter().take(CONTEXT_ELEMENTS).map(|text| mrkdwn(text, CONTEXT)).collect();
                json!({"type": "context", "elements": texts})
            }
            Self::Actions(buttons) if !buttons.is_empty() => {
                json!({"type": "actions", "elements": row(buttons)})
            }
            Self::Fields(_) | Self::Context(_) | Self::Actions(_) => return None,
            Self::Divider => json!({"type": "divider"}),
            Self::Input(input) => input.to_json(),
        })
    }
}

/// The blocks of a message, cut to what Slack takes; says at the end that something is missing.
pub(super) fn message_blocks(blocks: &[Block]) -> Value {
    let rendered: Vec<Value> = blocks.iter().filter_map(Block::to_json).collect();
    let mut kept = Vec::with_capacity(rendered.len().min(BLOCKS_IN_MESSAGE));
    let mut length = 0;
    for block in &rendered {
        length += text_length(block);
        let full = kept.len() + 1 == BLOCKS_IN_MESSAGE && rendered.len() > BLOCKS_IN_MESSAGE;
        if full || length > TEXT_IN_MESSAGE {
            kept.push(json!({"type": "context", "elements": [
                {"type": "mrkdwn", "verbatim": true, "text": "There is more than fits into a Slack message; open Abate to see all."}]}));
            break;
        }
        kept.push(block.clone());
    }
    Value::Array(kept)
}

/// A text that Slack shows as it is.
pub(super) fn plain(text: &str, limit: usize) -> Value {
    json!({"type": "plain_text", "text": cut_plain(text, limit)})
}

fn mrkdwn(text: &Mrkdwn, limit: usize) -> Value {
    // Verbatim, or Slack would look for names and addresses in words that people wrote.
    json!({"type": "mrkdwn", "verbatim": true, "text": text.render(limit)})
}

/// Buttons of one row need different action ids; a later one with the id of an earlier is left out.
fn row(buttons: &[Button]) -> Vec<Value> {
    let mut seen: Vec<&str> = Vec::new();
    let mut row = Vec::new();
    for button in buttons {
        if row.len() < ACTIONS && !seen.contains(&button.action.as_str()) {
            seen.push(&button.action);
            row.push(button.to_json());
        }
    }
    row
}

fn text_length(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| match field {
                Value::String(text) if name == "text" => units(text),
                other => text_length(other),
            })
            .sum(),
        Value::Array(items) => items.iter().map(text_length).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn empty_groups_vanish_and_repeated_actions_too() {
        let blocks = [
            Block::Actions(vec![]),
            Block::Fields(vec![]),
            Block::Context(vec![]),
            Block::Actions(vec![Button::new("Take", "take", "R-1"), Button::new("Take", "take", "R-2")]),
        ];
        let rendered = message_blocks(&blocks);
        assert_eq!(rendered.as_array().unwrap().len(), 1);
        assert_eq!(rendered[0]["elements"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn long_message_says_that_it_was_cut() {
        let many: Vec<Block> = (0..80).map(|_| Block::text("x")).collect();
        let rendered = message_blocks(&many);
        assert_eq!(rendered.as_array().unwrap().len(), 50);
        assert!(rendered[49]["elements"][0]["text"].as_str().unwrap().contains("more than fits"));

        let exactly: Vec<Block> = (0..50).map(|_| Block::text("x")).collect();
        assert_eq!(message_blocks(&exactly)[49]["type"], "section");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn no_words_break_a_limit(words in "[a&<>\u{1F600}\n ]{0,100}", times in 1usize..60, blocks in 1usize..70) {
            let long = words.repeat(times);
            let block = [
                Block::Header(long.clone()),
                Block::Section(Mrkdwn::from(long.as_str()), Some(Button::new(&long, &long, &long).opening(&long))),
                Block::Fields(vec![Mrkdwn::from(long.as_str()); 12]),
                Block::Context(vec![Mrkdwn::from(long.as_str()); 12]),
                Block::Actions((0..30).map(|n| Button::new(&long, &n.to_string(), &long)).collect()),
            ];
            let all: Vec<Block> = block.iter().cycle().take(blocks).cloned().collect();
            let rendered = message_blocks(&all);
            prop_assert!(rendered.as_array().unwrap().len() <= 50);
            prop_assert!(text_length(&rendered) <= 13_000);
            for one in block.iter().filter_map(Block::to_json) {
                let size = |pointer: &str| one.pointer(pointer).and_then(Value::as_str).map_or(0, units);
                let limit = if one["type"] == "header" { 150 } else { 3000 };
                prop_assert!(size("/text/text") <= limit);
                prop_assert!(size("/accessory/text/text") <= 75 && size("/accessory/value") <= 2000);
                prop_assert!(size("/accessory/action_id") <= 255);
                prop_assert!(size("/fields/0/text") <= 2000 && size("/elements/0/value") <= 2000);
                prop_assert!(one["fields"].as_array().is_none_or(|fields| fields.len() <= 10));
                prop_assert!(one["elements"].as_array().is_none_or(|elements| elements.len() <= 25));
            }
        }
    }
}
