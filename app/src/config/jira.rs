//! The JIRA site, when it is configured here and not as a connection in the application.

use std::ops::RangeInclusive;
use std::str::FromStr;

use abate_integrations::jira::{Dialect, TEXT_LIMIT};
use chrono::Duration;
use secrecy::SecretString;
use url::Url;

use super::ConfigError;
use super::document::Document;

/// A JIRA site and the project that receives tickets.
#[derive(Debug, Clone)]
pub struct JiraConfig {
    /// The site as people open it; links in pages lead there.
    pub url: Url,
    /// Where the REST interface is.
    pub api_url: Url,
    /// Which JIRA that is.
    pub kind: JiraKind,
    /// The account of the token; with it the token is sent as a password, without it as a personal access token.
    pub email: Option<String>,
    /// The token.
    pub token: SecretString,
    /// The project's key.
    pub project: String,
    /// The type of the tickets.
    pub issue_type: String,
    /// The secret that signs its webhooks; without it none is accepted.
    pub webhook_secret: Option<SecretString>,
    /// How often it is asked for changes.
    pub poll: Duration,
    /// How long wishes for tickets are gathered before they are created together.
    pub gather: Duration,
    /// How many characters a description or a comment may have.
    pub text_limit: usize,
}

/// The two kinds of JIRA, which differ in sign-in and in some paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JiraKind {
    /// Atlassian's cloud.
    Cloud,
    /// A server of one's own.
    DataCenter,
}

impl JiraKind {
    /// How it is spoken to.
    #[must_use]
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Cloud => Dialect::Cloud,
            Self::DataCenter => Dialect::DataCenter,
        }
    }
}

impl FromStr for JiraKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "cloud" => Ok(Self::Cloud),
            "data_center" => Ok(Self::DataCenter),
            _ => Err(()),
        }
    }
}

impl JiraConfig {
    pub(crate) fn read(document: &Document) -> Result<Option<Self>, ConfigError> {
        if !document.has_section("jira") {
            return Ok(None);
        }
        let missing = |key| document.missing(key, "other keys of jira are set");
        let url = document.web_address("jira.url")?.ok_or_else(|| missing("jira.url"))?;
        let api_url = document.web_address("jira.api_url")?.unwrap_or_else(|| url.clone());
        let kind = document.parse("jira.kind", "cloud or data_center")?.unwrap_or(JiraKind::Cloud);
        let email = document.text("jira.email").map(str::to_owned);
        if kind == JiraKind::Cloud && email.is_none() {
            return Err(document.missing("jira.email", "JIRA Cloud signs in with the token's account"));
        }
        Ok(Some(Self {
            url,
            api_url,
            kind,
            email,
            token: document.secret("jira.token")?.ok_or_else(|| missing("jira.token"))?,
            project: document.text("jira.project").ok_or_else(|| missing("jira.project"))?.to_owned(),
            issue_type: document.text("jira.issue_type").unwrap_or("Task").to_owned(),
            webhook_secret: document.secret("jira.webhook_secret")?,
            poll: seconds(document, "jira.poll_seconds", 30..=3600)?,
            gather: seconds(document, "jira.gather_seconds", 0..=60)?,
            text_limit: text_limit(document, kind)?,
        }))
    }
}

/// Cloud's limit is fixed; on Data Center an administrator may have changed it.
fn text_limit(document: &Document, kind: JiraKind) -> Result<usize, ConfigError> {
    const KEY: &str = "jira.text_limit";
    const ALLOWED: RangeInclusive<usize> = 1_000..=1_000_000;
    let expected = "a number of characters from 1000 to 1000000";
    let Some(given) = document.parse::<usize>(KEY, expected)? else { return Ok(TEXT_LIMIT) };
    if kind == JiraKind::Cloud {
        return Err(document.bad(KEY, "is for Data Center only; the limit of JIRA Cloud is fixed".to_owned()));
    }
    if !ALLOWED.contains(&given) {
        return Err(document.bad(KEY, format!("must be {expected}, not {given}")));
    }
    Ok(given)
}

fn seconds(document: &Document, key: &str, allowed: RangeInclusive<i64>) -> Result<Duration, ConfigError> {
    let expected = format!("a number of seconds from {} to {}", allowed.start(), allowed.end());
    let given = document.parse::<i64>(key, &expected)?.unwrap_or(*allowed.start());
    if !allowed.contains(&given) {
        return Err(document.bad(key, format!("must be {expected}, not {given}")));
    }
    Ok(Duration::seconds(given))
}
