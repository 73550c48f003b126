//! Documents, and how Cloud takes them: as Atlassian Document Format, only what the published schema accepts, because
//! JIRA's refusal of a bad one does not say where it is wrong.

use serde_json::{Value, json};

/// How many characters a description or a comment may have, in JIRA's unit (UTF-16). Cloud's is fixed; on Data Center
/// it is what administrators leave it at, and may be set otherwise.
pub const TEXT_LIMIT: usize = 32_767;

/// The longest summary that JIRA takes.
const SUMMARY_LIMIT: usize = 255;

/// Stands where text was cut.
pub(super) const CUT: &str = "…";

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    /// Plain text.
    Text(String),
    /// Text in bold.
    Strong(String),
    /// Text in a fixed-width font.
    Code(String),
    /// Text that leads to an address; any but a web address becomes plain text.
    Link {
        /// What people read.
        text: String,
        /// Where it leads.
        href: String,
    },
}

impl Inline {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading of level 1 to 6.
    Heading {
        /// The level; anything outside is brought to the nearest.
        level: u8,
        /// The text.
        text: String,
    },
    /// A paragraph; line breaks inside its pieces are kept.
    Paragraph(Vec<Inline>),
    /// A list with one paragraph an item.
    BulletList(Vec<Vec<Inline>>),
    /// Code, or anything to be shown letter for letter.
    Code {
        /// The language, for colours.
        language: Option<String>,
        /// The text.
        text: String,
    },
    /// A table; rows that are shorter than the header are filled up.
    Table {
        /// The names of the columns.
        header: Vec<String>,
        /// The rows.
        rows: Vec<Vec<Vec<Inline>>>,
    },
}

/// A document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document(pub(super) Vec<Block>);

impl Document {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// A document of paragraphs, one a blank-line separated piece of `text`.
    pub fn from_text(text: &str) -> Self {
        let mut document = Self::new();
        for piece in text.replace("\r\n", "\n").split("\n\n").filter(|piece| !piece.trim().is_empty()) {
            document = document.with(Block::Paragraph(vec![Inline::text(piece.trim())]));
        }
        document
    }

    /// The document with one more part.
    #[must_use]
    pub fn with(mut self, block: Block) -> Self {
        self.0.push(block);
        self
    }

    /// The document as Cloud takes it, cut to `limit` characters.
    pub fn to_value(&self, limit: usize) -> Value {
        // Some room is left for the line breaks between nested nodes.
        let mut budget = Budget { left: limit.saturating_sub(limit / 40 + CUT.len()), cut: false };
        let mut content: Vec<Value> = Vec::new();
        for block in &self.0 {
            if budget.cut {
                break;
            }
            content.extend(block_value(block, &mut budget));
        }
        if budget.cut {
            content.push(json!({ "type": "paragraph", "content": [{ "type": "text", "text": CUT }] }));
        }
        json!({ "type": "doc", "version": 1, "content": content })
    }
}

/// How much text may still be written. Every node costs one on top of its text, since the plain form of a
/// document puts a line break between them.
struct Budget {
    left: usize,
    cut: bool,
}

impl Budget {
    /// `text` without what nobody sees, as far as there is room.
    fn take(&mut self, text: &str) -> String {
        let mut taken = String::with_capacity(text.len().min(self.left));
        self.left = self.left.saturating_sub(1);
        for character in text.chars() {
            if is_hidden(character) {
                continue;
            }
            let Some(left) = self.left.checked_sub(character.len_utf16()) else {
                self.cut = true;
                break;
            };
            self.left = left;
            taken.push(character);
        }
        taken
    }
}

fn block_value(block: &Block, budget: &mut Budget) -> Option<Value> {
    match block {
        Block::Heading { level, text } => {
            let content = inline_values(&[Inline::text(text.replace('\n', " "))], budget);
            (!content.is_empty()).then(
                || json!({ "type": "heading", "attrs": { "level": (*level).clamp(1, 6) }, "content": content }),
            )
        }
        Block::Paragraph(pieces) => {
            let content = inline_values(pieces, budget);
            (!content.is_empty()).then(|| json!({ "type": "paragraph", "content": content }))
        }
        Block::BulletList(items) => {
            let mut content = Vec::new();
            for item in items {
                let line = inline_values(item, budget);
                if !line.is_empty() {
                    let paragraph = json!({ "type": "paragraph", "content": line });
                    content.push(json!({ "type": "listItem", "content": [paragraph] }));
                }
            }
            (!content.is_empty()).then(|| json!({ "type": "bulletList", "content": content }))
        }
        Block::Code { language, text } => {
            let text = budget.take(text);
            let attributes =
                language.as_ref().map_or_else(|| json!({}), |language| json!({ "language": language }));
            (!text.is_empty()).then(|| {
                let content = json!([{ "type": "text", "text": text }]);
                json!({ "type": "codeBlock", "attrs": attributes, "content": content })
            })
        }
        Block::Table { header, rows } => table_value(header, rows, budget),
    }
}

fn table_value(header: &[String], rows: &[Vec<Vec<Inline>>], budget: &mut Budget) -> Option<Value> {
    if header.is_empty() {
        return None;
    }
    let cell = |kind: &str, pieces: &[Inline], budget: &mut Budget| {
        let content = inline_values(pieces, budget);
        json!({ "type": kind, "content": [{ "type": "paragraph", "content": content }] })
    };
    let names: Vec<Value> =
        header.iter().map(|name| cell("tableHeader", &[Inline::text(name)], budget)).collect();
    let mut content = vec![json!({ "type": "tableRow", "content": names })];
    for row in rows {
        if budget.cut {
            break;
        }
        let empty = Vec::new();
        let cells: Vec<Value> = (0..header.len())
            .map(|column| cell("tableCell", row.get(column).unwrap_or(&empty), budget))
            .collect();
        content.push(json!({ "type": "tableRow", "content": cells }));
    }
    Some(json!({ "type": "table", "content": content }))
}

/// The pieces of a line; never an empty text, which the schema forbids.
fn inline_values(pieces: &[Inline], budget: &mut Budget) -> Vec<Value> {
    let mut content = Vec::new();
    for piece in pieces {
        let (text, marks) = match piece {
            Inline::Text(text) => (text, None),
            Inline::Strong(text) => (text, Some(json!([{ "type": "strong" }]))),
            Inline::Code(text) => (text, Some(json!([{ "type": "code" }]))),
            Inline::Link { text, href } if is_web_address(href) => {
                (text, Some(json!([{ "type": "link", "attrs": { "href": href } }])))
            }
            Inline::Link { text, .. } => (text, None),
        };
        let text = budget.take(text);
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                content.push(json!({ "type": "hardBreak" }));
            }
            if line.is_empty() {
                continue;
            }
            let mut node = json!({ "type": "text", "text": line });
            if let Some(marks) = &marks {
                node["marks"] = marks.clone();
            }
            content.push(node);
        }
    }
    content
}

/// Whether a character is left out of what we write: control characters, and those that turn the direction of the text
/// around, with which it can be made to look like another.
pub(super) fn is_hidden(character: char) -> bool {
    is_turning(character) || (character.is_control() && character != '\n' && character != '\t')
}

fn is_turning(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

pub(super) fn is_web_address(href: &str) -> bool {
    url::Url::parse(href).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// `text` as a summary: one line, at most 255 characters, never empty.
pub fn cut_summary(text: &str) -> String {
    let text: String = text.chars().filter(|character| !is_turning(*character)).collect();
    let line = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    let line = line.collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return "(no title)".to_owned();
    }
    if line.encode_utf16().count() <= SUMMARY_LIMIT {
        return line;
    }
    let mut cut = String::new();
    let mut length = CUT.encode_utf16().count();
    for character in line.chars() {
        length += character.len_utf16();
        if length > SUMMARY_LIMIT {
            break;
        }
        cut.push(character);
    }
    format!("{}{CUT}", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Says what the published schema forbids among the nodes that we build.
    fn flaw(node: &Value) -> Option<String> {
        let kind = node["type"].as_str()?;
        let content = node["content"].as_array().cloned().unwrap_or_default();
        let holds =
            |kinds: &[&str]| content.iter().all(|child| kinds.iter().any(|kind| child["type"] == *kind));
        let sound = match kind {
            "doc" => {
                node["version"] == 1 && holds(&["heading", "paragraph", "bulletList", "codeBlock", "table"])
            }
            "heading" => (1..=6).contains(&node["attrs"]["level"].as_u64()?) && holds(&["text", "hardBreak"]),
            "paragraph" => holds(&["text", "hardBreak"]),
            "bulletList" => !content.is_empty() && holds(&["listItem"]),
            "listItem" => !content.is_empty() && holds(&["paragraph"]),
            "codeBlock" => holds(&["text"]) && content.iter().all(|child| child.get("marks").is_none()),
            "table" => !content.is_empty() && holds(&["tableRow"]),
            "tableRow" => holds(&["tableHeader", "tableCell"]),
            "tableHeader" | "tableCell" => content.len() == 1 && holds(&["paragraph"]),
            "text" => !node["text"].as_str().unwrap_or_default().is_empty(),
            "hardBreak" => node.as_object()?.len() == 1,
            _ => false,
        };
        if !sound {
            return Some(node.to_string());
        }
        content.iter().find_map(flaw)
    }

    fn text_length(node: &Value) -> usize {
        let own = node["text"].as_str().map_or(0, |text| text.encode_utf16().count());
        own + node["content"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|child| text_length(child) + 1)
            .sum::<usize>()
    }

    fn inline() -> impl Strategy<Value = Inline> {
        let text = prop_oneof!["\\PC{0,20}", ".{0,8}", Just("a\n\nb".to_owned()), "x{15000}"];
        (0..4, text, "(https://e\\.org/[a-z]{1,5}|javascript:x|)").prop_map(|(kind, text, href)| match kind {
            0 => Inline::Text(text),
            1 => Inline::Strong(text),
            2 => Inline::Code(text),
            _ => Inline::Link { text, href },
        })
    }

    fn block() -> impl Strategy<Value = Block> {
        let line = || prop::collection::vec(inline(), 0..3);
        prop_oneof![
            (any::<u8>(), ".{0,20}").prop_map(|(level, text)| Block::Heading { level, text }),
            line().prop_map(Block::Paragraph),
            prop::collection::vec(line(), 0..3).prop_map(Block::BulletList),
            ".{0,40}".prop_map(|text| Block::Code { language: None, text }),
            (
                prop::collection::vec("[a-z]{0,3}", 0..3),
                prop::collection::vec(prop::collection::vec(line(), 0..4), 0..3)
            )
                .prop_map(|(header, rows)| Block::Table { header, rows }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_document_obeys_the_schema_and_the_limit(blocks in prop::collection::vec(block(), 0..6)) {
            let value = Document(blocks).to_value(TEXT_LIMIT);
            prop_assert_eq!(flaw(&value), None);
            prop_assert!(text_length(&value) <= 32_767, "{}", text_length(&value));
        }

        #[test]
        fn every_summary_is_one_short_line(text in "(?s).{0,400}") {
            let summary = cut_summary(&text);
            prop_assert!(!summary.trim().is_empty());
            prop_assert!(summary.encode_utf16().count() <= 255);
            prop_assert!(!summary.chars().any(char::is_control));
        }
    }

    #[test]
    fn only_web_addresses_become_links() {
        let link = |href: &str| {
            let inline = Inline::Link { text: "t".to_owned(), href: href.to_owned() };
            Document::new().with(Block::Paragraph(vec![inline])).to_value(TEXT_LIMIT)["content"][0]["content"]
                [0]["marks"]
                .clone()
        };
        assert_eq!(link("https://e.org/")[0]["attrs"]["href"], "https://e.org/");
        assert_eq!(link("javascript:alert(1)"), Value::Null);
    }

    #[test]
    fn text_cannot_turn_its_direction_around() {
        let text = "user\u{202e}gpj.exe\u{2066} \u{5e9}\u{5dc}";
        assert_eq!(cut_summary(text), "usergpj.exe \u{5e9}\u{5dc}");
        let value = Document::from_text(text).to_value(TEXT_LIMIT);
        assert_eq!(value["content"][0]["content"][0]["text"], "usergpj.exe \u{5e9}\u{5dc}");
    }

    #[test]
    fn what_is_cut_ends_in_an_ellipsis() {
        let value = Document::from_text(&"word ".repeat(10_000)).to_value(TEXT_LIMIT);
        let last = value["content"].as_array().and_then(|content| content.last()).expect("content");
        assert_eq!(last["content"][0]["text"], "…");
        assert!(cut_summary(&"word ".repeat(100)).ends_with('…'));
    }
}
