//! What can go wrong with Datadog.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

/// How long to wait where Datadog does not say.
const WAIT: Duration = Duration::from_secs(60);
/// Longest wait that is believed.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// What can go wrong with Datadog. No text holds a key or an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DatadogError {
    /// Too many requests.
    #[error("Datadog asks for fewer requests; the next one is made after the time that it names")]
    RateLimited {
        /// How long to wait.
        wait: Duration,
    },
    /// The keys are not taken.
    #[error("Datadog refuses the keys ({status}); set new ones, with the permissions {permissions}")]
    Unauthenticated {
        /// What it answered.
        status: u16,
        /// What the application key has to be allowed.
        permissions: &'static str,
    },
    /// There is no such signal, or no such address.
    #[error("Datadog does not know what was asked for (404)")]
    NotFound,
    /// This request is wrong, and will be wrong again.
    #[error("Datadog refuses the request ({status})")]
    Refused {
        /// What it answered.
        status: u16,
    },
    /// It cannot be reached, or fails at the moment.
    #[error("Datadog cannot be used now: {0}")]
    Unavailable(String),
    /// The answer is not what the API promises.
    #[error("the answer of Datadog is not understood: {0}")]
    NotUnderstood(String),
}

impl DatadogError {
    /// What a status means; none when it is a success.
    pub(super) fn of_status(status: StatusCode, headers: &HeaderMap) -> Option<Self> {
        match status.as_u16() {
            _ if status.is_success() => None,
            429 => Some(Self::RateLimited { wait: wait(headers) }),
            code @ (401 | 403) => Some(Self::Unauthenticated {
                status: code,
                permissions: "security_monitoring_signals_read and security_monitoring_signals_write",
            }),
            404 => Some(Self::NotFound),
            408 => Some(Self::Unavailable("it waited too long for the request".to_owned())),
            code if status.is_client_error() => Some(Self::Refused { status: code }),
            code => Some(Self::Unavailable(format!("it answers {code}"))),
        }
    }
}

/// The seconds until the limit is lifted, as Datadog's own header names them.
fn wait(headers: &HeaderMap) -> Duration {
    let seconds = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let asked = seconds("x-ratelimit-reset").or_else(|| seconds("retry-after")).map(Duration::from_secs);
    asked.unwrap_or(WAIT).clamp(Duration::from_secs(1), LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, headers: &[(&'static str, &'static str)]) -> Option<DatadogError> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        DatadogError::of_status(StatusCode::from_u16(status).unwrap(), &headers.collect())
    }

    #[test]
    fn the_wait_is_what_datadog_names_within_reason() {
        let waits = |headers: &[_]| match judged(429, headers) {
            Some(DatadogError::RateLimited { wait }) => wait.as_secs(),
            other => panic!("{other:?}"),
        };
        assert_eq!(waits(&[("x-ratelimit-reset", "17")]), 17);
        assert_eq!(waits(&[("x-ratelimit-reset", "0")]), 1);
        assert_eq!(waits(&[("x-ratelimit-reset", "9999999")]), 3600);
        assert_eq!(waits(&[("x-ratelimit-reset", "soon"), ("retry-after", "5")]), 5);
        assert_eq!(waits(&[]), 60);
    }

    #[test]
    fn statuses_are_sorted_by_what_helps() {
        assert_eq!(judged(200, &[]), None);
        assert!(matches!(judged(403, &[]), Some(DatadogError::Unauthenticated { status: 403, .. })));
        assert_eq!(judged(404, &[]), Some(DatadogError::NotFound));
        assert_eq!(judged(400, &[]), Some(DatadogError::Refused { status: 400 }));
        assert!(matches!(judged(502, &[]), Some(DatadogError::Unavailable(_))));
    }
}
