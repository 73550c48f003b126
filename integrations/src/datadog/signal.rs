//! A signal, as far as a list of them has to know it: the reader of reports knows the rest.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::scanner::{Fingerprint, datadog_outline};

/// Where a signal stands in triage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TriageState {
    /// Nobody has looked at it.
    Open,
    /// Somebody works on it.
    UnderReview,
    /// It is done with.
    Archived,
}

impl TriageState {
    /// Datadog's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::UnderReview => "under_review",
            Self::Archived => "archived",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "under_review" => Self::UnderReview,
            "archived" => Self::Archived,
            // Signals that nobody has touched yet carry no state.
            _ => Self::Open,
        }
    }
}

impl fmt::Display for TriageState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// How a signal was triaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triage {
    /// Where it stands from now on.
    pub state: TriageState,
    /// Why it is archived: one of Datadog's words.
    pub reason: &'static str,
    /// What people read beside it when it is archived.
    pub comment: String,
}

/// A signal of a list.
#[derive(Clone, Debug)]
pub struct Signal {
    /// Its id.
    pub id: String,
    /// When it was made, or last grew.
    pub at: Option<DateTime<Utc>>,
    /// Where it stands in triage.
    pub state: TriageState,
    /// What a report calls the problem; none when it cannot be read as a finding.
    pub fingerprint: Option<Fingerprint>,
    /// Equal while it tells the same; its triage aside, since that is told by people and by us.
    pub digest: String,
    /// As Datadog gave it.
    pub record: Value,
}

impl Signal {
    /// Reads a record of a list; none without an id.
    pub(super) fn of(record: Value) -> Option<Self> {
        let id = record["id"].as_str().filter(|id| !id.is_empty())?.to_owned();
        let outline = datadog_outline(&record);
        let at = time(&record["attributes"]["timestamp"]);
        let mut digest = Sha256::new();
        for part in [
            record["attributes"]["timestamp"].to_string(),
            outline.first_seen,
            outline.last_seen,
            outline.severity,
            outline.title,
        ] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Some(Self {
            id,
            at,
            state: TriageState::of(&outline.state),
            fingerprint: outline.fingerprint,
            digest: hex::encode(&digest.finalize()[..16]),
            record,
        })
    }
}

/// A time as text or as milliseconds.
fn time(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::String(text) => DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()),
        Value::Number(number) => DateTime::from_timestamp_millis(number.as_i64()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(state: &str, last_seen: &str) -> Value {
        json!({
            "id": "AQAA-1", "type": "signal",
            "attributes": {
                "timestamp": "2026-03-02T08:00:00.5Z", "tags": ["service:login"],
                "custom": { "title": "Replayed passwords", "workflow": {
                    "rule": { "id": "r-1" }, "triage": { "state": state }, "last_seen": last_seen } },
            },
        })
    }

    #[test]
    fn triage_is_read_and_changes_nothing_else() {
        let one = Signal::of(record("open", "a")).unwrap();
        let two = Signal::of(record("archived", "a")).unwrap();
        let three = Signal::of(record("open", "b")).unwrap();
        assert_eq!((one.state, two.state), (TriageState::Open, TriageState::Archived));
        assert_eq!(one.digest, two.digest);
        assert_ne!(one.digest, three.digest);
        assert!(one.fingerprint.is_some());
        assert_eq!(one.fingerprint, three.fingerprint);
        assert_eq!(one.at.unwrap().to_rfc3339(), "2026-03-02T08:00:00.500+00:00");
    }

    #[test]
    fn what_is_no_signal_is_none() {
        assert!(Signal::of(json!({"attributes": {}})).is_none());
        assert!(Signal::of(json!(null)).is_none());
        let bare = Signal::of(json!({"id": "x"})).unwrap();
        assert_eq!((bare.fingerprint, bare.at, bare.state), (None, None, TriageState::Open));
    }
}
