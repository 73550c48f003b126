//! What the site says about itself.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::client::{Call, JiraClient};
use super::error::JiraError;
use super::model::instant;

/// What a site says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The version: `10.3.24`.
    pub version: String,
    /// `Cloud`, or `Server` on Data Center.
    pub deployment: String,
    /// What its clock says, where it tells.
    pub time: Option<DateTime<Utc>>,
}

impl JiraClient {
    /// What the site says about itself; also said to strangers.
    pub async fn server(&self) -> Result<Server, JiraError> {
        let value: Value = self.send(Call::read(self.path("serverInfo"))).await?;
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Ok(Server {
            version: text("version"),
            deployment: text("deploymentType"),
            time: value["serverTime"].as_str().and_then(instant),
        })
    }
}
