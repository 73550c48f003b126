//! What can go wrong with a call to Slack, sorted by what the caller may do next.

use std::time::Duration;

/// A call to Slack that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlackError {
    /// Slack asks us to wait; nothing was done.
    #[error("Slack asks to wait {} s before the next call", retry_after.as_secs())]
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// Slack understood and said no; nothing was done, and the same call would fail again.
    #[error("Slack refused the call: {code}{}", .problems.iter().map(|p| format!("; {p}")).collect::<String>())]
    Refused {
        /// Slack's error code, such as `channel_not_found`.
        code: String,
        /// What Slack says is wrong with the blocks, with JSON pointers.
        problems: Vec<String>,
    },
    /// The call was sent and no trustworthy answer came back: it may have been carried out.
    #[error("Slack did not answer, so the call may or may not have been carried out: {cause}")]
    UnknownOutcome {
        /// For the log.
        cause: String,
    },
    /// The call never reached Slack.
    #[error("Slack cannot be reached: {cause}")]
    Unreachable {
        /// For the log.
        cause: String,
    },
}

impl SlackError {
    /// Whether Slack refused with this code.
    pub fn is_refusal(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }

    /// Whether it is certain that nothing was done, so that the same call may be made again later.
    pub fn nothing_happened(&self) -> bool {
        !matches!(self, Self::UnknownOutcome { .. })
    }

    /// A refusal that we utter ourselves, without calling.
    pub(crate) fn refused(code: &str) -> Self {
        Self::Refused { code: code.to_owned(), problems: Vec::new() }
    }
}

/// A request from Slack that does not carry what it must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// A field that every such request carries is not there.
    #[error("the field {0} is missing from Slack's request")]
    Missing(&'static str),
    /// The body is not the JSON that it should be.
    #[error("Slack's request is not valid JSON: {0}")]
    Json(String),
}
