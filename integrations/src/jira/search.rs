//! Searches issues. The index lags behind by seconds to minutes: an empty answer proves nothing by itself.

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Call, JiraClient};
use super::error::JiraError;
use super::marker::PROPERTY_KEY;
use super::model::Issue;

/// How many issues to ask for at once; JIRA may give fewer.
const PAGE: usize = 100;

/// How many issues to ask for at once where their ids are enough.
const ID_PAGE: usize = 5_000;

/// A page of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchPage {
    /// The issues with their markers.
    pub issues: Vec<Issue>,
    /// Asks for the next page; a short page is not the last one.
    pub next_page_token: Option<String>,
}

impl JiraClient {
    /// One page of a search, with the given fields and our marker.
    pub async fn search(
        &self,
        jql: &str,
        fields: &[&str],
        page_token: Option<&str>,
    ) -> Result<SearchPage, JiraError> {
        let body = json!({ "jql": jql, "fields": fields, "properties": [PROPERTY_KEY], "maxResults": PAGE });
        self.page(body, page_token).await
    }

    async fn page(&self, mut body: Value, page_token: Option<&str>) -> Result<SearchPage, JiraError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            #[serde(default)]
            issues: Vec<Value>,
            #[serde(default)]
            next_page_token: Option<String>,
            #[serde(default)]
            is_last: Option<bool>,
        }
        if let Some(token) = page_token {
            body["nextPageToken"] = json!(token);
        }
        let answer: Answer = self.send(Call::ask("/rest/api/3/search/jql", body)).await?;
        let more = !answer.is_last.unwrap_or(answer.next_page_token.is_none());
        Ok(SearchPage {
            issues: answer.issues.iter().filter_map(Issue::from_value).collect(),
            next_page_token: answer.next_page_token.filter(|_| more),
        })
    }

    /// The ids of all issues that a search finds, in few calls.
    pub async fn search_ids(&self, jql: &str) -> Result<Vec<String>, JiraError> {
        let mut ids = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let body = json!({ "jql": jql, "fields": ["id"], "maxResults": ID_PAGE });
            let page = self.page(body, token.as_deref()).await?;
            ids.extend(page.issues.into_iter().map(|issue| issue.id));
            match page.next_page_token {
                Some(next) if token.as_ref() != Some(&next) => token = Some(next),
                _ => return Ok(ids),
            }
        }
    }

    /// All pages of a search.
    pub async fn search_all(&self, jql: &str, fields: &[&str]) -> Result<Vec<Issue>, JiraError> {
        let mut all = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let page = self.search(jql, fields, token.as_deref()).await?;
            all.extend(page.issues);
            match page.next_page_token {
                Some(next) if token.as_ref() != Some(&next) => token = Some(next),
                _ => return Ok(all),
            }
        }
    }
}

/// `text` as a string of the query language.
pub fn quote_jql(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_cannot_be_left() {
        assert_eq!(quote_jql(r#"a" OR project = "B\"#), r#""a\" OR project = \"B\\""#);
    }
}
