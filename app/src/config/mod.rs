//! The settings: `abate.toml`, then `ABATE_…` variables, then flags; each later one wins.
//!
//! [`key`] lists every key there is. One file beside it reads one concern and checks its values. Anything
//! unknown or malformed stops the start with the key's name, so that a typing mistake never becomes a default.

mod atlassian;
mod audit;
mod database;
mod datadog;
mod document;
mod error;
mod feeds;
mod hooks;
mod jira;
mod key;
mod log;
mod network;
mod organisation;
mod outgoing;
mod overrides;
mod secret;
mod slack;
mod smtp;
mod web;

use std::path::Path;

use secrecy::SecretString;

pub use self::atlassian::AtlassianConfig;
pub use self::audit::AuditConfig;
pub use self::database::{DatabaseConfig, DatabaseKind};
pub use self::datadog::DatadogConfig;
pub use self::document::{Document, Origin, Setting};
pub use self::error::ConfigError;
pub use self::feeds::{FeedAddress, FeedsConfig};
pub use self::hooks::HooksConfig;
pub use self::jira::{JiraConfig, JiraKind};
pub use self::key::{KEYS, Key};
pub use self::log::{LogConfig, LogFormat};
pub use self::network::Network;
pub use self::organisation::OrganisationConfig;
pub use self::outgoing::{Allowed, OutgoingConfig};
pub use self::overrides::Overrides;
pub use self::slack::SlackConfig;
pub use self::smtp::SmtpConfig;
pub use self::web::WebConfig;

/// Keys that each process may have its own value of.
const OF_ONE_PROCESS: [&str; 3] = ["listen", "log", "log_format"];

/// Every setting, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the data is.
    pub database: DatabaseConfig,
    /// Where the web server listens and how people reach it.
    pub web: WebConfig,
    /// What holds for the whole organisation.
    pub organisation: OrganisationConfig,
    /// The key that seals secrets at rest; absent on SQLite, where a key file is made at the first start.
    pub secret_key: Option<SecretString>,
    /// The JIRA site, when one is configured here.
    pub jira: Option<JiraConfig>,
    /// Where Atlassian's own addresses are.
    pub atlassian: AtlassianConfig,
    /// The Slack app, when one is configured here.
    pub slack: Option<SlackConfig>,
    /// The mail server, when one is configured here.
    pub smtp: Option<SmtpConfig>,
    /// Which public catalogues are kept, and from where.
    pub feeds: FeedsConfig,
    /// What the addresses that other systems call believe.
    pub hooks: HooksConfig,
    /// Where accounts of Datadog may be.
    pub datadog: DatadogConfig,
    /// Where copies of what proves the audit log go.
    pub audit: AuditConfig,
    /// Which internal addresses outgoing calls may reach.
    pub outgoing: OutgoingConfig,
    /// What is logged and how.
    pub log: LogConfig,
    /// Every key that is the same for all processes of an installation, with its text: what is noted when it changes.
    pub effective: Vec<(&'static Key, SecretString)>,
}

/// Reads the settings of this process: `file` (else `ABATE_CONFIG`, else `abate.toml` when it is there), the
/// process's variables, then `overrides`.
pub fn load(file: Option<&Path>, overrides: Overrides) -> Result<Config, ConfigError> {
    document(file, overrides)?.config()
}

/// The merged settings of this process before they are checked, with where each came from.
pub fn document(file: Option<&Path>, overrides: Overrides) -> Result<Document, ConfigError> {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Document::read(file, variables, overrides)
}

impl Document {
    /// Checks every value and gives the settings.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let database = DatabaseConfig::read(self)?;
        let jira = JiraConfig::read(self)?;
        let atlassian = AtlassianConfig::read(self)?;
        let slack = SlackConfig::read(self)?;
        let smtp = SmtpConfig::read(self)?;
        let feeds = FeedsConfig::read(self)?;
        let datadog = DatadogConfig::read(self)?;
        let mut outgoing = OutgoingConfig::read(self)?;
        outgoing.trust(jira.iter().flat_map(|jira| [&jira.url, &jira.api_url]));
        outgoing.trust([&atlassian.sign_in_url, &atlassian.gateway_url]);
        outgoing.trust(slack.iter().filter_map(|slack| slack.api_url.as_ref()));
        outgoing.trust(feeds.web());
        outgoing.trust(&datadog.addresses);
        Ok(Config {
            secret_key: secret::key(self, database.kind)?,
            database,
            web: WebConfig::read(self)?,
            organisation: OrganisationConfig::read(self)?,
            jira,
            atlassian,
            slack,
            smtp,
            feeds,
            hooks: HooksConfig::read(self),
            datadog,
            audit: AuditConfig::read(self),
            outgoing,
            log: LogConfig::read(self)?,
            effective: self.effective()?,
        })
    }

    fn effective(&self) -> Result<Vec<(&'static Key, SecretString)>, ConfigError> {
        let mut all = Vec::new();
        for key in KEYS.iter().filter(|key| !OF_ONE_PROCESS.contains(&key.name)) {
            let value = match key.secret {
                true => self.secret(key.name)?,
                false => self.text(key.name).map(SecretString::from),
            };
            all.extend(value.map(|value| (key, value)));
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests;
