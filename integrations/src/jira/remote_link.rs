//! The link from an issue back to us.

use reqwest::Method;
use serde_json::json;

use super::client::{Call, JiraClient};
use super::error::JiraError;

/// A link back, idempotent by its global id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteLink {
    /// The same for every write of the same link.
    pub global_id: String,
    /// Where it leads.
    pub url: String,
    /// What people read.
    pub title: String,
    /// A line below it.
    pub summary: String,
}

impl JiraClient {
    /// Writes a link; the second write of the same global id replaces the first.
    pub async fn put_remote_link(&self, id: &str, link: &RemoteLink) -> Result<(), JiraError> {
        let body = json!({
            "globalId": link.global_id,
            "application": { "type": "abate", "name": "Abate" },
            "relationship": "remediates",
            "object": { "url": link.url, "title": link.title, "summary": link.summary },
        });
        let call = Call::write(Method::POST, self.path(&format!("issue/{id}/remotelink")), body);
        self.send_for_status(call).await.map(|_| ())
    }
}
