//! The mail server.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::ConfigError;
use super::document::Document;

/// The server that takes mails, and who sends them.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// Its address, with user and password where it asks for them.
    pub url: SecretString,
    /// The sender.
    pub from: String,
}

impl SmtpConfig {
    pub(crate) fn read(document: &Document) -> Result<Option<Self>, ConfigError> {
        if !document.has_section("smtp") {
            return Ok(None);
        }
        let missing = |key| document.missing(key, "other keys of smtp are set");
        let url = document.secret("smtp.url")?.ok_or_else(|| missing("smtp.url"))?;
        let sound = |url: Url| url.has_host() && matches!(url.scheme(), "smtp" | "smtps");
        if !Url::parse(url.expose_secret()).is_ok_and(sound) {
            return Err(document.bad("smtp.url", "must be smtps://USER:PASSWORD@HOST or smtp://HOST:PORT"));
        }
        let from = document.text("smtp.from").ok_or_else(|| missing("smtp.from"))?;
        if !from.contains('@') {
            return Err(document.bad("smtp.from", "must be a mail address"));
        }
        Ok(Some(Self { url, from: from.to_owned() }))
    }
}
