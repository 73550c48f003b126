//! Sends requests to Datadog and sorts what comes back.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::error::DatadogError;
use super::signal::{Signal, Triage, TriageState};

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Largest answer: a hundred signals with all that they carry.
const ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// Where an account is, and who calls.
#[derive(Clone)]
pub struct DatadogAccount {
    /// Where its API is.
    pub api: Url,
    /// The organisation's key.
    pub api_key: SecretString,
    /// The key of whoever made it, with that person's rights or fewer.
    pub application_key: SecretString,
}

impl fmt::Debug for DatadogAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DatadogAccount").field("api", &self.api.as_str()).finish_non_exhaustive()
    }
}

/// A client of one account.
#[derive(Clone, Debug)]
pub struct DatadogClient {
    http: reqwest::Client,
    account: DatadogAccount,
}

/// Which signals to list.
#[derive(Clone, Debug)]
pub struct Question<'q> {
    /// In Datadog's own search language; empty for all.
    pub query: &'q str,
    /// Made at or after this moment.
    pub from: DateTime<Utc>,
    /// Made before this moment.
    pub to: DateTime<Utc>,
    /// How many at a time.
    pub limit: u32,
    /// What the page before named as the next one.
    pub cursor: Option<&'q str>,
}

/// A part of a list, oldest first.
#[derive(Clone, Debug)]
pub struct SignalPage {
    /// The signals.
    pub signals: Vec<Signal>,
    /// Names the next part; none when there is none.
    pub next: Option<String>,
}

impl DatadogClient {
    /// A client that sends with `http`.
    #[must_use]
    pub fn new(http: reqwest::Client, account: DatadogAccount) -> Self {
        Self { http, account }
    }

    /// Lists signals, oldest first.
    ///
    /// # Errors
    /// When Datadog refuses or cannot be used.
    pub async fn search(&self, question: &Question<'_>) -> Result<SignalPage, DatadogError> {
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut page = json!({ "limit": question.limit });
        if let Some(cursor) = question.cursor {
            page["cursor"] = cursor.into();
        }
        let mut filter = json!({ "from": time(question.from), "to": time(question.to) });
        if !question.query.is_empty() {
            filter["query"] = question.query.into();
        }
        let body = json!({ "filter": filter, "page": page, "sort": "timestamp" });
        let mut answer = self.send(self.call(Method::POST, &["signals", "search"])?.json(&body)).await?;
        let Value::Array(records) = answer["data"].take() else {
            return Err(DatadogError::NotUnderstood("it has no list `data`".to_owned()));
        };
        let next = answer["meta"]["page"]["after"].as_str().filter(|cursor| !cursor.is_empty());
        let next = next.filter(|_| !records.is_empty()).map(str::to_owned);
        Ok(SignalPage { signals: records.into_iter().filter_map(Signal::of).collect(), next })
    }

    /// Looks a signal up.
    ///
    /// # Errors
    /// When Datadog refuses or cannot be used, and when there is no such signal.
    pub async fn signal(&self, id: &str) -> Result<Signal, DatadogError> {
        let mut answer = self.send(self.call(Method::GET, &["signals", id])?).await?;
        let found = Signal::of(answer["data"].take()).filter(|signal| signal.id == id);
        found.ok_or_else(|| DatadogError::NotUnderstood("it is not the signal that was asked for".to_owned()))
    }

    /// Tells how a signal was triaged. Telling the same again changes nothing.
    ///
    /// # Errors
    /// When Datadog refuses or cannot be used.
    pub async fn triage(&self, id: &str, triage: &Triage) -> Result<(), DatadogError> {
        let mut attributes = json!({ "state": triage.state.as_str() });
        if triage.state == TriageState::Archived {
            attributes["archive_reason"] = triage.reason.into();
            attributes["archive_comment"] = triage.comment.as_str().into();
        }
        let body = json!({ "data": { "attributes": attributes } });
        self.send(self.call(Method::PATCH, &["signals", id, "state"])?.json(&body)).await.map(drop)
    }

    fn call(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, DatadogError> {
        let mut address = self.account.api.clone();
        // The parts are escaped one by one, so that an id is never more than an id.
        match address.path_segments_mut() {
            Ok(mut parts) => {
                parts.pop_if_empty().extend(["api", "v2", "security_monitoring"]).extend(path);
            }
            Err(()) => return Err(DatadogError::Unavailable("its address has no path".to_owned())),
        }
        Ok(self
            .http
            .request(method, address)
            .timeout(PATIENCE)
            .header("Accept", "application/json")
            .header("DD-API-KEY", secret(&self.account.api_key)?)
            .header("DD-APPLICATION-KEY", secret(&self.account.application_key)?))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Value, DatadogError> {
        let mut answer = request.send().await.map_err(|error| unavailable(&error))?;
        if let Some(error) = DatadogError::of_status(answer.status(), answer.headers()) {
            return Err(error);
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| unavailable(&error))? {
            body.extend_from_slice(&part);
            if body.len() > ANSWER_BYTES {
                return Err(DatadogError::NotUnderstood("it is too long".to_owned()));
            }
        }
        serde_json::from_slice(&body).map_err(|error| DatadogError::NotUnderstood(error.to_string()))
    }
}

/// A key as a header that nothing prints.
fn secret(key: &SecretString) -> Result<HeaderValue, DatadogError> {
    let mut value = HeaderValue::from_str(key.expose_secret())
        .map_err(|_| DatadogError::Unavailable("a key has characters that no key has".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// What went wrong on the way, without the address.
fn unavailable(error: &reqwest::Error) -> DatadogError {
    let mut text = match error {
        error if error.is_timeout() => "it did not answer in time".to_owned(),
        error if error.is_connect() => "there is no connection".to_owned(),
        _ => "the connection broke".to_owned(),
    };
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    DatadogError::Unavailable(text)
}
