//! Sends requests to JIRA.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::adf::Document;
use super::answer::{judge, lost};
use super::credentials::Credentials;
use super::dialect::Dialect;
use super::error::JiraError;

/// Where a JIRA site is and who calls it.
#[derive(Clone)]
pub struct JiraSite {
    /// Which JIRA it is.
    pub dialect: Dialect,
    /// Where the REST interface is: the site itself, or the gateway address that scoped tokens need.
    pub api_url: Url,
    /// Where people open issues.
    pub browse_url: Url,
    /// How we sign in.
    pub credentials: Credentials,
    /// How long one request may take.
    pub timeout: Duration,
    /// How many characters a description or a comment may have after it was converted; see [`super::TEXT_LIMIT`].
    pub text_limit: usize,
}

impl fmt::Debug for JiraSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JiraSite")
            .field("dialect", &self.dialect)
            .field("api_url", &self.api_url.as_str())
            .finish_non_exhaustive()
    }
}

/// A client of one JIRA site.
#[derive(Debug, Clone)]
pub struct JiraClient {
    http: reqwest::Client,
    site: JiraSite,
    answered: Arc<AtomicBool>,
}

/// Whether a request can change anything at JIRA, which decides what a lost answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Asks only.
    Read,
    /// May change something.
    Write,
}

/// A request before it is sent.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
    pub(crate) effect: Effect,
}

impl Call {
    pub(crate) fn read(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), query: Vec::new(), body: None, effect: Effect::Read }
    }

    /// A question that JIRA wants as POST.
    pub(crate) fn ask(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::POST, body: Some(body), ..Self::read(path) }
    }

    pub(crate) fn write(method: Method, path: impl Into<String>, body: Value) -> Self {
        Self { method, body: Some(body), effect: Effect::Write, ..Self::read(path) }
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }
}

impl JiraClient {
    /// A client that sends with `http`.
    pub fn new(http: reqwest::Client, site: JiraSite) -> Self {
        Self { http, site, answered: Arc::default() }
    }

    /// Whether any request of this client, or of a clone of it, was answered: with what was asked for, or with a clear no.
    /// Tells a site that is down from one where some calls fail.
    #[must_use]
    pub fn was_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// Which JIRA it speaks to.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.site.dialect
    }

    /// A document as it is sent to this site, and as a comment of ours reads afterwards.
    #[must_use]
    pub fn rich_text(&self, document: &Document) -> Value {
        self.site.dialect.rich_text(document, self.site.text_limit)
    }

    pub(crate) fn text_limit(&self) -> usize {
        self.site.text_limit
    }

    pub(crate) fn path(&self, resource: &str) -> String {
        self.site.dialect.path(resource)
    }

    /// Where people open the issue with this key.
    pub fn browse_url(&self, key: &str) -> String {
        format!("{}/browse/{key}", self.site.browse_url.as_str().trim_end_matches('/'))
    }

    /// Sends and reads a JSON answer.
    pub(crate) async fn send<T: DeserializeOwned>(&self, call: Call) -> Result<T, JiraError> {
        let effect = call.effect;
        let (_, body) = self.exchange(call).await?;
        serde_json::from_slice(&body)
            .map_err(|error| lost(effect, format!("the answer is not understood: {error}"), None))
    }

    /// Sends where only the status matters.
    pub(crate) async fn send_for_status(&self, call: Call) -> Result<StatusCode, JiraError> {
        self.exchange(call).await.map(|(status, _)| status)
    }

    async fn exchange(&self, call: Call) -> Result<(StatusCode, Vec<u8>), JiraError> {
        let url = format!("{}{}", self.site.api_url.as_str().trim_end_matches('/'), call.path);
        let request = self.http.request(call.method, url).timeout(self.site.timeout);
        let mut request = self.site.credentials.sign(request).header("Accept", "application/json");
        if !call.query.is_empty() {
            request = request.query(&call.query);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| unsent_or_lost(call.effect, &error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = match response.bytes().await {
            Ok(body) => body.to_vec(),
            // The status of a refusal says enough; the body of a success is needed.
            Err(_) if !status.is_success() => Vec::new(),
            Err(error) => return Err(lost(call.effect, without_url(&error), None)),
        };
        let judged = judge(call.effect, status, &headers, &body);
        if matches!(judged, None | Some(JiraError::Refused(_) | JiraError::NotFoundOrHidden)) {
            self.answered.store(true, Ordering::Relaxed);
        }
        match judged {
            Some(error) => Err(error),
            None => Ok((status, body)),
        }
    }
}

/// The text of a transport error without the address, which can hold an account's id.
pub(crate) fn without_url(error: &reqwest::Error) -> String {
    let mut text = match error {
        error if error.is_timeout() => "timed out".to_owned(),
        error if error.is_connect() => "no connection".to_owned(),
        error if error.is_body() || error.is_decode() => "the answer broke off".to_owned(),
        _ => "the connection broke".to_owned(),
    };
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

fn unsent_or_lost(effect: Effect, error: &reqwest::Error) -> JiraError {
    if error.is_connect() || error.is_builder() {
        JiraError::Unreachable(without_url(error))
    } else {
        lost(effect, without_url(error), None)
    }
}
