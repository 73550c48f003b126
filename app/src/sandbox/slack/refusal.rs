//! How Slack says no: HTTP 200 with `ok: false`, but 429 when it is too much.

use actix_web::HttpResponse;
use serde_json::{Value, json};

/// A refused call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) problems: Vec<String>,
    pub(super) retry_after: Option<u64>,
}

impl Refusal {
    pub(super) fn new(code: &'static str) -> Self {
        Self { code, problems: Vec::new(), retry_after: None }
    }

    pub(super) fn with_problems(code: &'static str, problems: Vec<String>) -> Self {
        Self { problems, ..Self::new(code) }
    }

    pub(super) fn rate_limited(seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new("ratelimited") }
    }

    pub(super) fn missing(field: &str) -> Self {
        Self::with_problems("invalid_arguments", vec![format!("[ERROR] missing required field: {field}")])
    }
}

/// The answer to a call.
pub(super) fn answer(result: Result<Value, Refusal>) -> HttpResponse {
    match result {
        Ok(mut body) => {
            body["ok"] = json!(true);
            HttpResponse::Ok().json(body)
        }
        Err(refusal) => {
            let mut body = json!({"ok": false, "error": refusal.code});
            if !refusal.problems.is_empty() {
                body["response_metadata"] = json!({"messages": refusal.problems});
            }
            match refusal.retry_after {
                Some(seconds) => HttpResponse::TooManyRequests()
                    .insert_header(("Retry-After", seconds.to_string()))
                    .json(body),
                None => HttpResponse::Ok().json(body),
            }
        }
    }
}
