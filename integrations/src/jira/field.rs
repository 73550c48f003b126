//! The fields that can be changed on an issue.

use serde_json::Value;

use super::client::{Call, JiraClient};
use super::error::JiraError;

impl JiraClient {
    /// The ids of the fields that our account may edit on an issue. A field that is not among them is refused, and
    /// with it the whole edit.
    pub async fn edit_fields(&self, id: &str) -> Result<Vec<String>, JiraError> {
        let value: Value = self.send(Call::read(self.path(&format!("issue/{id}/editmeta")))).await?;
        Ok(value["fields"].as_object().into_iter().flatten().map(|(field, _)| field.clone()).collect())
    }
}
