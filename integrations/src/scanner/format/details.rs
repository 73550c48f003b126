//! Further details of a finding, as formats put them together.

use serde_json::Value;

/// A small JSON object of the entries that say anything.
pub(super) fn details<'e>(entries: impl IntoIterator<Item = (&'e str, Value)>) -> String {
    let says_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    let object: serde_json::Map<_, _> = entries
        .into_iter()
        .filter(|(_, value)| !says_nothing(value))
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Value::Object(object).to_string()
}

/// The first ten addresses, each once.
pub(super) fn references<'u>(urls: impl IntoIterator<Item = &'u str>) -> Value {
    let mut kept: Vec<&str> = Vec::new();
    for url in urls {
        let url = url.trim();
        if kept.len() < 10 && !url.is_empty() && url.len() <= 2_000 && !kept.contains(&url) {
            kept.push(url);
        }
    }
    Value::from(kept)
}

/// The first line of a description where it is short enough for a title.
pub(super) fn headline(description: &str) -> &str {
    description.trim().lines().next().map(str::trim).filter(|line| line.len() <= 120).unwrap_or_default()
}

/// The GHSA id at the end of an advisory's address.
pub(super) fn ghsa_of(url: &str) -> Option<&str> {
    let id = url.trim().trim_end_matches('/').rsplit('/').next()?;
    id.get(..5).filter(|start| start.eq_ignore_ascii_case("GHSA-")).map(|_| id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_something_is_kept() {
        assert_eq!(
            details([("url", Value::from("")), ("n", Value::from(1)), ("x", Value::Null)]),
            r#"{"n":1}"#
        );
        assert_eq!(references(["a", "", "a", "b"]), serde_json::json!(["a", "b"]));
        assert_eq!(ghsa_of("https://github.com/advisories/GHSA-1-2-3"), Some("GHSA-1-2-3"));
        assert_eq!(ghsa_of("https://example.com/advisories/1"), None);
    }
}
