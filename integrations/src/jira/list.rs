//! Lists that come in pages by number, whose items each kind of JIRA calls differently.

use serde_json::Value;

use super::client::{Call, JiraClient};
use super::error::JiraError;

/// How many items to ask for at once; JIRA may give fewer.
const PAGE: usize = 100;

impl JiraClient {
    /// All items of a list, which Cloud calls `name` and Data Center `values`.
    pub(crate) async fn list(&self, path: &str, name: &str) -> Result<Vec<Value>, JiraError> {
        let mut all = Vec::new();
        loop {
            let call = Call::read(path)
                .query("startAt", all.len().to_string())
                .query("maxResults", PAGE.to_string());
            let mut page: Value = self.send(call).await?;
            let items = [name, "values"].into_iter().find_map(|name| match page[name].take() {
                Value::Array(items) => Some(items),
                _ => None,
            });
            let items = items.unwrap_or_default();
            let read = items.len();
            all.extend(items);
            if read == 0 || is_last(&page, read, all.len()) {
                return Ok(all);
            }
        }
    }
}

/// Whether a page is the last one: the site says so, or has given all that there are, or fewer than were asked for.
fn is_last(page: &Value, read: usize, so_far: usize) -> bool {
    match (page["isLast"].as_bool(), page["total"].as_u64()) {
        (Some(last), _) => last,
        (None, Some(total)) => so_far as u64 >= total,
        (None, None) => read < PAGE,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_short_page_is_the_last_only_where_nothing_says_otherwise() {
        assert!(is_last(&json!({ "isLast": true, "total": 90 }), 50, 50));
        assert!(!is_last(&json!({ "total": 90 }), 50, 50));
        assert!(is_last(&json!({ "total": 90 }), 40, 90));
        assert!(is_last(&json!({}), 99, 99));
        assert!(!is_last(&json!({}), 100, 100));
    }
}
