//! What was changed on an issue, by whom and when.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::model::{Account, instant};

/// One change of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The number of the entry; the changes that somebody made at once share it.
    pub entry: String,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom; unknown where a rule or a removed account made it.
    pub by: Option<Account>,
    /// The field.
    pub field: String,
    /// The id of the value after, where it has one.
    pub to: Option<String>,
}

impl FieldChange {
    /// The number of the entry, to tell the earlier from the later.
    pub fn number(&self) -> u64 {
        self.entry.parse().unwrap_or_default()
    }
}

/// The changes in a history, oldest first; JIRA gives them in no promised order.
pub(crate) fn changes(histories: &Value) -> Vec<FieldChange> {
    let mut all: Vec<FieldChange> = histories.as_array().into_iter().flatten().flat_map(entry).collect();
    all.sort_by_key(|change| (change.at, change.number()));
    all
}

fn entry(history: &Value) -> Vec<FieldChange> {
    let Some(at) = history["created"].as_str().and_then(instant) else { return Vec::new() };
    let by: Option<Account> = serde_json::from_value(history["author"].clone()).ok();
    let items = history["items"].as_array().into_iter().flatten();
    items
        .filter_map(|item| {
            let field = item["fieldId"].as_str().or_else(|| item["field"].as_str())?;
            Some(FieldChange {
                entry: history["id"].as_str().unwrap_or_default().to_owned(),
                at,
                by: by.clone(),
                // Data Center has no ids here, and writes some names with blanks.
                field: field.replace(' ', "").to_lowercase(),
                to: item["to"].as_str().map(str::to_owned),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_come_oldest_first_and_with_one_name_a_field() {
        let history = |id: &str, at: &str, item: Value| json!({ "id": id, "created": at, "author": { "accountId": "a" }, "items": [item] });
        let found = changes(&json!([
            history("9", "2026-11-21T02:00:00.000+0000", json!({ "field": "Due Date", "to": "2026-12-01" })),
            history("8", "2026-11-21T01:00:00.000+0000", json!({ "field": "Summary", "fieldId": "summary" })),
            history("7", "soon", json!({ "field": "labels" })),
            json!("nothing"),
        ]));
        let said: Vec<(&str, &str)> =
            found.iter().map(|change| (change.entry.as_str(), change.field.as_str())).collect();
        assert_eq!(said, [("8", "summary"), ("9", "duedate")]);
    }
}
