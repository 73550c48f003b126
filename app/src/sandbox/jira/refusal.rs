//! How JIRA says no.

use std::collections::BTreeMap;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde_json::{Value, json};

/// A refusal in JIRA's shape.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    status: u16,
    messages: Vec<String>,
    fields: BTreeMap<String, String>,
    error: Option<&'static str>,
}

impl Refusal {
    pub(super) fn message(status: u16, message: impl Into<String>) -> Self {
        Self { status, messages: vec![message.into()], ..Self::default() }
    }

    pub(super) fn fields(fields: BTreeMap<String, String>) -> Self {
        Self { status: 400, fields, ..Self::default() }
    }

    /// A refusal of what stands before JIRA, in a shape of its own.
    pub(super) fn error(status: u16, error: &'static str) -> Self {
        Self { status, error: Some(error), ..Self::default() }
    }

    pub(super) fn no_issue() -> Self {
        Self::message(404, "The issue does not exist, or you may not see it.")
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn body(&self) -> Value {
        match self.error {
            Some(error) => json!({ "error": error }),
            None => json!({ "errorMessages": self.messages, "errors": self.fields }),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.body())
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST)
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).json(self.body())
    }
}

/// The JSON body of a request, refused as JIRA refuses it.
pub(super) fn json_body(request: &HttpRequest, body: &[u8]) -> Result<Value, Refusal> {
    let kind =
        request.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(Refusal::message(415, format!("The media type '{kind}' is not supported.")));
    }
    let value: Value = serde_json::from_slice(body)
        .map_err(|_| Refusal::message(400, "The request body could not be read as JSON."))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(Refusal::message(400, "The request body is not an object."))
    }
}
