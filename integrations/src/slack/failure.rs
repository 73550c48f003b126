//! What a call that failed comes to.

use std::time::Duration;

use serde_json::Value;
use slack_morphism::errors::SlackClientError;

use super::error::SlackError;

/// What Slack answers when it says to wait without saying how long.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);
/// Codes after which, Slack says, the operation may have been carried out all the same.
const MAYBE_DONE: [&str; 4] = ["fatal_error", "internal_error", "service_unavailable", "request_timeout"];

/// Slack said yes in words that we do not understand.
pub(super) fn odd(cause: &str) -> SlackError {
    SlackError::UnknownOutcome { cause: format!("unexpected answer: {cause}") }
}

pub(super) fn unreachable(error: &dyn std::fmt::Display) -> SlackError {
    SlackError::Unreachable { cause: error.to_string() }
}

/// Sorts the library's errors by what they mean for the call; leaves bodies, which may quote people, behind.
pub(super) fn sort(error: SlackClientError) -> SlackError {
    match error {
        SlackClientError::RateLimitError(limit) => {
            SlackError::RateLimited { retry_after: limit.retry_after.unwrap_or(DEFAULT_WAIT) }
        }
        SlackClientError::ApiError(refusal) if MAYBE_DONE.contains(&refusal.code.as_str()) => {
            SlackError::UnknownOutcome { cause: refusal.code }
        }
        SlackClientError::ApiError(refusal) => SlackError::Refused {
            problems: problems(refusal.http_response_body.as_deref().unwrap_or_default()),
            code: refusal.code,
        },
        SlackClientError::HttpError(answer) if answer.status_code.is_client_error() => SlackError::Refused {
            code: format!("http_{}", answer.status_code.as_u16()),
            problems: Vec::new(),
        },
        SlackClientError::HttpError(answer) => {
            SlackError::UnknownOutcome { cause: format!("HTTP status {}", answer.status_code.as_u16()) }
        }
        SlackClientError::HttpProtocolError(error) => {
            let cause = error
                .cause
                .as_ref()
                .map_or_else(|| "protocol error".to_owned(), |cause| chain(cause.as_ref()));
            let connecting = error
                .cause
                .as_ref()
                .and_then(|cause| cause.downcast_ref::<hyper_util::client::legacy::Error>())
                .is_some_and(hyper_util::client::legacy::Error::is_connect);
            if connecting { SlackError::Unreachable { cause } } else { SlackError::UnknownOutcome { cause } }
        }
        SlackClientError::ProtocolError(error) => odd(&error.json_error.to_string()),
        other => SlackError::UnknownOutcome { cause: other.to_string() },
    }
}

/// What Slack says is wrong in detail, such as which block.
fn problems(body: &str) -> Vec<String> {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let messages = body["response_metadata"]["messages"].as_array().into_iter().flatten();
    let needed = body["needed"].as_str().map(|scope| format!("needs the scope {scope}"));
    messages.filter_map(Value::as_str).map(str::to_owned).chain(needed).take(10).collect()
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
