//! The text of a rich field, for people to read and for values to be compared: JIRA may render anew what it stores, so
//! that two documents that say the same differ as JSON. Reads ADF documents and the wiki text of Data Center.

use serde_json::Value;

/// Deeper parts of a document are left out; nobody writes them by hand.
const DEEPEST: usize = 100;

/// The text of an ADF document or of wiki text, with a line break after each block. What has no text, such as a picture,
/// is left out.
pub fn plain_text(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::String(wiki) => unwiki(wiki, &mut text),
        node => walk(node, DEEPEST, &mut text),
    }
    text.trim().to_owned()
}

fn walk(node: &Value, left: usize, text: &mut String) {
    if left == 0 {
        return;
    }
    let kind = node["type"].as_str().unwrap_or_default();
    let attribute = |name: &str| node["attrs"][name].as_str();
    match kind {
        "text" => text.push_str(node["text"].as_str().unwrap_or_default()),
        "hardBreak" => text.push('\n'),
        "mention" | "status" => text.push_str(attribute("text").unwrap_or_default()),
        "emoji" => text.push_str(attribute("text").or_else(|| attribute("shortName")).unwrap_or_default()),
        "inlineCard" | "blockCard" | "embedCard" => text.push_str(attribute("url").unwrap_or_default()),
        "date" => {
            let day = attribute("timestamp")
                .and_then(|millis| millis.parse().ok())
                .and_then(chrono::DateTime::from_timestamp_millis);
            text.push_str(&day.map(|at| at.date_naive().to_string()).unwrap_or_default());
        }
        _ => {
            for child in node["content"].as_array().into_iter().flatten() {
                walk(child, left - 1, text);
            }
            let is_block = matches!(
                kind,
                "paragraph" | "heading" | "codeBlock" | "listItem" | "tableCell" | "tableHeader" | "rule"
            );
            if is_block && !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
        }
    }
}

/// Takes the marks of wiki text away: headings, table bars, bullets, braces around names, and the backslash before a
/// character that would be a mark.
fn unwiki(wiki: &str, text: &mut String) {
    for line in wiki.lines() {
        let mut rest = line.trim();
        let heading = rest.as_bytes();
        if heading.len() > 2
            && heading[0] == b'h'
            && (b'1'..=b'6').contains(&heading[1])
            && heading[2] == b'.'
        {
            rest = rest[3..].trim_start();
        }
        if let Some((marks, item)) = rest.split_once(' ')
            && !marks.is_empty()
            && marks.chars().all(|mark| matches!(mark, '*' | '#' | '-'))
        {
            rest = item;
        }
        unmark(rest, text);
        text.push('\n');
    }
}

fn unmark(line: &str, text: &mut String) {
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            '|' => text.push(' '),
            '*' => {}
            '{' => {
                // A macro such as {code}; a brace without an end is one.
                let ahead = characters.as_str();
                match ahead.find('}') {
                    Some(end) if !ahead[..end].contains('{') => characters = ahead[end + 1..].chars(),
                    _ => text.push('{'),
                }
            }
            '[' => {
                let ahead = characters.as_str();
                match ahead.find(']').map(|end| (&ahead[..end], &ahead[end + 1..])) {
                    Some((link, after)) => {
                        let words = link.split_once('|').map_or(link, |(words, _)| words);
                        text.push_str(words.trim_start_matches('~'));
                        characters = after.chars();
                    }
                    None => text.push('['),
                }
            }
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::jira::{Block, Document, Inline, TEXT_LIMIT};

    #[test]
    fn a_document_reads_as_its_text() {
        let document = Document::new()
            .with(Block::Heading { level: 3, text: "What is wrong".to_owned() })
            .with(Block::Paragraph(vec![Inline::text("Look "), Inline::Strong("here".to_owned())]))
            .with(Block::BulletList(vec![vec![Inline::text("one")], vec![Inline::text("two")]]))
            .with(Block::Table {
                header: vec!["Fact".to_owned()],
                rows: vec![vec![vec![Inline::Link {
                    text: "R-1".to_owned(),
                    href: "https://a.example".to_owned(),
                }]]],
            });
        assert_eq!(
            plain_text(&document.to_value(TEXT_LIMIT)),
            "What is wrong\nLook here\none\ntwo\nFact\nR-1"
        );
        assert_eq!(plain_text(&Value::Null), "");
    }

    #[test]
    fn what_people_put_in_reads_as_they_see_it() {
        let paragraph = json!({ "type": "doc", "content": [{ "type": "paragraph", "content": [
            { "type": "mention", "attrs": { "id": "a", "text": "@Dana" } },
            { "type": "text", "text": " see " },
            { "type": "inlineCard", "attrs": { "url": "https://b.example" } },
            { "type": "emoji", "attrs": { "shortName": ":ok:" } },
            { "type": "date", "attrs": { "timestamp": "1795219200000" } }
        ] }, { "type": "mediaSingle", "content": [{ "type": "media", "attrs": { "id": "x" } }] }] });
        assert_eq!(plain_text(&paragraph), "@Dana see https://b.example:ok:2026-11-21");
    }

    #[test]
    fn wiki_text_reads_without_its_marks() {
        let wiki = "h3. What is wrong\n||Fact||Value||\n|Risk|[R-1|https://a.example]|\n* *one*\n{code}a{code}\n\\{b\\}";
        let words: Vec<String> = plain_text(&json!(wiki)).split_whitespace().map(str::to_owned).collect();
        assert_eq!(words, ["What", "is", "wrong", "Fact", "Value", "Risk", "R-1", "one", "a", "{b}"]);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[\\\\{}\\[\\]|*h1. ~a-z\n😀]{0,20}".prop_map(Value::from),
            prop::sample::select(vec!["text", "doc", "paragraph", "date", "mention", "emoji"])
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 5, |inner| {
            let key = prop::sample::select(vec!["type", "content", "text", "attrs", "timestamp", "url", "x"]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(key, inner, 0..5).prop_map(|map| json!(map)),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(value in any_json()) {
            let text = plain_text(&value);
            prop_assert_eq!(text.trim(), text.as_str());
        }

        #[test]
        fn plain_words_stay_as_they_are(words in "[a-z0-9]{1,8}( [a-z0-9]{1,8}){0,5}") {
            prop_assert_eq!(plain_text(&json!(words)), words.clone());
            prop_assert_eq!(plain_text(&Document::from_text(&words).to_value(TEXT_LIMIT)), words);
        }
    }

    #[test]
    fn a_document_without_a_floor_is_cut() {
        let mut node = json!({ "type": "text", "text": "deep" });
        for _ in 0..200 {
            node = json!({ "type": "blockquote", "content": [node] });
        }
        assert_eq!(plain_text(&node), "");
    }
}
