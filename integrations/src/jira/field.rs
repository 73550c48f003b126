//! The fields that can be changed on an issue.

use serde_json::{Value, json};

use super::client::{Call, JiraClient};
use super::error::JiraError;
use super::project::{CreateField, create_field};

impl JiraClient {
    /// The fields that the edit screen of an issue takes from our account. It is another screen than the one of its
    /// creation, and a field that it lacks is refused, and with it the whole edit.
    pub async fn edit_fields(&self, id: &str) -> Result<Vec<CreateField>, JiraError> {
        let value: Value = self.send(Call::read(self.path(&format!("issue/{id}/editmeta")))).await?;
        let fields = value["fields"].as_object().into_iter().flatten();
        let fields = fields.filter(|(_, field)| field.is_object()).filter_map(|(id, field)| {
            let mut field = field.clone();
            field["fieldId"] = json!(id);
            create_field(&field)
        });
        Ok(fields.collect())
    }
}
