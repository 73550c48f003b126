//! Slack: commands, buttons and forms, which do what the API does, with the rights of the person who uses them.
//!
//! - `signed` believes a request, `person` finds out who sent it.
//! - `commands`, `interactions` and `events` are the three addresses that Slack calls; `socket` takes the same
//!   requests over a connection that we open.
//! - `command` has one file a slash command; its table makes the help text.
//! - `card`, `step_form` and `arguments` are how risks are shown and steps are asked for.

mod arguments;
pub(crate) mod card;
mod command;
mod commands;
mod context;
mod events;
mod interactions;
mod person;
mod signed;
pub mod socket;
mod step;
mod step_form;
mod waiting;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use abate_integrations::slack::{SLACK_API, SlackClient, SlackSettings};
use actix_web::web::{self, ServiceConfig};
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::config::SlackConfig;

/// How long one call to Slack may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// The verified address of each Slack user seen lately, with when it was asked for.
type Known = HashMap<String, (String, DateTime<Utc>)>;

/// The connection to the workspace; clones share it.
#[derive(Clone, Debug)]
pub struct Slack {
    /// Calls the Web API.
    pub client: SlackClient,
    /// The channel that gets what has no other place.
    pub channel: Option<String>,
    signing_secret: Option<SecretString>,
    app_token: Option<SecretString>,
    known: Arc<Mutex<Known>>,
}

impl Slack {
    /// Gets ready to speak to the workspace, without calling it yet.
    ///
    /// # Errors
    /// When the machine's certificates cannot be read.
    pub fn new(config: &SlackConfig) -> anyhow::Result<Self> {
        let settings = SlackSettings {
            api_url: config.api_url.as_ref().map_or_else(|| SLACK_API.to_owned(), ToString::to_string),
            bot_token: config.bot_token.clone(),
            timeout: CALL_TIMEOUT,
        };
        Ok(Self {
            client: SlackClient::new(settings).context("cannot get ready to call Slack")?,
            channel: config.channel.clone(),
            signing_secret: config.signing_secret.clone(),
            app_token: config.app_token.clone(),
            known: Arc::default(),
        })
    }
}

/// Registers the addresses that Slack calls.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/slack/commands", web::post().to(commands::take))
        .route("/slack/interactions", web::post().to(interactions::take))
        .route("/slack/events", web::post().to(events::take));
}
