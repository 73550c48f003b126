//! Calls of Slack's Web API: plain values in, plain values out, each within a time limit.

use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use slack_morphism::errors::SlackClientError;
use slack_morphism::prelude::{SlackApiToken, SlackApiTokenValue, SlackClientHyperConnector};
use slack_morphism::{SlackClientApiCallContext, SlackClientHttpConnector};
use url::Url;

use super::error::SlackError;
use super::failure::{odd, sort, unreachable};
use super::message::{Metadata, PreparedMessage, Response};
use super::view::View;

pub(super) type Connector = SlackClientHyperConnector<hyper_rustls::HttpsConnector<HttpConnector>>;

/// Where Slack's Web API is.
pub const SLACK_API: &str = "https://slack.com/api";

/// Messages looked at when one whose answer was lost is searched for.
const HISTORY_PAGE: &str = "200";
const HISTORY_PAGES: usize = 5;

/// What is needed to speak to one workspace.
#[derive(Debug, Clone)]
pub struct SlackSettings {
    /// Where the Web API is; [`SLACK_API`] but for a sandbox or a proxy.
    pub api_url: String,
    /// The bot's token.
    pub bot_token: SecretString,
    /// How long any one call may take.
    pub timeout: Duration,
}

/// A client for one workspace.
#[derive(Clone)]
pub struct SlackClient {
    pub(super) client: slack_morphism::SlackClient<Connector>,
    token: SlackApiToken,
    api_url: Url,
    timeout: Duration,
}

impl std::fmt::Debug for SlackClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SlackClient").field("api_url", &self.api_url.as_str()).finish_non_exhaustive()
    }
}

/// Who the token belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Identity {
    /// The workspace's id.
    pub team_id: String,
    /// The workspace's name.
    pub team: String,
    /// The bot's user id.
    pub user_id: String,
}

/// A person, as far as a link to an account needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackUser {
    /// Slack's id.
    pub id: String,
    /// The workspace that the account belongs to; another one than ours for guests of shared channels.
    pub team: String,
    /// The name shown.
    pub name: String,
    /// The e-mail address, only when Slack does not say that it is unconfirmed.
    pub verified_email: Option<String>,
    /// Whether a person can act through the account: not deleted, no bot, no stranger.
    pub active: bool,
}

/// Where a message was posted; both are needed to change it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Posted {
    /// The conversation.
    pub channel: String,
    /// The message's time stamp, which is its id.
    pub ts: String,
}

/// An opened modal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OpenedView {
    /// The modal.
    pub id: String,
    /// Its version, which guards a change.
    #[serde(default)]
    pub hash: String,
}

impl SlackClient {
    /// A client. Needs a process-wide TLS provider, which `main` and the tests install.
    pub fn new(settings: SlackSettings) -> Result<Self, SlackError> {
        let address = settings.api_url.trim_end_matches('/').to_owned();
        let api_url = Url::parse(&address).map_err(|error| unreachable(&error))?;
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        // A connection that cannot be made is told apart from an answer that does not come.
        http.set_connect_timeout(Some(settings.timeout / 2));
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| unreachable(&error))?
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .wrap_connector(http);
        let connector = SlackClientHyperConnector::with_connector(connector).with_slack_api_url(&address);
        let token = SlackApiToken::new(SlackApiTokenValue(settings.bot_token.expose_secret().to_owned()));
        Ok(Self {
            client: slack_morphism::SlackClient::new(connector),
            token,
            api_url,
            timeout: settings.timeout,
        })
    }

    /// Asks whose token this is.
    pub async fn auth_test(&self) -> Result<Identity, SlackError> {
        read(self.post("auth.test", &json!({})).await?)
    }

    /// Posts a message into a conversation, or to a person by user id. Not repeatable: see [`SlackError::UnknownOutcome`].
    pub async fn post_message(
        &self,
        channel: &str,
        message: impl Into<PreparedMessage>,
        metadata: Option<&Metadata>,
    ) -> Result<Posted, SlackError> {
        let mut fields = message.into().fields();
        fields.insert("channel".to_owned(), json!(channel));
        fields.insert("unfurl_links".to_owned(), json!(false));
        fields.insert("unfurl_media".to_owned(), json!(false));
        if let Some(metadata) = metadata {
            fields.insert("metadata".to_owned(), metadata.to_json());
        }
        read(self.post("chat.postMessage", &Value::Object(fields)).await?)
    }

    /// Replaces a message that was posted before.
    pub async fn update_message(
        &self,
        posted: &Posted,
        message: impl Into<PreparedMessage>,
    ) -> Result<(), SlackError> {
        let mut fields = message.into().fields();
        fields.insert("channel".to_owned(), json!(posted.channel));
        fields.insert("ts".to_owned(), json!(posted.ts));
        self.post("chat.update", &Value::Object(fields)).await.map(drop)
    }

    /// The direct conversation with a person.
    pub async fn open_conversation(&self, user: &str) -> Result<String, SlackError> {
        let answer = self.post("conversations.open", &json!({"users": user})).await?;
        answer["channel"]["id"].as_str().map(str::to_owned).ok_or_else(|| odd("no channel.id"))
    }

    /// The person with this e-mail address, if there is one.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<SlackUser>, SlackError> {
        match self.get("users.lookupByEmail", &[("email", Some(email))]).await {
            Ok(answer) => user_from(&answer["user"]).map(Some),
            Err(error) if error.is_refusal("users_not_found") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A person by Slack's id.
    pub async fn user(&self, id: &str) -> Result<SlackUser, SlackError> {
        user_from(&self.get("users.info", &[("user", Some(id))]).await?["user"])
    }

    /// Opens a modal; the trigger is good for three seconds and once.
    pub async fn open_view(&self, trigger: &str, view: &View) -> Result<OpenedView, SlackError> {
        let answer = self.post("views.open", &json!({"trigger_id": trigger, "view": view.to_json()})).await?;
        read(answer["view"].clone())
    }

    /// Replaces an opened modal, unless it changed meanwhile.
    pub async fn update_view(&self, opened: &OpenedView, view: &View) -> Result<OpenedView, SlackError> {
        let body = json!({"view_id": opened.id, "hash": opened.hash, "view": view.to_json()});
        read(self.post("views.update", &body).await?["view"].clone())
    }

    /// Answers a command or a button later than in the request itself.
    pub async fn respond(&self, response_url: &str, response: &Response) -> Result<(), SlackError> {
        let address = Url::parse(response_url).map_err(|_| SlackError::refused("invalid_response_url"))?;
        if !self.may_respond_to(&address) {
            return Err(SlackError::refused("foreign_response_url"));
        }
        let body = response.to_json();
        let span = tracing::debug_span!("response_url");
        // The address itself is the permission: the bot's token does not go there, nor the address into the log.
        let context = SlackClientApiCallContext {
            rate_control_params: None,
            token: None,
            tracing_span: &span,
            is_sensitive_url: true,
        };
        let call = self.client.http_api.connector.http_post_uri::<Value, Value>(address, &body, context);
        self.within_limit(call).await.map(drop)
    }

    /// Looks for a message by its mark, since `oldest` (Slack's time stamp). Finding none proves nothing:
    /// the message may still be on its way.
    pub async fn find_message(
        &self,
        channel: &str,
        metadata: &Metadata,
        oldest: &str,
    ) -> Result<Option<Posted>, SlackError> {
        let mut cursor = String::new();
        for _ in 0..HISTORY_PAGES {
            let page = self
                .get(
                    "conversations.history",
                    &[
                        ("channel", Some(channel)),
                        ("oldest", Some(oldest)),
                        ("limit", Some(HISTORY_PAGE)),
                        ("include_all_metadata", Some("true")),
                        ("cursor", Some(cursor.as_str()).filter(|cursor| !cursor.is_empty())),
                    ],
                )
                .await?;
            let wanted = metadata.to_json();
            let found = page["messages"].as_array().into_iter().flatten().find(|message| {
                message["metadata"]["event_type"] == wanted["event_type"]
                    && message["metadata"]["event_payload"]["key"] == wanted["event_payload"]["key"]
            });
            if let Some(ts) = found.and_then(|message| message["ts"].as_str()) {
                return Ok(Some(Posted { channel: channel.to_owned(), ts: ts.to_owned() }));
            }
            cursor = page["response_metadata"]["next_cursor"].as_str().unwrap_or_default().to_owned();
            if cursor.is_empty() {
                break;
            }
        }
        Ok(None)
    }

    /// Slack's own hosts over TLS, or the place that the Web API itself is at.
    fn may_respond_to(&self, address: &Url) -> bool {
        let host = address.host_str().unwrap_or_default();
        let slack = host == "hooks.slack.com" || host == "hooks.slack-gov.com";
        (slack && address.scheme() == "https") || address.origin() == self.api_url.origin()
    }

    async fn post(&self, method: &str, body: &Value) -> Result<Value, SlackError> {
        let session = self.client.open_session(&self.token);
        self.within_limit(session.http_session_api.http_post::<Value, Value>(method, body, None)).await
    }

    async fn get(&self, method: &str, arguments: &[(&str, Option<&str>)]) -> Result<Value, SlackError> {
        let session = self.client.open_session(&self.token);
        let arguments: Vec<(&str, Option<String>)> =
            arguments.iter().map(|(name, value)| (*name, value.map(str::to_owned))).collect();
        self.within_limit(session.http_session_api.http_get::<Value, _, String>(method, &arguments, None))
            .await
    }

    async fn within_limit(
        &self,
        call: impl Future<Output = Result<Value, SlackClientError>>,
    ) -> Result<Value, SlackError> {
        match tokio::time::timeout(self.timeout, call).await {
            Ok(answer) => answer.map_err(sort),
            Err(_) => Err(SlackError::UnknownOutcome { cause: format!("no answer in {:?}", self.timeout) }),
        }
    }
}

fn user_from(user: &Value) -> Result<SlackUser, SlackError> {
    let text = |pointer: &str| user.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let set = |name: &str| user[name].as_bool().unwrap_or(false);
    let id = text("/id");
    if id.is_empty() {
        return Err(odd("no user.id"));
    }
    let name = [text("/profile/display_name"), text("/profile/real_name"), text("/real_name"), text("/name")];
    Ok(SlackUser {
        id,
        team: text("/team_id"),
        name: name.into_iter().find(|name| !name.is_empty()).unwrap_or_default(),
        verified_email: Some(text("/profile/email"))
            .filter(|email| !email.is_empty() && user["is_email_confirmed"] != json!(false)),
        active: !(set("deleted") || set("is_bot") || set("is_stranger") || set("is_workflow_bot")),
    })
}

fn read<T: for<'a> Deserialize<'a>>(answer: Value) -> Result<T, SlackError> {
    serde_json::from_value(answer).map_err(|error| odd(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(api_url: &str) -> SlackClient {
        let _ = rustls::crypto::ring::default_provider().install_default();
        SlackClient::new(SlackSettings {
            api_url: api_url.to_owned(),
            bot_token: "xoxb-1".into(),
            timeout: Duration::from_secs(1),
        })
        .unwrap()
    }

    #[test]
    fn answers_go_to_slack_only() {
        let client = client(SLACK_API);
        let allowed = |address: &str| client.may_respond_to(&Url::parse(address).unwrap());
        assert!(allowed("https://hooks.slack.com/commands/T1/2/x"));
        assert!(!allowed("http://hooks.slack.com/commands/T1/2/x"));
        assert!(!allowed("https://hooks.slack.com.evil.example/x"));
        assert!(!allowed("http://169.254.169.254/latest/meta-data"));
    }

    #[tokio::test]
    async fn a_closed_port_is_unreachable_and_not_unknown() {
        let answer = client("http://127.0.0.1:1/api").auth_test().await;
        assert!(matches!(answer, Err(SlackError::Unreachable { .. })), "{answer:?}");
    }

    #[test]
    fn a_person_is_read_with_care() {
        let person = |more: Value| {
            let mut user = json!({"id": "U1", "team_id": "T1", "real_name": "Ana", "profile": {"email": "ana@example.com"}});
            user.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
            user_from(&user).unwrap()
        };
        assert_eq!(person(json!({})).verified_email.as_deref(), Some("ana@example.com"));
        assert_eq!(
            person(json!({"is_email_confirmed": true})).verified_email.as_deref(),
            Some("ana@example.com")
        );
        assert_eq!(person(json!({"is_email_confirmed": false})).verified_email, None);
        assert!(person(json!({})).active);
        for mark in ["deleted", "is_bot", "is_stranger"] {
            assert!(!person(json!({mark: true})).active, "{mark}");
        }
        assert!(user_from(&json!({})).is_err());
    }
}
