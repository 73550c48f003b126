//! The entity property that holds our marker.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Call, JiraClient};
use super::error::JiraError;
use super::marker::{Marker, PROPERTY_KEY};

impl JiraClient {
    /// Our marker on an issue; `None` where the issue has none that can be read, or is not shown itself.
    pub async fn marker(&self, id: &str) -> Result<Option<Marker>, JiraError> {
        #[derive(Deserialize)]
        struct Answer {
            value: Value,
        }
        let call = Call::read(self.path(&format!("issue/{id}/properties/{PROPERTY_KEY}")));
        match self.send::<Answer>(call).await {
            Ok(answer) => Ok(Marker::read(&answer.value)),
            Err(JiraError::NotFoundOrHidden) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes our marker onto an issue.
    pub async fn set_marker(&self, id: &str, marker: &Marker) -> Result<(), JiraError> {
        let path = self.path(&format!("issue/{id}/properties/{PROPERTY_KEY}"));
        self.send_for_status(Call::write(Method::PUT, path, json!(marker))).await.map(|_| ())
    }
}
