//! Rich text: which documents or texts the site takes, and how its pages show them.

use serde_json::Value;

/// Whether a value is a document that the site takes.
pub(super) fn is_valid(document: &Value, limit: usize) -> bool {
    document["type"] == "doc"
        && document["version"] == 1
        && document["content"].is_array()
        && has_only(document, &["type", "version", "content"])
        && children(document).iter().all(is_block)
        && plain_text(document).encode_utf16().count() <= limit
}

fn children(node: &Value) -> &[Value] {
    node["content"].as_array().map_or(&[], Vec::as_slice)
}

fn has_only(node: &Value, keys: &[&str]) -> bool {
    node.as_object().is_some_and(|object| object.keys().all(|key| keys.contains(&key.as_str())))
}

fn is_block(node: &Value) -> bool {
    if !has_only(node, &["type", "attrs", "content"]) {
        return false;
    }
    let all = |check: fn(&Value) -> bool| children(node).iter().all(check);
    match node["type"].as_str().unwrap_or_default() {
        "paragraph" => all(is_inline),
        "heading" => {
            node["attrs"]["level"].as_u64().is_some_and(|level| (1..=6).contains(&level)) && all(is_inline)
        }
        "codeBlock" => {
            all(|child| child["type"] == "text" && child.get("marks").is_none() && is_inline(child))
        }
        "bulletList" | "orderedList" => !children(node).is_empty() && all(is_item),
        "blockquote" | "panel" => !children(node).is_empty() && all(is_block),
        "rule" => node.get("content").is_none(),
        "table" => !children(node).is_empty() && all(is_row),
        _ => false,
    }
}

fn is_item(node: &Value) -> bool {
    node["type"] == "listItem"
        && !children(node).is_empty()
        && children(node).iter().all(|child| {
            matches!(child["type"].as_str(), Some("paragraph" | "bulletList" | "orderedList" | "codeBlock"))
                && is_block(child)
        })
}

fn is_row(node: &Value) -> bool {
    node["type"] == "tableRow"
        && node["content"].is_array()
        && children(node).iter().all(|cell| {
            matches!(cell["type"].as_str(), Some("tableHeader" | "tableCell"))
                && !children(cell).is_empty()
                && children(cell).iter().all(is_block)
        })
}

fn is_inline(node: &Value) -> bool {
    match node["type"].as_str() {
        Some("hardBreak") => has_only(node, &["type", "attrs"]),
        Some("text") => {
            has_only(node, &["type", "text", "marks"])
                && node["text"].as_str().is_some_and(|text| !text.is_empty())
                && node["marks"].as_array().is_none_or(|marks| marks.iter().all(is_mark))
        }
        _ => false,
    }
}

fn is_mark(mark: &Value) -> bool {
    match mark["type"].as_str() {
        Some("strong" | "em" | "code" | "strike" | "underline") => true,
        Some("link") => mark["attrs"]["href"].is_string(),
        _ => false,
    }
}

/// The text of a document, as webhooks and the search carry it.
pub(super) fn plain_text(node: &Value) -> String {
    if let Some(text) = node.as_str() {
        return text.to_owned();
    }
    match node["type"].as_str() {
        Some("text") => node["text"].as_str().unwrap_or_default().to_owned(),
        Some("hardBreak") => "\n".to_owned(),
        Some("paragraph" | "heading" | "codeBlock") => children(node).iter().map(plain_text).collect(),
        _ => children(node).iter().map(plain_text).collect::<Vec<_>>().join("\n"),
    }
}

/// A document as HTML; every piece of text and every address in it is escaped here.
pub(super) fn html(node: &Value) -> String {
    if let Some(text) = node.as_str() {
        return format!("<p>{}</p>", escape(text).replace('\n', "<br>"));
    }
    let inner = || children(node).iter().map(html).collect::<String>();
    let within = |tag: &str| format!("<{tag}>{}</{tag}>", inner());
    match node["type"].as_str().unwrap_or_default() {
        "text" => text_html(node),
        "hardBreak" => "<br>".to_owned(),
        "rule" => "<hr>".to_owned(),
        "paragraph" => within("p"),
        // The page itself has the first two levels.
        "heading" => within(if node["attrs"]["level"].as_u64().unwrap_or(1) <= 2 { "h3" } else { "h4" }),
        "codeBlock" => format!("<pre><code>{}</code></pre>", inner()),
        "bulletList" => within("ul"),
        "orderedList" => within("ol"),
        "listItem" => within("li"),
        "blockquote" | "panel" => within("blockquote"),
        "table" => format!("<table><tbody>{}</tbody></table>", inner()),
        "tableRow" => within("tr"),
        "tableHeader" => within("th"),
        "tableCell" => within("td"),
        _ => inner(),
    }
}

fn text_html(node: &Value) -> String {
    let mut html = escape(node["text"].as_str().unwrap_or_default());
    for mark in node["marks"].as_array().into_iter().flatten() {
        html = match mark["type"].as_str().unwrap_or_default() {
            "link" => {
                let href = mark["attrs"]["href"].as_str().unwrap_or_default();
                if href.starts_with("https://") || href.starts_with("http://") {
                    format!("<a href=\"{}\" rel=\"noreferrer\">{html}</a>", escape(href))
                } else {
                    html
                }
            }
            "strong" => format!("<strong>{html}</strong>"),
            "em" => format!("<em>{html}</em>"),
            "code" => format!("<code>{html}</code>"),
            "strike" => format!("<s>{html}</s>"),
            "underline" => format!("<u>{html}</u>"),
            _ => html,
        };
    }
    html
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn document(content: Value) -> Value {
        json!({ "type": "doc", "version": 1, "content": content })
    }

    #[test]
    fn empty_text_and_unknown_nodes_are_refused() {
        let paragraph = |content: Value| document(json!([{ "type": "paragraph", "content": content }]));
        assert!(is_valid(&document(json!([])), 32_767));
        assert!(is_valid(&paragraph(json!([{ "type": "text", "text": "a" }])), 32_767));
        assert!(!is_valid(&paragraph(json!([{ "type": "text", "text": "" }])), 32_767));
        assert!(!is_valid(&paragraph(json!([{ "type": "blink", "text": "a" }])), 32_767));
        assert!(!is_valid(&document(json!([{ "type": "bulletList", "content": [] }])), 32_767));
        assert!(!is_valid(&json!("text"), 32_767));
        assert!(!is_valid(&paragraph(json!([{ "type": "text", "text": "a".repeat(32_768) }])), 32_767));
    }

    proptest! {
        #[test]
        fn no_text_becomes_markup(text in "[<>&\"'a-z]{1,20}", href in "[<>&\"'a-z:]{0,20}") {
            let node = json!({ "type": "text", "text": text,
                "marks": [{ "type": "link", "attrs": { "href": format!("https://{href}") } }] });
            let html = html(&document(json!([{ "type": "paragraph", "content": [node] }])));
            let inner = html.strip_prefix("<p><a href=\"").and_then(|rest| rest.strip_suffix("</a></p>"));
            let (before, after) = inner.and_then(|rest| rest.split_once("\" rel=\"noreferrer\">")).expect("one link");
            prop_assert!(!before.contains(['<', '>', '"']) && !after.contains(['<', '>']));
        }
    }
}
