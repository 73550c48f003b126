//! A JIRA site with one project, in memory: the part of REST version 3 (Cloud) or 2 (Data Center) that a ticket sync
//! needs, signed webhooks, and a board for people.
//!
//! It shares no type with `abate_integrations::jira`, so that a misreading of the contract on one side is not
//! repeated on the other. It has no faults of its own: those live in the tests' proxy.

mod administrator;
mod app;
mod auth;
mod board;
mod comment;
mod document;
mod field;
mod history;
mod issue;
mod jql;
mod metadata;
mod own_field;
mod person;
mod property;
mod refusal;
mod registered_webhook;
mod remote_link;
mod search;
mod webhook;
mod workflow;
mod world;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web;
use chrono::{DateTime, Utc};

pub use self::own_field::{OwnField, OwnFieldKind};
use self::world::World;

/// Where the sandbox reads the time.
pub type SandboxClock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Where the sandbox sends its webhooks, and with which secret it signs them.
#[derive(Debug, Clone)]
pub struct WebhookTarget {
    /// The address.
    pub url: String,
    /// The secret; empty means unsigned.
    pub secret: String,
}

/// Which JIRA a sandbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JiraSandboxKind {
    /// Atlassian's cloud: version 3, documents, account ids, an API token with an e-mail address.
    Cloud,
    /// A server of one's own: version 2, texts, users by name, a personal access token.
    DataCenter,
}

impl JiraSandboxKind {
    fn api(self) -> &'static str {
        match self {
            Self::Cloud => "/rest/api/3",
            Self::DataCenter => "/rest/api/2",
        }
    }
}

/// What a sandbox is like.
#[derive(Debug, Clone)]
pub struct JiraSandboxOptions {
    /// Which JIRA it is.
    pub kind: JiraSandboxKind,
    /// The address under which the sandbox is mounted, without a slash at the end.
    pub public_url: String,
    /// Where its stylesheet is.
    pub stylesheet: String,
    /// The key of its only project.
    pub project_key: String,
    /// The name of that project.
    pub project_name: String,
    /// The e-mail address of the account that calls the REST interface.
    pub email: String,
    /// The API token or personal access token of that account.
    pub token: String,
    /// The client id of the app that people may let in, on Cloud.
    pub client_id: String,
    /// Its client secret.
    pub client_secret: String,
    /// The name of the person whose clicks on the board count.
    pub person: String,
    /// The e-mail address of that person, where the profile shows it.
    pub person_email: Option<String>,
    /// How long a change takes to reach the search.
    pub index_lag: Duration,
    /// How long to wait before a webhook is tried again.
    pub retry_delay: Duration,
    /// How many characters a description or a comment may have.
    pub text_limit: usize,
}

impl Default for JiraSandboxOptions {
    fn default() -> Self {
        Self {
            kind: JiraSandboxKind::Cloud,
            public_url: "http://127.0.0.1:8080/sandbox/jira".to_owned(),
            stylesheet: "/sandbox/jira/style.css".to_owned(),
            project_key: "SEC".to_owned(),
            project_name: "Security".to_owned(),
            email: "abate@sandbox.example".to_owned(),
            token: "sandbox-token".to_owned(),
            client_id: "sandbox-app".to_owned(),
            client_secret: "sandbox-app-secret".to_owned(),
            person: "Dana Developer".to_owned(),
            person_email: None,
            index_lag: Duration::ZERO,
            retry_delay: Duration::from_secs(1),
            text_limit: 32_767,
        }
    }
}

/// The sandbox.
pub struct JiraSandbox {
    options: JiraSandboxOptions,
    clock: SandboxClock,
    http: reqwest::Client,
    world: Mutex<World>,
    token: Mutex<Option<String>>,
    target: Mutex<Option<WebhookTarget>>,
    app: Mutex<app::AppState>,
    has_way_to_done: AtomicBool,
    not_on_edit_screen: Mutex<Vec<String>>,
    own_fields: Mutex<own_field::OwnFields>,
    profile: Mutex<person::Profile>,
    taken: Mutex<administrator::Taken>,
}

impl JiraSandbox {
    /// An empty site. `http` sends its webhooks.
    pub fn new(options: JiraSandboxOptions, clock: SandboxClock, http: reqwest::Client) -> Arc<Self> {
        let started = clock();
        let token = Mutex::new(Some(options.token.clone()));
        let world = Mutex::new(World::new(started));
        let profile = Mutex::new(person::Profile::new(&options));
        Arc::new(Self {
            options,
            clock,
            http,
            world,
            token,
            target: Mutex::new(None),
            app: Mutex::default(),
            has_way_to_done: AtomicBool::new(true),
            not_on_edit_screen: Mutex::default(),
            own_fields: Mutex::default(),
            profile,
            taken: Mutex::default(),
        })
    }

    /// Sends webhooks from now on to `target`, or to nobody.
    pub fn send_webhooks_to(&self, target: Option<WebhookTarget>) {
        *lock(&self.target) = target;
    }

    /// Takes the account's API token away, or gives it back.
    pub fn accept_token(&self, accept: bool) {
        *lock(&self.token) = accept.then(|| self.options.token.clone());
    }

    /// Takes the steps into Done out of the workflow, or puts them back.
    pub fn offer_done(&self, offer: bool) {
        self.has_way_to_done.store(offer, Ordering::SeqCst);
    }

    /// Deletes an issue, as an administrator can.
    pub fn delete(&self, key: &str) {
        let mut world = self.world();
        if let Some(id) = world.find(&self.options.project_key, key) {
            world.delete(id);
        }
    }

    /// Takes a property off an issue, as somebody can through the REST interface.
    pub fn drop_property(&self, key: &str, property: &str) {
        let mut world = self.world();
        let Some(id) = world.find(&self.options.project_key, key) else { return };
        if let Some(issue) = world.issues.get_mut(&id) {
            issue.properties.remove(property);
        }
        world.touch(id, self.now());
    }

    /// The keys of all issues, oldest first.
    pub fn issue_keys(&self) -> Vec<String> {
        self.world().issues.values().map(|issue| self.key_of(issue)).collect()
    }

    /// The ids of all issues, in the order of their keys.
    pub fn issue_ids(&self) -> Vec<String> {
        self.world().issues.keys().map(u64::to_string).collect()
    }

    /// Mounts the REST interface and the pages into a scope whose address is the options' `public_url`.
    pub fn configure(self: &Arc<Self>, config: &mut web::ServiceConfig) {
        config.app_data(web::Data::from(Arc::clone(self)));
        self.configure_interface(config);
        board::configure(config);
        if !self.is_server() {
            app::configure(config);
            let gateway = web::scope(&format!("{}/{}", auth::GATEWAY, app::CLOUD_ID));
            config.service(gateway.configure(|config| self.configure_interface(config)));
        }
    }

    fn configure_interface(&self, config: &mut web::ServiceConfig) {
        let api = self.options.kind.api();
        metadata::configure(config, api);
        search::configure(config, self.options.kind);
        // The fixed paths under /issue come before those with a key.
        issue::configure(config, self.options.kind);
        history::configure(config, api);
        property::configure(config, api);
        remote_link::configure(config, api);
        comment::configure(config, api);
        workflow::configure(config, api);
        if !self.is_server() {
            registered_webhook::configure(config, api);
        }
    }

    fn is_server(&self) -> bool {
        self.options.kind == JiraSandboxKind::DataCenter
    }

    fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    fn key_of(&self, issue: &world::Issue) -> String {
        format!("{}-{}", self.options.project_key, issue.number)
    }
}

/// A panic of another request must not take the sandbox down with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
