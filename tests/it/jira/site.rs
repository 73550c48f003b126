//! A sandbox on a port, a proxy in front of it, and a client that calls through the proxy.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use abate::sandbox::jira::{JiraSandbox, JiraSandboxKind, JiraSandboxOptions, SandboxClock};
use abate_integrations::jira::{
    Credentials, Dialect, Document, IssueEdit, JiraClient, JiraSite, Marker, NewIssue, TEXT_LIMIT,
    marker_label,
};
use actix_web::{App, HttpServer};
use chrono::{DateTime, Utc};
use reqwest::{Method, RequestBuilder};

use crate::fault_proxy::FaultProxy;
use crate::harness::install_tls;

/// The project of the sandbox.
pub(crate) const PROJECT: &str = "SEC";
/// The issue type of the sandbox.
pub(crate) const TASK: &str = "10001";

/// Everything that a test of the client needs.
pub(crate) struct Site {
    pub(crate) kind: JiraSandboxKind,
    pub(crate) sandbox: Arc<JiraSandbox>,
    pub(crate) proxy: FaultProxy,
    pub(crate) client: JiraClient,
    /// The address of the sandbox without the proxy.
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    seconds: Arc<AtomicI64>,
}

impl Site {
    /// Starts a site of Cloud whose search lags by `lag`, with a clock of its own.
    pub(crate) async fn start(lag: Duration) -> Self {
        Self::start_kind(JiraSandboxKind::Cloud, lag).await
    }

    /// As [`Self::start`], one of Cloud and one of Data Center.
    pub(crate) async fn both(lag: Duration) -> [Self; 2] {
        [
            Self::start_kind(JiraSandboxKind::Cloud, lag).await,
            Self::start_kind(JiraSandboxKind::DataCenter, lag).await,
        ]
    }

    async fn start_kind(kind: JiraSandboxKind, lag: Duration) -> Self {
        let seconds = Arc::new(AtomicI64::new(1_795_219_200));
        let clock = Arc::clone(&seconds);
        let now = move || DateTime::<Utc>::from_timestamp(clock.load(Ordering::SeqCst), 0).expect("a time");
        Self { seconds, ..Self::start_at(kind, lag, Arc::new(now)).await }
    }

    /// Starts a site that tells the time by `now`.
    pub(crate) async fn start_at(kind: JiraSandboxKind, lag: Duration, now: SandboxClock) -> Self {
        install_tls();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let url = format!("http://{address}");
        let http = reqwest::Client::new();
        let options = JiraSandboxOptions {
            kind,
            public_url: url.clone(),
            index_lag: lag,
            retry_delay: Duration::from_millis(20),
            ..JiraSandboxOptions::default()
        };
        let sandbox = JiraSandbox::new(options, now, http.clone());
        let mounted = Arc::clone(&sandbox);
        let server = HttpServer::new(move || App::new().configure(|config| mounted.configure(config)))
            .workers(1)
            .disable_signals()
            .listen(listener)
            .expect("a listener")
            .run();
        tokio::spawn(server);
        let proxy = FaultProxy::start(address).await;
        let client = client_of(kind, &http, &proxy.url(), Duration::from_secs(5));
        Self { kind, sandbox, proxy, client, url, http, seconds: Arc::default() }
    }

    /// A client that soon loses patience.
    pub(crate) fn impatient_client(&self) -> JiraClient {
        client_of(self.kind, &self.http, &self.proxy.url(), Duration::from_millis(100))
    }

    /// The path of a resource.
    pub(crate) fn path(&self, resource: &str) -> String {
        self.client.dialect().path(resource)
    }

    /// A request past the client, with the account's credentials.
    pub(crate) fn request(&self, method: Method, resource: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{}", self.url, self.path(resource)));
        match self.kind {
            JiraSandboxKind::Cloud => request.basic_auth("abate@sandbox.example", Some("sandbox-token")),
            JiraSandboxKind::DataCenter => request.bearer_auth("sandbox-token"),
        }
    }

    /// The id of the first issue.
    pub(crate) fn issue_id(&self) -> String {
        self.sandbox.issue_ids().remove(0)
    }

    /// A person clicks on the board.
    pub(crate) async fn click(&self, key: &str, transition: &str) {
        let url = format!("{}/browse/{key}/transitions", self.url);
        let send = || self.http.post(url.as_str()).form(&[("transition", transition)]).send();
        // A kept connection may be closing just then. To click twice moves nothing more.
        let answer = match send().await {
            Err(error) if error.is_connect() || error.is_request() => send().await,
            answer => answer,
        };
        let answer = answer.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// Lets time pass for the sandbox.
    pub(crate) fn pass(&self, time: Duration) {
        self.seconds.fetch_add(i64::try_from(time.as_secs()).expect("a short time"), Ordering::SeqCst);
    }
}

/// A client with the sandbox's credentials for the site at `url`.
pub(crate) fn client_of(
    kind: JiraSandboxKind,
    http: &reqwest::Client,
    url: &str,
    timeout: Duration,
) -> JiraClient {
    let options = JiraSandboxOptions::default();
    let url: url::Url = url.parse().expect("an address");
    let (dialect, credentials) = match kind {
        JiraSandboxKind::Cloud => {
            let secret = options.token.into();
            (Dialect::Cloud, Credentials::Basic { user: options.email, secret })
        }
        JiraSandboxKind::DataCenter => (Dialect::DataCenter, Credentials::Bearer(options.token.into())),
    };
    let site = JiraSite {
        dialect,
        api_url: url.clone(),
        browse_url: url,
        credentials,
        timeout,
        text_limit: TEXT_LIMIT,
    };
    JiraClient::new(http.clone(), site)
}

/// An issue for the risk `subject`.
pub(crate) fn new_issue(subject: &str) -> NewIssue {
    let marker = Marker { instance: "k3x9qp".to_owned(), uuid: format!("uuid-of-{subject}"), epoch: 0 };
    NewIssue {
        project: PROJECT.to_owned(),
        issue_type: TASK.to_owned(),
        edit: IssueEdit {
            summary: Some(format!("Fix {subject}")),
            description: Some(Document::from_text("What it is about.")),
            labels: Some(vec![marker_label(&marker.instance, subject)]),
            ..IssueEdit::default()
        },
        marker,
    }
}
