//! Comments of an issue.

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::adf::Document;
use super::client::{Call, JiraClient};
use super::error::JiraError;
use super::model::{Account, instant, one_line_end};

/// How many comments one call reads.
pub const COMMENTS: usize = 100;

/// A comment.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    /// The id.
    pub id: String,
    /// Who wrote it, where the account still exists.
    pub author: Option<Account>,
    /// A document of Cloud, or a text of Data Center with single line ends.
    pub body: Value,
    /// Whether only some of those may read it who may read the issue.
    pub restricted: bool,
    /// When it was written.
    pub created: Option<DateTime<Utc>>,
}

impl JiraClient {
    /// Adds a comment; answers its id. A lost answer leaves it unknown: look at [`Self::newest_comments`] before adding
    /// it again, and compare with [`Self::rich_text`].
    pub async fn add_comment(&self, id: &str, body: &Document) -> Result<String, JiraError> {
        #[derive(Deserialize)]
        struct Answer {
            id: String,
        }
        let body = json!({ "body": self.rich_text(body) });
        let call = Call::write(Method::POST, self.path(&format!("issue/{id}/comment")), body);
        Ok(self.send::<Answer>(call).await?.id)
    }

    /// The newest hundred comments, newest first.
    pub async fn newest_comments(&self, id: &str) -> Result<Vec<Comment>, JiraError> {
        self.comments_from(id, 0).await
    }

    /// Up to [`COMMENTS`] comments, newest first, from the one with number `start` on.
    pub async fn comments_from(&self, id: &str, start: usize) -> Result<Vec<Comment>, JiraError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            comments: Vec<Value>,
        }
        let call = Call::read(self.path(&format!("issue/{id}/comment")))
            .query("orderBy", "-created")
            .query("startAt", start.to_string())
            .query("maxResults", COMMENTS.to_string());
        let answer: Answer = self.send(call).await?;
        Ok(answer
            .comments
            .into_iter()
            .map(|comment| Comment {
                id: comment["id"].as_str().unwrap_or_default().to_owned(),
                author: serde_json::from_value(comment["author"].clone()).ok(),
                created: comment["created"].as_str().and_then(instant),
                restricted: !comment["visibility"].is_null() || comment["jsdPublic"] == false,
                body: one_line_end(&comment["body"]),
            })
            .collect())
    }
}
