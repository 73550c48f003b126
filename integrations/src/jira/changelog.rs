//! The history of an issue: who moved it last.

use serde_json::Value;

use super::client::{Call, JiraClient};
use super::dialect::Dialect;
use super::error::JiraError;
use super::model::{StatusChange, instant};

/// How many entries a page of Cloud holds at most.
const PAGE: usize = 100;

/// A page of an issue's history, oldest entry first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangelogPage {
    /// How many entries the whole history has.
    pub total: usize,
    /// The newest change of status on this page.
    pub status_change: Option<StatusChange>,
}

impl JiraClient {
    /// The entries of an issue's history from number `start` on, up to a hundred; Cloud only, as Data Center shows the
    /// whole history with the issue.
    pub async fn changelog(&self, id: &str, start: usize) -> Result<ChangelogPage, JiraError> {
        let call = Call::read(self.path(&format!("issue/{id}/changelog")))
            .query("startAt", start.to_string())
            .query("maxResults", PAGE.to_string());
        let page: Value = self.send(call).await?;
        let total = page["total"].as_u64().and_then(|total| usize::try_from(total).ok());
        Ok(ChangelogPage {
            total: total.unwrap_or_default(),
            status_change: last_status_change(&page["values"]),
        })
    }

    /// The newest change of status of an issue whose answer is `issue`. What is shown with an issue may be a part of
    /// its history only; then the pages are read, newest first.
    pub(crate) async fn status_change(
        &self,
        id: &str,
        issue: &Value,
    ) -> Result<Option<StatusChange>, JiraError> {
        let shown = &issue["changelog"];
        let change = last_status_change(&shown["histories"]);
        let Some(total) = unread(shown).filter(|_| self.dialect() == Dialect::Cloud) else {
            return Ok(change);
        };
        if change.is_some() && is_newest_first(&shown["histories"]) {
            return Ok(change);
        }
        let mut end = total;
        while end > 0 {
            let start = end.saturating_sub(PAGE);
            let page = self.changelog(id, start).await?;
            if page.status_change.is_some() {
                return Ok(page.status_change);
            }
            end = start;
        }
        Ok(change)
    }
}

/// How many entries a history has, where not all of them are shown.
fn unread(changelog: &Value) -> Option<usize> {
    let shown = changelog["histories"].as_array()?.len();
    changelog["total"].as_u64().and_then(|total| usize::try_from(total).ok()).filter(|total| *total > shown)
}

/// Whether entries come newest first, as far as their times tell.
fn is_newest_first(histories: &Value) -> bool {
    let at = |entry: Option<&Value>| entry.and_then(|entry| instant(entry["created"].as_str()?));
    let entries = histories.as_array().map_or(&[][..], Vec::as_slice);
    match (at(entries.first()), at(entries.last())) {
        (Some(first), Some(last)) => first > last,
        _ => false,
    }
}

/// The newest change of status in a history, which JIRA gives in no promised order.
pub(crate) fn last_status_change(histories: &Value) -> Option<StatusChange> {
    histories
        .as_array()?
        .iter()
        .filter_map(|history| {
            let item = history["items"].as_array()?.iter().rfind(|item| item["field"] == "status")?;
            let change = StatusChange {
                at: instant(history["created"].as_str()?)?,
                by: serde_json::from_value(history["author"].clone()).ok(),
                to: item["to"].as_str().unwrap_or_default().to_owned(),
            };
            // Of two changes in one instant, the later has the higher number.
            Some((history["id"].as_str().and_then(|id| id.parse::<u64>().ok()), change))
        })
        .max_by_key(|(id, change)| (change.at, *id))
        .map(|(_, change)| change)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn history(at: &str, to: &str) -> Value {
        json!({ "created": at, "author": { "accountId": "a" }, "items": [{ "field": "status", "to": to }] })
    }

    #[test]
    fn the_last_status_change_is_the_newest_whatever_the_order() {
        let first = history("2026-11-21T01:00:00.000+0000", "3");
        let last = history("2026-11-21T02:00:00.000+0000", "10002");
        for order in [[&first, &last], [&last, &first]] {
            assert_eq!(last_status_change(&json!(order)).map(|change| change.to), Some("10002".to_owned()));
        }
    }

    #[test]
    fn a_history_that_is_cut_says_how_long_it_is() {
        let entry = history("2026-11-21T01:00:00.000+0000", "3");
        assert_eq!(unread(&json!({ "total": 140, "histories": [entry] })), Some(140));
        assert_eq!(unread(&json!({ "total": 1, "histories": [entry] })), None);
        assert_eq!(unread(&json!({ "histories": [entry] })), None);
        assert_eq!(unread(&Value::Null), None);
    }

    #[test]
    fn the_order_is_told_by_the_times() {
        let old = history("2026-11-21T01:00:00.000+0000", "3");
        let new = history("2026-11-21T02:00:00.000+0000", "4");
        assert!(is_newest_first(&json!([new, old])));
        assert!(!is_newest_first(&json!([old, new])));
        assert!(!is_newest_first(&json!([new])));
        assert!(!is_newest_first(&json!([])));
    }
}
