//! What can go wrong between us and JIRA, sorted by what the caller may conclude from it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What JIRA said when it refused a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status, 0 where the refusal is an element of a bulk answer without one.
    pub status: u16,
    /// Sentences that belong to no field.
    pub messages: Vec<String>,
    /// The sentence for each field.
    pub fields: BTreeMap<String, String>,
    /// The refusal of each element of a bulk call, by its position.
    pub elements: BTreeMap<usize, Refusal>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.fields.iter().map(|(field, message)| format!("{field}: {message}"));
        let said = self.messages.iter().cloned().chain(fields).collect::<Vec<_>>().join("; ");
        if self.status == 0 && !said.is_empty() {
            return f.write_str(&said);
        }
        write!(f, "status {}{}{said}", self.status, if said.is_empty() { "" } else { ": " })
    }
}

/// Which limit a request has met, and so what has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Too many requests of this kind in a moment.
    Burst,
    /// Too many writes to one issue, which says nothing about the others.
    Issue,
    /// Everything that may be asked for in a period.
    Quota,
    /// JIRA does not say; Data Center never does.
    Unnamed,
}

impl Limit {
    /// Reads JIRA's name of a limit.
    #[must_use]
    pub fn of_reason(reason: &str) -> Self {
        match reason {
            reason if reason.contains("per-issue") => Self::Issue,
            reason if reason.contains("burst") => Self::Burst,
            reason if reason.contains("quota") => Self::Quota,
            _ => Self::Unnamed,
        }
    }
}

/// Why a call to JIRA has no result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JiraError {
    /// The request never left: JIRA has done nothing.
    #[error("JIRA cannot be reached: {0}. Check the address and the network")]
    Unreachable(String),
    /// A write was sent and its answer is lost or useless: JIRA may or may not have done it.
    #[error("it is not known whether JIRA carried the write out: {detail}")]
    UnknownOutcome {
        /// What happened instead of an answer.
        detail: String,
        /// How long JIRA asks to wait, where it says so.
        retry_after: Option<Duration>,
    },
    /// JIRA asks to slow down and has done nothing.
    #[error("JIRA limits the rate of requests ({reason})")]
    RateLimited {
        /// How long JIRA asks to wait, where it says so.
        retry_after: Option<Duration>,
        /// Which of the limits was met.
        limit: Limit,
        /// The same in JIRA's words.
        reason: String,
    },
    /// The credentials are not accepted. Cloud answers most reads anonymously instead of with 401, so an
    /// empty list or a 404 under bad credentials arrives here and never as an absence.
    #[error(
        "JIRA does not accept the credentials ({0}). Check the account and make a new API token, or on Data Center a personal access token"
    )]
    Unauthenticated(String),
    /// The thing does not exist or the account may not see it: JIRA does not say which.
    #[error("JIRA does not show it: it does not exist, or the account may not see it")]
    NotFoundOrHidden,
    /// JIRA understood and refused; it has done nothing.
    #[error("JIRA refused the request ({0})")]
    Refused(Refusal),
    /// A read failed on JIRA's side; nothing can be concluded.
    #[error("JIRA did not answer the question: {detail}")]
    Unavailable {
        /// What happened instead of an answer.
        detail: String,
        /// How long JIRA asks to wait, where it says so.
        retry_after: Option<Duration>,
    },
}

impl JiraError {
    /// Whether JIRA is known to have changed nothing.
    pub fn nothing_happened(&self) -> bool {
        !matches!(self, Self::UnknownOutcome { .. })
    }

    /// Whether the same request may succeed later without anybody mending anything.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_)
                | Self::UnknownOutcome { .. }
                | Self::RateLimited { .. }
                | Self::Unavailable { .. }
        )
    }

    /// How long JIRA asks to wait before the next request.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. }
            | Self::UnknownOutcome { retry_after, .. }
            | Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether it is a limit of the writes to one issue, which says nothing about the others.
    pub fn limits_one_issue(&self) -> bool {
        matches!(self, Self::RateLimited { limit: Limit::Issue, .. })
    }
}
