//! Who we are at JIRA and what we may do.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::client::{Call, JiraClient};
use super::dialect::Dialect;
use super::error::JiraError;
use super::model::Account;

/// A permission of the account in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// JIRA's key, such as `CREATE_ISSUES`.
    pub key: String,
    /// Whether the account has it.
    pub granted: bool,
}

impl JiraClient {
    /// The account that the credentials belong to. The one read that JIRA never answers anonymously.
    pub async fn myself(&self) -> Result<Account, JiraError> {
        self.send(Call::read(self.path("myself"))).await
    }

    /// Which of the permissions the account has in a project.
    pub async fn permissions(&self, project: &str, keys: &[&str]) -> Result<Vec<Permission>, JiraError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct One {
            have_permission: bool,
        }
        #[derive(Deserialize)]
        struct Answer {
            permissions: BTreeMap<String, One>,
        }
        let mut call = Call::read(self.path("mypermissions")).query("projectKey", project);
        // Data Center knows no such parameter and always gives all of them.
        if self.dialect() == Dialect::Cloud {
            call = call.query("permissions", keys.join(","));
        }
        let answer: Answer = self.send(call).await?;
        let granted = |key: &str| answer.permissions.get(key).is_some_and(|one| one.have_permission);
        Ok(keys.iter().map(|key| Permission { key: (*key).to_owned(), granted: granted(key) }).collect())
    }
}
