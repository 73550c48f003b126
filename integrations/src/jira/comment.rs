//! Comments of an issue.

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::adf::Document;
use super::client::{Call, JiraClient};
use super::error::JiraError;
use super::model::{Account, instant};

/// A comment.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    /// The id.
    pub id: String,
    /// Who wrote it, where the account still exists.
    pub author: Option<Account>,
    /// An ADF document.
    pub body: Value,
    /// When it was written.
    pub created: Option<DateTime<Utc>>,
}

impl JiraClient {
    /// Adds a comment and answers its id. A lost answer leaves it unknown: look at [`Self::newest_comments`] before adding
    /// it again.
    pub async fn add_comment(&self, id: &str, body: &Document) -> Result<String, JiraError> {
        #[derive(Deserialize)]
        struct Answer {
            id: String,
        }
        let call = Call::write(
            Method::POST,
            format!("/rest/api/3/issue/{id}/comment"),
            json!({ "body": body.to_value() }),
        );
        self.send(call).await.map(|answer: Answer| answer.id)
    }

    /// The newest hundred comments, newest first.
    pub async fn newest_comments(&self, id: &str) -> Result<Vec<Comment>, JiraError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            comments: Vec<Value>,
        }
        let call = Call::read(format!("/rest/api/3/issue/{id}/comment"))
            .query("orderBy", "-created")
            .query("maxResults", "100");
        let answer: Answer = self.send(call).await?;
        Ok(answer
            .comments
            .into_iter()
            .map(|comment| Comment {
                id: comment["id"].as_str().unwrap_or_default().to_owned(),
                author: serde_json::from_value(comment["author"].clone()).ok(),
                created: comment["created"].as_str().and_then(instant),
                body: comment["body"].clone(),
            })
            .collect())
    }
}
