//! Messages and modals as the page shows them.

use serde_json::Value;

use super::markup::{Look, Span, spans};
use super::workspace::{OpenView, Post, Workspace};

pub(super) struct ShownPost {
    pub(super) author: String,
    pub(super) by_app: bool,
    pub(super) time: String,
    pub(super) private: bool,
    pub(super) edited: bool,
    pub(super) ts: String,
    pub(super) blocks: Vec<ShownBlock>,
}

pub(super) enum ShownBlock {
    Header(String),
    Text(Vec<Span>),
    Fields(Vec<Vec<Span>>),
    Context(Vec<Vec<Span>>),
    Buttons(Vec<ShownButton>),
    Input(ShownInput),
    Divider,
}

pub(super) struct ShownButton {
    pub(super) text: String,
    pub(super) block: String,
    pub(super) action: String,
    pub(super) style: &'static str,
    /// Where it leads; empty for one that only tells the app.
    pub(super) address: String,
}

pub(super) struct ShownInput {
    /// The name of the form field: the block's id and the element's.
    pub(super) name: String,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) error: String,
    pub(super) optional: bool,
    pub(super) kind: InputKind,
}

pub(super) enum InputKind {
    Line,
    Lines,
    Day,
    Choice(Vec<(String, String)>),
}

pub(super) struct ShownView {
    pub(super) id: String,
    pub(super) title: String,
    /// Empty: the modal only shows something.
    pub(super) submit: String,
    pub(super) blocks: Vec<ShownBlock>,
}

/// A message as one of the persons sees it.
pub(super) fn shown_post(workspace: &Workspace, post: &Post) -> ShownPost {
    let person = post.author.as_deref().and_then(|id| workspace.person(id));
    let blocks = if post.blocks.is_empty() {
        vec![ShownBlock::Text(marked(workspace, &post.text))]
    } else {
        shown_blocks(workspace, &post.blocks, None)
    };
    ShownPost {
        author: person.map_or_else(|| "Abate".to_owned(), |person| person.name.clone()),
        by_app: person.is_none(),
        time: time_of(&post.ts),
        private: post.only_for.is_some(),
        edited: post.edited,
        ts: post.ts.clone(),
        blocks,
    }
}

/// An open modal.
pub(super) fn shown_view(workspace: &Workspace, open: &OpenView) -> ShownView {
    let blocks = open.view["blocks"].as_array().map(Vec::as_slice).unwrap_or_default();
    ShownView {
        id: open.id.clone(),
        title: text(&open.view["title"]),
        submit: text(&open.view["submit"]),
        blocks: shown_blocks(workspace, blocks, Some(open)),
    }
}

fn shown_blocks(workspace: &Workspace, blocks: &[Value], open: Option<&OpenView>) -> Vec<ShownBlock> {
    let mut shown = Vec::new();
    for block in blocks {
        let id = block["block_id"].as_str().unwrap_or_default();
        let list = |name: &str| -> Vec<Vec<Span>> {
            let items = block[name].as_array().into_iter().flatten();
            items.map(|item| object(workspace, item)).collect()
        };
        match block["type"].as_str().unwrap_or_default() {
            "header" => shown.push(ShownBlock::Header(text(&block["text"]))),
            "section" => {
                if !block["text"].is_null() {
                    shown.push(ShownBlock::Text(object(workspace, &block["text"])));
                }
                if !block["fields"].is_null() {
                    shown.push(ShownBlock::Fields(list("fields")));
                }
                if !block["accessory"].is_null() {
                    shown.push(ShownBlock::Buttons(vec![button(id, &block["accessory"])]));
                }
            }
            "context" => shown.push(ShownBlock::Context(list("elements"))),
            "actions" => {
                let elements = block["elements"].as_array().into_iter().flatten();
                shown.push(ShownBlock::Buttons(elements.map(|element| button(id, element)).collect()));
            }
            "input" => shown.push(ShownBlock::Input(input(id, block, open))),
            _ => shown.push(ShownBlock::Divider),
        }
    }
    shown
}

fn button(block: &str, button: &Value) -> ShownButton {
    ShownButton {
        text: text(&button["text"]),
        block: block.to_owned(),
        action: button["action_id"].as_str().unwrap_or_default().to_owned(),
        style: match button["style"].as_str() {
            Some("primary") => "primary",
            Some("danger") => "danger",
            _ => "plain",
        },
        address: button["url"].as_str().filter(|url| url.starts_with("http")).unwrap_or_default().to_owned(),
    }
}

fn input(id: &str, block: &Value, open: Option<&OpenView>) -> ShownInput {
    let element = &block["element"];
    let kind = match element["type"].as_str() {
        Some("datepicker") => InputKind::Day,
        Some("static_select") => {
            let options = element["options"].as_array().into_iter().flatten();
            InputKind::Choice(
                options
                    .map(|option| {
                        (option["value"].as_str().unwrap_or_default().to_owned(), text(&option["text"]))
                    })
                    .collect(),
            )
        }
        _ if element["multiline"] == true => InputKind::Lines,
        _ => InputKind::Line,
    };
    ShownInput {
        name: format!("{id}/{}", element["action_id"].as_str().unwrap_or_default()),
        label: text(&block["label"]),
        hint: text(&block["hint"]),
        error: open.and_then(|open| open.errors.get(id)).cloned().unwrap_or_default(),
        optional: block["optional"] == true,
        kind,
    }
}

/// A text object: marked-up or plain.
fn object(workspace: &Workspace, object: &Value) -> Vec<Span> {
    if object["type"] == "mrkdwn" {
        marked(workspace, object["text"].as_str().unwrap_or_default())
    } else {
        vec![Span::new(Look::Plain, text(object))]
    }
}

fn marked(workspace: &Workspace, text: &str) -> Vec<Span> {
    spans(text, |id| workspace.person(id).map(|person| person.name.clone()))
}

fn text(object: &Value) -> String {
    object["text"].as_str().unwrap_or_default().to_owned()
}

fn time_of(ts: &str) -> String {
    let seconds = ts.split('.').next().and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
    chrono::DateTime::from_timestamp(seconds, 0)
        .map(|time| time.format("%Y-%m-%d %H:%M UTC").to_string())
        .unwrap_or_default()
}
