//! A Slack workspace with one app, in memory: the part of the Web API that reminders and commands need, signed
//! commands and clicks, and a page on which a visitor reads, types and presses as any of its persons.
//!
//! It shares no type with `abate_integrations::slack`, so that a misreading of the contract on one side is not
//! repeated on the other. It has no faults of its own: those live in the tests' proxy.

mod argument;
mod chat;
mod directory;
mod layout;
mod markup;
mod method;
mod modal;
mod outbound;
mod page;
mod refusal;
mod response_url;
mod said;
mod workspace;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web;
use chrono::{DateTime, Utc};

use self::workspace::Workspace;

/// Where the sandbox reads the time.
pub type SandboxClock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// A person of the workspace.
#[derive(Debug, Clone)]
pub struct SandboxPerson {
    /// Slack's id, such as `U0ANA`.
    pub id: String,
    /// The name shown.
    pub name: String,
    /// The e-mail address, which Slack vouches for.
    pub email: String,
}

/// What a workspace is like.
#[derive(Debug, Clone)]
pub struct SlackSandboxOptions {
    /// The address under which the sandbox is mounted, without a slash at the end.
    pub public_url: String,
    /// The address of the app that gets commands and clicks, without a slash at the end.
    pub app_url: String,
    /// The token that the app's bot calls with.
    pub bot_token: String,
    /// What requests to the app are signed with.
    pub signing_secret: String,
    /// The names of the channels, without `#`; the bot is in each.
    pub channels: Vec<String>,
    /// Who works here.
    pub persons: Vec<SandboxPerson>,
}

impl Default for SlackSandboxOptions {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080/sandbox/slack".to_owned(),
            app_url: "http://127.0.0.1:8080".to_owned(),
            bot_token: "xoxb-sandbox".to_owned(),
            signing_secret: "sandbox-signing-secret".to_owned(),
            channels: vec!["risks".to_owned(), "general".to_owned()],
            persons: vec![SandboxPerson {
                id: "U0DANA".to_owned(),
                name: "Dana Developer".to_owned(),
                email: "dana@example.com".to_owned(),
            }],
        }
    }
}

/// A workspace. Clones share it.
#[derive(Clone)]
pub struct SlackSandbox {
    options: Arc<SlackSandboxOptions>,
    workspace: Arc<Mutex<Workspace>>,
    clock: SandboxClock,
    http: reqwest::Client,
}

impl SlackSandbox {
    /// An empty workspace. Needs a process-wide TLS provider, which `main` and the tests install.
    pub fn new(options: SlackSandboxOptions, clock: SandboxClock) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).no_proxy().build()?;
        let workspace = Workspace::new(&options);
        Ok(Self { options: Arc::new(options), workspace: Arc::new(Mutex::new(workspace)), clock, http })
    }

    /// Adds the routes, relative to where the caller mounts them.
    pub fn configure(&self, config: &mut web::ServiceConfig) {
        config
            .app_data(web::Data::new(self.clone()))
            .app_data(web::PayloadConfig::new(1 << 20))
            .service(web::resource("/api/{method}").route(web::route().to(method::call)))
            .service(web::resource("/actions/{address}").route(web::post().to(response_url::post)))
            .service(web::resource("/say").route(web::post().to(page::say)))
            .service(web::resource("/press").route(web::post().to(page::press)))
            .service(web::resource("/submit").route(web::post().to(page::submit)))
            .service(web::resource("/style.css").route(web::get().to(page::style)))
            .service(web::resource(["", "/"]).route(web::get().to(page::show)));
    }

    /// Whether a person has typed something that begins with `text`.
    #[must_use]
    pub fn was_typed(&self, text: &str) -> bool {
        self.workspace().posts.iter().any(|post| post.author.is_some() && post.text.starts_with(text))
    }

    fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    fn workspace(&self) -> MutexGuard<'_, Workspace> {
        // A panic elsewhere leaves at worst a half-written message in a toy.
        self.workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for SlackSandbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SlackSandbox")
            .field("public_url", &self.options.public_url)
            .finish_non_exhaustive()
    }
}
