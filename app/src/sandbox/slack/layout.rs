//! Rules. What Slack takes as blocks of a message or a view; each problem points at its place.

use serde_json::Value;

/// Characters in all texts of a message.
pub(super) const LONGEST_MESSAGE: usize = 13_200;

const INPUTS: [&str; 3] = ["plain_text_input", "static_select", "datepicker"];

/// What is wrong with the blocks of a message.
pub(super) fn message_problems(blocks: &[Value]) -> Vec<String> {
    let mut check = Check::default();
    check.blocks(blocks, 50, false);
    check.problems
}

/// What is wrong with a modal.
pub(super) fn view_problems(view: &Value) -> Vec<String> {
    let mut check = Check::default();
    if view["type"] != "modal" {
        check.bad("/type", "must be modal");
    }
    check.text(&view["title"], "/title", 24, true);
    for label in ["submit", "close"] {
        if !view[label].is_null() {
            check.text(&view[label], &format!("/{label}"), 24, true);
        }
    }
    check.short(view, "private_metadata", "", 3000);
    check.short(view, "callback_id", "", 255);
    match view["blocks"].as_array() {
        Some(blocks) => {
            check.blocks(blocks, 100, true);
            if view["submit"].is_null() && blocks.iter().any(|block| block["type"] == "input") {
                check.bad("/submit", "missing required field: submit");
            }
        }
        None => check.bad("/blocks", "missing required field: blocks"),
    }
    check.problems
}

/// The characters in all texts.
pub(super) fn text_length(blocks: &[Value]) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::Object(fields) => fields
                .iter()
                .map(|(name, field)| match field {
                    Value::String(text) if name == "text" => text.chars().count(),
                    other => of(other),
                })
                .sum(),
            Value::Array(items) => items.iter().map(of).sum(),
            _ => 0,
        }
    }
    blocks.iter().map(of).sum()
}

#[derive(Default)]
struct Check {
    problems: Vec<String>,
    block_ids: Vec<String>,
}

impl Check {
    fn bad(&mut self, pointer: &str, problem: &str) {
        self.problems.push(format!("[ERROR] {problem} [json-pointer:{pointer}]"));
    }

    fn blocks(&mut self, blocks: &[Value], most: usize, in_view: bool) {
        if blocks.len() > most {
            self.bad("/blocks", &format!("no more than {most} items allowed"));
        }
        for (index, block) in blocks.iter().enumerate() {
            let pointer = format!("/blocks/{index}");
            self.short(block, "block_id", &pointer, 255);
            if let Some(id) = block["block_id"].as_str() {
                if self.block_ids.iter().any(|other| other == id) {
                    self.bad(&pointer, "block_id already exists");
                }
                self.block_ids.push(id.to_owned());
            }
            self.block(block, &pointer, in_view);
        }
    }

    fn block(&mut self, block: &Value, pointer: &str, in_view: bool) {
        match block["type"].as_str().unwrap_or_default() {
            "section" => self.section(block, pointer),
            "header" => self.text(&block["text"], &format!("{pointer}/text"), 150, true),
            "divider" => {}
            "context" => {
                for (place, text) in self.items(&block["elements"], &format!("{pointer}/elements"), 10) {
                    self.text(&text, &place, 3000, false);
                }
            }
            "actions" => {
                let mut ids = Vec::new();
                for (place, element) in self.items(&block["elements"], &format!("{pointer}/elements"), 25) {
                    self.button(&element, &place);
                    if let Some(id) = element["action_id"].as_str() {
                        if ids.contains(&id.to_owned()) {
                            self.bad(&place, "action_id already exists in the containing block");
                        }
                        ids.push(id.to_owned());
                    }
                }
            }
            "input" if in_view => self.input(block, pointer),
            other => self.bad(&format!("{pointer}/type"), &format!("unsupported type: {other}")),
        }
    }

    fn section(&mut self, block: &Value, pointer: &str) {
        if block["text"].is_null() && block["fields"].is_null() {
            self.bad(pointer, "missing required field: text or fields");
        }
        if !block["text"].is_null() {
            self.text(&block["text"], &format!("{pointer}/text"), 3000, false);
        }
        if !block["fields"].is_null() {
            for (place, field) in self.items(&block["fields"], &format!("{pointer}/fields"), 10) {
                self.text(&field, &place, 2000, false);
            }
        }
        if !block["accessory"].is_null() {
            self.button(&block["accessory"], &format!("{pointer}/accessory"));
        }
    }

    fn input(&mut self, block: &Value, pointer: &str) {
        self.text(&block["label"], &format!("{pointer}/label"), 2000, true);
        if !block["hint"].is_null() {
            self.text(&block["hint"], &format!("{pointer}/hint"), 2000, true);
        }
        let element = &block["element"];
        let place = format!("{pointer}/element");
        if !INPUTS.iter().any(|known| element["type"] == *known) {
            self.bad(&format!("{place}/type"), "unsupported type");
        }
        if !element["placeholder"].is_null() {
            self.text(&element["placeholder"], &format!("{place}/placeholder"), 150, true);
        }
        self.short(element, "action_id", &place, 255);
        if element["type"] == "static_select" {
            for (place, option) in self.items(&element["options"], &format!("{place}/options"), 100) {
                self.text(&option["text"], &format!("{place}/text"), 75, true);
                self.short(&option, "value", &place, 150);
            }
        }
    }

    fn button(&mut self, button: &Value, pointer: &str) {
        if button["type"] != "button" {
            self.bad(&format!("{pointer}/type"), "unsupported type");
            return;
        }
        self.text(&button["text"], &format!("{pointer}/text"), 75, true);
        for (name, limit) in [("action_id", 255), ("value", 2000), ("url", 3000)] {
            self.short(button, name, pointer, limit);
        }
        if !button["style"].is_null() && button["style"] != "primary" && button["style"] != "danger" {
            self.bad(&format!("{pointer}/style"), "must be one of primary, danger");
        }
    }

    fn text(&mut self, object: &Value, pointer: &str, limit: usize, plain: bool) {
        let kind = object["type"].as_str().unwrap_or_default();
        if kind != "plain_text" && (plain || kind != "mrkdwn") {
            self.bad(pointer, "invalid text object");
        }
        match object["text"].as_str().map(|text| text.chars().count()) {
            None | Some(0) => self.bad(&format!("{pointer}/text"), "must be more than 0 characters"),
            Some(length) if length > limit => {
                self.bad(&format!("{pointer}/text"), &format!("must be less than {} characters", limit + 1));
            }
            Some(_) => {}
        }
    }

    fn short(&mut self, object: &Value, name: &str, pointer: &str, limit: usize) {
        let fits = match &object[name] {
            Value::Null => true,
            Value::String(text) => text.chars().count() <= limit,
            _ => false,
        };
        if !fits {
            self.bad(&format!("{pointer}/{name}"), &format!("must be less than {} characters", limit + 1));
        }
    }

    fn items(&mut self, list: &Value, pointer: &str, most: usize) -> Vec<(String, Value)> {
        let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
        if items.is_empty() || items.len() > most {
            self.bad(pointer, &format!("must have between 1 and {most} items"));
        }
        items.iter().enumerate().map(|(index, item)| (format!("{pointer}/{index}"), item.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn words(count: usize) -> Value {
        json!({"type": "plain_text", "text": "x".repeat(count)})
    }

    #[test]
    fn each_limit_is_kept_to_the_character() {
        let cases: [(&str, Value, Value); 5] = [
            (
                "header",
                json!({"type": "header", "text": words(150)}),
                json!({"type": "header", "text": words(151)}),
            ),
            (
                "section",
                json!({"type": "section", "text": words(3000)}),
                json!({"type": "section", "text": words(3001)}),
            ),
            (
                "field",
                json!({"type": "section", "fields": [words(2000)]}),
                json!({"type": "section", "fields": [words(2001)]}),
            ),
            (
                "button",
                json!({"type": "actions", "elements": [{"type": "button", "text": words(75)}]}),
                json!({"type": "actions", "elements": [{"type": "button", "text": words(76)}]}),
            ),
            (
                "elements",
                json!({"type": "context", "elements": vec![words(1); 10]}),
                json!({"type": "context", "elements": vec![words(1); 11]}),
            ),
        ];
        for (name, good, bad) in cases {
            assert_eq!(message_problems(&[good]), Vec::<String>::new(), "{name}");
            assert_eq!(message_problems(&[bad]).len(), 1, "{name}");
        }
        assert_eq!(message_problems(&vec![json!({"type": "divider"}); 50]).len(), 0);
        assert_eq!(message_problems(&vec![json!({"type": "divider"}); 51]).len(), 1);
    }

    #[test]
    fn nonsense_is_refused_and_never_a_panic() {
        for odd in [
            json!(null),
            json!(1),
            json!("x"),
            json!([]),
            json!({"type": "carousel"}),
            json!({"type": "input"}),
        ] {
            assert!(!message_problems(std::slice::from_ref(&odd)).is_empty(), "{odd}");
            assert!(!view_problems(&odd).is_empty(), "{odd}");
        }
    }

    #[test]
    fn a_form_needs_a_button_to_send_it() {
        let input = json!({"type": "input", "label": words(5), "element": {"type": "plain_text_input", "action_id": "a"}});
        let mut view = json!({"type": "modal", "title": words(24), "blocks": [input]});
        assert_eq!(view_problems(&view).len(), 1);
        view["submit"] = words(4);
        assert_eq!(view_problems(&view), Vec::<String>::new());
    }
}
