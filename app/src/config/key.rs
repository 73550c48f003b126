//! Every key there is. A new setting starts here; the documentation and `abate check-config` follow.

/// One key of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name in `abate.toml`, with dots between the levels.
    pub name: &'static str,
    /// Whether its value is masked when shown, and may be read from the file that `…_file` names.
    pub secret: bool,
    /// The value that holds when nobody sets it.
    pub default: Option<&'static str>,
    /// What it does, in one line.
    pub help: &'static str,
}

const fn plain(name: &'static str, default: Option<&'static str>, help: &'static str) -> Key {
    Key { name, secret: false, default, help }
}

const fn secret(name: &'static str, default: Option<&'static str>, help: &'static str) -> Key {
    Key { name, secret: true, default, help }
}

/// The list, in the order in which it is shown.
pub const KEYS: &[Key] = &[
    secret("database_url", Some("sqlite://abate.db"), "sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME"),
    plain("listen", Some("127.0.0.1:8080"), "the address and port of the web server"),
    plain(
        "base_url",
        None,
        "the address that people and webhooks use; default: http:// and the listen address",
    ),
    plain("trusted_proxies", None, "networks whose X-Forwarded-For is believed, with commas between"),
    plain("zone", Some("UTC"), "the organisation's time zone, as in Europe/Berlin"),
    secret("secret_key", None, "seals secrets at rest; at least 32 characters; required on PostgreSQL"),
    plain(
        "outgoing_allow",
        None,
        "internal hosts or networks that outgoing calls may reach, with commas between",
    ),
    plain("log", Some("info"), "what is logged: a level, or target=level with commas between"),
    plain("log_format", Some("auto"), "text, json, or auto: text on a terminal, else json"),
    plain("jira.url", None, "the site as people open it"),
    plain("jira.api_url", None, "where its REST interface is, when not at jira.url"),
    plain("jira.kind", Some("cloud"), "cloud or data_center"),
    plain("jira.email", None, "the account that the token belongs to; JIRA Cloud only"),
    secret("jira.token", None, "an API token (Cloud) or personal access token (Data Center)"),
    plain("jira.project", None, "the key of the project that receives tickets"),
    plain("jira.issue_type", Some("Task"), "the type of the tickets"),
    secret("jira.webhook_secret", None, "the secret that signs JIRA's webhooks"),
    plain("jira.poll_seconds", Some("120"), "how often changes are asked for, 30 to 3600 seconds"),
    plain("jira.gather_seconds", Some("3"), "how long wishes for tickets are gathered, 0 to 60 seconds"),
    plain(
        "jira.text_limit",
        None,
        "characters in a description or comment; Data Center only, 32767 if not set",
    ),
    plain(
        "atlassian.sign_in_url",
        Some("https://auth.atlassian.com"),
        "where people consent to a connection that signs in with an app",
    ),
    plain(
        "atlassian.gateway_url",
        Some("https://api.atlassian.com"),
        "where the interface of JIRA Cloud takes the tokens of an app",
    ),
    secret("slack.bot_token", None, "the app's bot token, xoxb-…"),
    secret("slack.signing_secret", None, "the app's signing secret, for requests that Slack sends here"),
    secret("slack.app_token", None, "an app-level token, xapp-…, for Socket Mode"),
    plain("slack.channel", None, "the channel that gets what has no other place"),
    plain("slack.api_url", None, "where Slack's interface is, when not at slack.com"),
    plain(
        "hooks.aws_hosts",
        None,
        "hosts besides Amazon's that may serve SNS certificates and confirm subscriptions, with commas between",
    ),
    plain(
        "datadog.addresses",
        None,
        "addresses besides Datadog's own sites that its signals may be read from, with commas between",
    ),
    plain(
        "audit.checkpoint_file",
        None,
        "a file, on another machine if you can, that each signed checkpoint of the audit log is added to",
    ),
    secret("smtp.url", None, "smtps://USER:PASSWORD@HOST or smtp://HOST:PORT"),
    plain("smtp.from", None, "the sender of mails"),
    plain("feeds.kev.url", None, "where KEV is read from: official, an address, or a file"),
    plain("feeds.epss.url", None, "where EPSS is read from: official, an address, or a file"),
    plain("feeds.every_hours", Some("24"), "hours between two looks at a feed"),
];

/// Variables that start with `ABATE_` and are no settings: the settings file, and what the client commands
/// (`abate import --server`, `abate gate --server`) read.
pub(crate) const RESERVED_VARIABLES: &[&str] = &["ABATE_CONFIG", "ABATE_SERVER", "ABATE_TOKEN"];

impl Key {
    /// Finds a key by its name.
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// The variable that sets it.
    pub fn variable(&self) -> String {
        format!("ABATE_{}", self.name.to_uppercase().replace('.', "__"))
    }
}
