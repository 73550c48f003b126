//! Webhooks that an app registers by itself on Cloud: they carry only simple searches, and end after 30 days unless they
//! are renewed.

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Call, Effect, JiraClient};
use super::error::{JiraError, Refusal};
use super::model::instant;

/// What we want to hear of.
const EVENTS: [&str; 6] = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
];

/// A webhook of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredWebhook {
    /// Its number.
    pub id: i64,
    /// Where it is sent, where JIRA tells.
    pub url: Option<String>,
    /// The search that says which issues it is about.
    pub jql: String,
    /// Whether it tells of everything that we want to hear of.
    pub is_complete: bool,
    /// When it ends.
    pub ends_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    values: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    id: i64,
    url: Option<String>,
    #[serde(default)]
    jql_filter: String,
    #[serde(default)]
    events: Vec<String>,
    #[serde(default)]
    expiration_date: Value,
}

/// A moment, which the document says is a number and its examples show as text.
fn moment(value: &Value) -> Option<DateTime<Utc>> {
    value.as_i64().and_then(DateTime::from_timestamp_millis).or_else(|| instant(value.as_str()?))
}

impl JiraClient {
    /// The webhooks that this app has registered: five at most for each person and site, so that one page holds them.
    pub async fn registered_webhooks(&self) -> Result<Vec<RegisteredWebhook>, JiraError> {
        let call = Call::read(self.path("webhook")).query("maxResults", "100");
        let page: Page = self.send(call).await?;
        Ok(page
            .values
            .into_iter()
            .map(|raw| RegisteredWebhook {
                id: raw.id,
                url: raw.url,
                jql: raw.jql_filter,
                is_complete: EVENTS.iter().all(|event| raw.events.iter().any(|given| given == event)),
                ends_at: moment(&raw.expiration_date),
            })
            .collect())
    }

    /// Registers a webhook about the issues of a search. Where the answer is lost, the list tells whether it is there.
    pub async fn register_webhook(&self, url: &str, jql: &str) -> Result<(), JiraError> {
        let body = json!({"url": url, "webhooks": [{"events": EVENTS, "jqlFilter": jql}]});
        let answer: Value = self.send(Call::write(Method::POST, self.path("webhook"), body)).await?;
        let result = &answer["webhookRegistrationResult"][0];
        if result["createdWebhookId"].is_i64() {
            return Ok(());
        }
        let said = result["errors"].as_array().into_iter().flatten();
        let messages = said.filter_map(|text| text.as_str().map(str::to_owned)).collect();
        Err(JiraError::Refused(Refusal { status: 200, messages, ..Refusal::default() }))
    }

    /// Lets webhooks live for another 30 days; answers until when.
    pub async fn renew_webhooks(&self, ids: &[i64]) -> Result<Option<DateTime<Utc>>, JiraError> {
        let call = Call::write(Method::PUT, self.path("webhook/refresh"), json!({"webhookIds": ids}));
        let answer: Value = self.send(call).await?;
        Ok(moment(&answer["expirationDate"]))
    }

    /// Ends webhooks.
    pub async fn end_webhooks(&self, ids: &[i64]) -> Result<(), JiraError> {
        let body = json!({"webhookIds": ids});
        let call =
            Call { method: Method::DELETE, effect: Effect::Write, ..Call::ask(self.path("webhook"), body) };
        self.send_for_status(call).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_in_both_forms() {
        let end = DateTime::from_timestamp(1_796_000_000, 0);
        assert_eq!(moment(&json!(1_796_000_000_000_i64)), end);
        assert_eq!(moment(&json!("2026-11-30T00:53:20.000+0000")), end);
        assert_eq!(moment(&Value::Null), None);
    }
}
