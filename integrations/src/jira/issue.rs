//! Creates, reads and edits issues.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Call, JiraClient, refusal_of};
use super::error::{JiraError, Refusal};
use super::marker::PROPERTY_KEY;
use super::model::{CreatedIssue, Issue, IssueEdit, NewIssue};
use super::project::{CreateField, create_field};

/// How many issues one bulk call may create.
pub const BULK_LIMIT: usize = 50;

/// How many issues one bulk call may read.
pub const FETCH_LIMIT: usize = 100;

/// What became of the issues of a bulk call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkCreated {
    /// The created ones. JIRA does not promise their order: the marker says which is which.
    pub created: Vec<CreatedIssue>,
    /// The refused ones, by position in the request.
    pub refused: Vec<(usize, Refusal)>,
}

impl JiraClient {
    /// Creates one issue together with its marker.
    pub async fn create_issue(&self, issue: &NewIssue) -> Result<CreatedIssue, JiraError> {
        self.send(Call::write(Method::POST, "/rest/api/3/issue", issue.to_body())).await
    }

    /// Creates up to [`BULK_LIMIT`] issues. An unknown outcome is unknown for each of them.
    pub async fn create_issues(&self, issues: &[NewIssue]) -> Result<BulkCreated, JiraError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Failed {
            #[serde(default)]
            status: u16,
            #[serde(default)]
            element_errors: Value,
            failed_element_number: usize,
        }
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            issues: Vec<CreatedIssue>,
            #[serde(default)]
            errors: Vec<Failed>,
        }
        let updates: Vec<Value> = issues.iter().map(NewIssue::to_body).collect();
        let call = Call::write(Method::POST, "/rest/api/3/issue/bulk", json!({ "issueUpdates": updates }));
        let answer: Answer = match self.send(call).await {
            // All of them refused: JIRA gives the same shape with a 400.
            Err(JiraError::Refused(refusal)) => {
                let of = |index| refusal.elements.get(&index).unwrap_or(&refusal).clone();
                let refused = (0..issues.len()).map(|index| (index, of(index))).collect();
                return Ok(BulkCreated { created: Vec::new(), refused });
            }
            answer => answer?,
        };
        let refused = answer
            .errors
            .iter()
            .map(|failed| (failed.failed_element_number, refusal_of(failed.status, &failed.element_errors)))
            .collect();
        Ok(BulkCreated { created: answer.issues, refused })
    }

    /// Reads one issue with the given fields and our marker. Always the truth, unlike a search.
    pub async fn issue(&self, id: &str, fields: &[&str]) -> Result<Issue, JiraError> {
        self.read_issue(Call::read(format!("/rest/api/3/issue/{id}")), fields).await
    }

    /// As [`Self::issue`], with the last change of status.
    pub async fn issue_with_history(&self, id: &str, fields: &[&str]) -> Result<Issue, JiraError> {
        self.read_issue(Call::read(format!("/rest/api/3/issue/{id}")).query("expand", "changelog"), fields)
            .await
    }

    async fn read_issue(&self, call: Call, fields: &[&str]) -> Result<Issue, JiraError> {
        let call = call.query("fields", fields.join(",")).query("properties", PROPERTY_KEY);
        let value: Value = self.send(call).await?;
        Issue::from_value(&value).ok_or_else(|| JiraError::Unavailable {
            detail: "the answer is not an issue".to_owned(),
            retry_after: None,
        })
    }

    /// Reads up to [`FETCH_LIMIT`] issues by id or key with their markers; those that JIRA does not show are
    /// left out.
    pub async fn issues(&self, ids: &[String], fields: &[&str]) -> Result<Vec<Issue>, JiraError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            issues: Vec<Value>,
        }
        let body = json!({ "issueIdsOrKeys": ids, "fields": fields, "properties": [PROPERTY_KEY] });
        let answer: Answer = self.send(Call::ask("/rest/api/3/issue/bulkfetch", body)).await?;
        Ok(answer.issues.iter().filter_map(Issue::from_value).collect())
    }

    /// The fields that the edit screen of an issue takes. It is another screen than the one of its creation.
    pub async fn edit_fields(&self, id: &str) -> Result<Vec<CreateField>, JiraError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            fields: BTreeMap<String, Value>,
        }
        let answer: Answer = self.send(Call::read(format!("/rest/api/3/issue/{id}/editmeta"))).await?;
        let field = |(id, mut value): (String, Value)| {
            value["fieldId"] = json!(id);
            create_field(&value)
        };
        let objects = answer.fields.into_iter().filter(|(_, value)| value.is_object());
        Ok(objects.filter_map(field).collect())
    }

    /// Writes the given fields. Writing the same again changes nothing, so an unknown outcome may be repeated.
    pub async fn edit_issue(&self, id: &str, edit: &IssueEdit) -> Result<(), JiraError> {
        self.send_for_status(Call::write(Method::PUT, format!("/rest/api/3/issue/{id}"), edit.to_body()))
            .await
            .map(|_| ())
    }
}
