//! The Slack app.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::ConfigError;
use super::document::Document;

/// A Slack app, reached over HTTP (signing secret) or Socket Mode (app token).
#[derive(Debug, Clone)]
pub struct SlackConfig {
    /// The bot's token.
    pub bot_token: SecretString,
    /// The secret that signs what Slack sends.
    pub signing_secret: Option<SecretString>,
    /// The token that opens a Socket Mode connection.
    pub app_token: Option<SecretString>,
    /// The channel that gets what has no other place.
    pub channel: Option<String>,
    /// Where Slack's interface is, when not at slack.com.
    pub api_url: Option<Url>,
}

impl SlackConfig {
    pub(crate) fn read(document: &Document) -> Result<Option<Self>, ConfigError> {
        if !document.has_section("slack") {
            return Ok(None);
        }
        let missing = |key| document.missing(key, "other keys of slack are set");
        let bot_token =
            token(document, "slack.bot_token", "xoxb-")?.ok_or_else(|| missing("slack.bot_token"))?;
        let signing_secret = document.secret("slack.signing_secret")?;
        let app_token = token(document, "slack.app_token", "xapp-")?;
        if signing_secret.is_none() && app_token.is_none() {
            let because =
                "without it (or slack.app_token, for Socket Mode) no command from Slack can be trusted";
            return Err(document.missing("slack.signing_secret", because));
        }
        Ok(Some(Self {
            bot_token,
            signing_secret,
            app_token,
            channel: document.text("slack.channel").map(str::to_owned),
            api_url: document.web_address("slack.api_url")?,
        }))
    }
}

/// A token of the right kind: Slack shows several that are easily mixed up.
fn token(document: &Document, key: &str, prefix: &str) -> Result<Option<SecretString>, ConfigError> {
    match document.secret(key)? {
        Some(token) if !token.expose_secret().starts_with(prefix) => {
            Err(document.bad(key, format!("must start with {prefix}")))
        }
        token => Ok(token),
    }
}
