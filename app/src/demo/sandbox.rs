//! The demo's JIRA and Slack, and the settings that lead there.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use chrono::Duration;
use secrecy::SecretString;
use url::Url;

use super::people::Cast;
use crate::config::{Config, JiraConfig, JiraKind, SlackConfig};
use crate::platform::clock::Clock;
use crate::platform::ids::Ids;
use crate::sandbox::jira::{JiraSandbox, JiraSandboxOptions, WebhookTarget};
use crate::sandbox::slack::{SlackSandbox, SlackSandboxOptions};

/// Where the JIRA sandbox is mounted.
const JIRA: &str = "/sandbox/jira";
/// Where the Slack sandbox is mounted.
const SLACK: &str = "/sandbox/slack";
/// The channel that gets what has no other place.
const CHANNEL: &str = "risks";
/// The name of the connection to the JIRA sandbox.
const ACCOUNT: &str = "abate@sandbox.example";

/// The two sandboxes of a demo.
#[derive(Clone)]
pub struct Sandboxes {
    /// JIRA.
    pub jira: Arc<JiraSandbox>,
    /// Slack.
    pub slack: SlackSandbox,
}

impl std::fmt::Debug for Sandboxes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sandboxes")
    }
}

impl Sandboxes {
    /// Makes both, and points `config` at them. `address` is where the demo answers.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn make(
        config: &mut Config,
        address: SocketAddr,
        cast: &Cast,
        clock: &Clock,
        ids: &Ids,
    ) -> anyhow::Result<Self> {
        let home = format!("http://{address}");
        let token = ids.secret::<16>();
        let webhook_secret = ids.secret::<16>();
        let time = clock.clone();
        let now: Arc<dyn Fn() -> chrono::DateTime<chrono::Utc> + Send + Sync> = Arc::new(move || time.now());
        let jira = JiraSandbox::new(
            JiraSandboxOptions {
                public_url: format!("{home}{JIRA}"),
                email: ACCOUNT.to_owned(),
                token: token.clone(),
                project_key: "CV".to_owned(),
                project_name: "CloudVista".to_owned(),
                person: cast.dev.name.to_owned(),
                ..JiraSandboxOptions::default()
            },
            Arc::clone(&now),
            reqwest::Client::builder().no_proxy().build()?,
        );
        jira.send_webhooks_to(Some(WebhookTarget {
            url: format!("{home}/hooks/jira/jira"),
            secret: webhook_secret.clone(),
        }));
        let bot_token = format!("xoxb-{}", ids.secret::<16>());
        let signing_secret = ids.secret::<16>();
        let slack = SlackSandbox::new(
            SlackSandboxOptions {
                public_url: format!("{home}{SLACK}"),
                app_url: home.clone(),
                bot_token: bot_token.clone(),
                signing_secret: signing_secret.clone(),
                channels: vec![CHANNEL.to_owned()],
                persons: cast.all().into_iter().map(super::people::Person::in_slack).collect(),
            },
            now,
        )?;
        let site: Url = format!("{home}{JIRA}").parse()?;
        config.jira = Some(JiraConfig {
            url: site.clone(),
            api_url: site,
            kind: JiraKind::Cloud,
            email: Some(ACCOUNT.to_owned()),
            token: SecretString::from(token),
            project: "CV".to_owned(),
            issue_type: "Task".to_owned(),
            webhook_secret: Some(SecretString::from(webhook_secret)),
            poll: Duration::seconds(30),
            gather: Duration::zero(),
            text_limit: abate_integrations::jira::TEXT_LIMIT,
        });
        config.slack = Some(SlackConfig {
            bot_token: SecretString::from(bot_token),
            signing_secret: Some(SecretString::from(signing_secret)),
            app_token: None,
            channel: Some(format!("#{CHANNEL}")),
            api_url: Some(format!("{home}{SLACK}/api").parse()?),
        });
        Ok(Self { jira, slack })
    }

    /// Mounts both beside the pages.
    pub fn routes(&self, config: &mut ServiceConfig) {
        config
            .service(web::scope(JIRA).configure(|scope| self.jira.configure(scope)))
            .service(web::scope(SLACK).configure(|scope| self.slack.configure(scope)));
    }

    /// The windows for people: label and path.
    #[must_use]
    pub fn windows() -> [(&'static str, String); 2] {
        [("JIRA board", format!("{JIRA}/board")), ("Slack", SLACK.to_owned())]
    }
}
