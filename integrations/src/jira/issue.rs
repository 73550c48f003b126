//! Creates, reads and edits issues.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::refusal_of;
use super::client::{Call, JiraClient};
use super::error::{JiraError, Refusal};
use super::issue_edit::{IssueEdit, NewIssue};
use super::marker::PROPERTY_KEY;
use super::model::{CreatedIssue, Issue};

/// How many issues one bulk call may create.
pub const BULK_LIMIT: usize = 50;

/// How often one issue of many is read.
const READS: usize = 3;

/// What became of the issues of a bulk call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkCreated {
    /// The created ones. JIRA does not promise their order: the marker says which is which.
    pub created: Vec<CreatedIssue>,
    /// The refused ones, by position in the request.
    pub refused: Vec<(usize, Refusal)>,
}

impl JiraClient {
    /// What [`Self::create_issue`] sends.
    #[must_use]
    pub fn create_body(&self, issue: &NewIssue) -> Value {
        issue.to_body(self.dialect(), self.text_limit())
    }

    /// What [`Self::edit_issue`] sends.
    #[must_use]
    pub fn edit_body(&self, edit: &IssueEdit) -> Value {
        edit.to_body(self.dialect(), self.text_limit())
    }

    /// Creates one issue together with its marker.
    pub async fn create_issue(&self, issue: &NewIssue) -> Result<CreatedIssue, JiraError> {
        self.send(Call::write(Method::POST, self.path("issue"), self.create_body(issue))).await
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
        let updates: Vec<Value> = issues.iter().map(|issue| self.create_body(issue)).collect();
        let call = Call::write(Method::POST, self.path("issue/bulk"), json!({ "issueUpdates": updates }));
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
        let value = self.read_issue(Call::read(self.path(&format!("issue/{id}"))), fields).await?;
        issue_of(&value)
    }

    /// As [`Self::issue`], with the last change of status.
    pub async fn issue_with_history(&self, id: &str, fields: &[&str]) -> Result<Issue, JiraError> {
        let call = Call::read(self.path(&format!("issue/{id}"))).query("expand", "changelog");
        let value = self.read_issue(call, fields).await?;
        let mut issue = issue_of(&value)?;
        issue.status_change = self.status_change(id, &value).await?;
        Ok(issue)
    }

    async fn read_issue(&self, call: Call, fields: &[&str]) -> Result<Value, JiraError> {
        self.send(call.query("fields", fields.join(",")).query("properties", PROPERTY_KEY)).await
    }

    /// How many issues [`Self::issues`] and [`Self::glance`] take at once.
    #[must_use]
    pub fn fetch_limit(&self) -> usize {
        self.dialect().fetch_limit()
    }

    /// Reads issues by id or key with their markers; those that JIRA does not show are left out. One call on Cloud, one
    /// call an issue on Data Center: where markers are of no interest, [`Self::glance`] needs fewer.
    pub async fn issues(&self, ids: &[String], fields: &[&str]) -> Result<Vec<Issue>, JiraError> {
        if self.dialect().has_bulk_read() {
            return self.fetch(ids, fields).await;
        }
        let mut issues = Vec::new();
        for id in ids {
            match self.read_again(id, fields).await {
                Ok(issue) => issues.push(issue),
                Err(JiraError::NotFoundOrHidden) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(issues)
    }

    /// Reads one issue of many: where one call in ten fails, a list of them would never be read otherwise.
    async fn read_again(&self, id: &str, fields: &[&str]) -> Result<Issue, JiraError> {
        for _ in 1..READS {
            match self.issue(id, fields).await {
                Err(JiraError::Unavailable { retry_after: None, .. }) => {}
                answer => return answer,
            }
        }
        self.issue(id, fields).await
    }

    /// Reads issues by id in few calls, on Data Center out of the search and so without most markers
    /// ([`Issue::marker_asked`]). Those that JIRA does not show are left out.
    pub async fn glance(&self, ids: &[String], fields: &[&str]) -> Result<Vec<Issue>, JiraError> {
        if self.dialect().has_bulk_read() {
            return self.fetch(ids, fields).await;
        }
        let mut found = self.find(ids, fields).await?;
        // The search lags and refuses what does not exist; a read tells the truth.
        let missing: Vec<String> =
            ids.iter().filter(|id| !found.iter().any(|issue| issue.id == **id)).cloned().collect();
        found.extend(self.issues(&missing, fields).await?);
        Ok(found)
    }

    async fn fetch(&self, ids: &[String], fields: &[&str]) -> Result<Vec<Issue>, JiraError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            issues: Vec<Value>,
        }
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let body = json!({ "issueIdsOrKeys": ids, "fields": fields, "properties": [PROPERTY_KEY] });
        let answer: Answer = self.send(Call::ask(self.path("issue/bulkfetch"), body)).await?;
        Ok(answer.issues.iter().filter_map(|value| Issue::from_value(value, true)).collect())
    }

    /// Writes the given fields. Writing the same again changes nothing, so an unknown outcome may be repeated.
    pub async fn edit_issue(&self, id: &str, edit: &IssueEdit) -> Result<(), JiraError> {
        let call = Call::write(Method::PUT, self.path(&format!("issue/{id}")), self.edit_body(edit));
        self.send_for_status(call).await.map(|_| ())
    }
}

fn issue_of(value: &Value) -> Result<Issue, JiraError> {
    Issue::from_value(value, true).ok_or_else(|| JiraError::Unavailable {
        detail: "the answer is not an issue".to_owned(),
        retry_after: None,
    })
}
