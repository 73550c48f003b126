//! Modals: forms that Slack shows over the conversation.

use serde_json::{Value, json};

use super::block::{BLOCKS_IN_VIEW, Block, IDENTIFIER, plain};
use super::mrkdwn::cut_plain;

const TITLE: usize = 24;
const LABEL: usize = 2000;
const PLACEHOLDER: usize = 150;
const OPTION_TEXT: usize = 75;
const OPTION_VALUE: usize = 150;
const OPTIONS: usize = 100;
const PRIVATE: usize = 3000;
const TYPED: usize = 3000;

/// A modal.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The line at the top.
    pub title: String,
    /// The label of the button that sends it; none for a modal that only shows something.
    pub submit: Option<String>,
    /// Which form this is; comes back with the submission.
    pub callback: String,
    /// What the form is about; comes back with the submission. The person cannot see or change it.
    pub private: String,
    /// What it shows.
    pub blocks: Vec<Block>,
}

/// A field of a modal. Its `name` comes back with the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Names the value.
    pub name: String,
    /// Says what to enter.
    pub label: String,
    /// Says more, in small print.
    pub hint: Option<String>,
    /// Whether it may stay empty.
    pub optional: bool,
    /// How it is entered.
    pub kind: InputKind,
}

/// How a field is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputKind {
    /// Typed words, on one line or several.
    Text {
        /// Several lines.
        multiline: bool,
        /// What stands there before anything is typed.
        placeholder: Option<String>,
    },
    /// One of a list.
    Choice(Vec<Choice>),
    /// A day.
    Day,
}

/// One line of a list to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What comes back.
    pub value: String,
    /// What is shown.
    pub text: String,
}

impl View {
    /// What Slack wants to read.
    pub(super) fn to_json(&self) -> Value {
        let blocks: Vec<Value> = self.blocks.iter().filter_map(Block::to_json).take(BLOCKS_IN_VIEW).collect();
        let mut view = json!({
            "type": "modal",
            "title": plain(&self.title, TITLE),
            "close": plain(if self.submit.is_some() { "Cancel" } else { "Close" }, TITLE),
            "callback_id": cut_plain(&self.callback, IDENTIFIER),
            "private_metadata": self.private.chars().take(PRIVATE / 2).collect::<String>(),
            "blocks": blocks,
        });
        if let Some(submit) = &self.submit {
            view["submit"] = plain(submit, TITLE);
        }
        view
    }
}

impl Input {
    pub(super) fn to_json(&self) -> Value {
        let name = cut_plain(&self.name, IDENTIFIER);
        let element = match &self.kind {
            InputKind::Text { multiline, placeholder } => {
                let mut text = json!({"type": "plain_text_input", "action_id": name, "multiline": multiline, "max_length": TYPED});
                if let Some(placeholder) = placeholder {
                    text["placeholder"] = plain(placeholder, PLACEHOLDER);
                }
                text
            }
            InputKind::Choice(choices) => {
                let options: Vec<Value> = choices
                    .iter()
                    .take(OPTIONS)
                    .map(|choice| {
                        json!({"text": plain(&choice.text, OPTION_TEXT), "value": cut_plain(&choice.value, OPTION_VALUE)})
                    })
                    .collect();
                json!({"type": "static_select", "action_id": name, "options": options})
            }
            InputKind::Day => json!({"type": "datepicker", "action_id": name}),
        };
        let mut input = json!({
            "type": "input",
            "block_id": name,
            "label": plain(&self.label, LABEL),
            "optional": self.optional,
            "element": element,
        });
        if let Some(hint) = &self.hint {
            input["hint"] = plain(hint, LABEL);
        }
        input
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_stays_within_the_limits() {
        let long = "x".repeat(9000);
        let input = |kind| {
            Block::Input(Input {
                name: long.clone(),
                label: long.clone(),
                hint: Some(long.clone()),
                optional: true,
                kind,
            })
        };
        let choices = (0..200).map(|_| Choice { value: long.clone(), text: long.clone() }).collect();
        let view = View {
            title: long.clone(),
            submit: Some(long.clone()),
            callback: long.clone(),
            private: long.clone(),
            blocks: vec![
                input(InputKind::Text { multiline: true, placeholder: Some(long.clone()) }),
                input(InputKind::Choice(choices)),
                input(InputKind::Day),
            ],
        }
        .to_json();
        let size = |pointer: &str| view.pointer(pointer).and_then(Value::as_str).map(str::len);
        let sizes: Vec<Option<usize>> =
            ["/title/text", "/submit/text", "/close/text", "/callback_id", "/private_metadata"]
                .map(size)
                .to_vec();
        // The ellipsis at the end takes three bytes.
        assert_eq!(sizes, [Some(26), Some(26), Some(6), Some(257), Some(1500)]);
        assert_eq!(view["blocks"][1]["element"]["options"].as_array().map(Vec::len), Some(100));
        assert_eq!(size("/blocks/0/element/placeholder/text"), Some(152));
    }
}
