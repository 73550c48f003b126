//! What a project takes: its issue types, and the fields of their create screens.

use serde::{Deserialize, Serialize};

use super::client::{Call, JiraClient};
use super::error::JiraError;
use super::field_value::FieldKind;
use super::model::Named;

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Project {
    /// The id.
    pub id: String,
    /// The key.
    pub key: String,
    /// The name.
    #[serde(default)]
    pub name: String,
}

/// A kind of issue that a project knows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct IssueType {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// Whether it lives under another issue only.
    #[serde(default)]
    pub subtask: bool,
}

/// A field of a create screen. A field that is not on the screen is refused, so nothing else may be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateField {
    /// The id: `summary`, `customfield_10050`.
    pub field_id: String,
    /// What people read.
    pub name: String,
    /// What it takes.
    pub kind: FieldKind,
    /// Whether an issue without it is refused.
    pub required: bool,
    /// Whether JIRA fills it in.
    pub has_default_value: bool,
    /// The values to choose from.
    pub allowed_values: Vec<Named>,
}

impl JiraClient {
    /// A project by key or id.
    pub async fn project(&self, key: &str) -> Result<Project, JiraError> {
        self.send(Call::read(self.path(&format!("project/{key}")))).await
    }

    /// The issue types of a project.
    pub async fn issue_types(&self, project: &str) -> Result<Vec<IssueType>, JiraError> {
        let path = self.path(&format!("issue/createmeta/{project}/issuetypes"));
        let types = self.list(&path, "issueTypes").await?;
        Ok(types.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect())
    }

    /// The fields of the create screen of an issue type.
    pub async fn create_fields(
        &self,
        project: &str,
        issue_type: &str,
    ) -> Result<Vec<CreateField>, JiraError> {
        let path = self.path(&format!("issue/createmeta/{project}/issuetypes/{issue_type}"));
        Ok(self.list(&path, "fields").await?.iter().filter_map(create_field).collect())
    }
}

/// Reads a field leniently: the allowed values of exotic fields have neither id nor name.
pub(crate) fn create_field(value: &serde_json::Value) -> Option<CreateField> {
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let truth = |name: &str| value[name].as_bool().unwrap_or_default();
    Some(CreateField {
        field_id: text("fieldId").or_else(|| text("key"))?,
        name: text("name").unwrap_or_default(),
        kind: FieldKind::of_schema(&value["schema"]),
        required: truth("required"),
        has_default_value: truth("hasDefaultValue"),
        allowed_values: value["allowedValues"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|value| serde_json::from_value(value.clone()).ok())
            .collect(),
    })
}
