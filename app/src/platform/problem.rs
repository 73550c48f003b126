//! The one error of use cases and handlers: an RFC 9457 problem document that says what to do.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use sea_orm::{DbErr, SqlErr};
use serde::Serialize;
use serde_json::{Map, Value};

/// What kind of problem it is; decides the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 400: the request cannot be read.
    Malformed,
    /// 401: nobody is signed in.
    Unauthenticated,
    /// 403: not the caller's right.
    Forbidden,
    /// 404: no such thing, or none that the caller may see.
    NotFound,
    /// 409: not in this state.
    Conflict,
    /// 412: somebody else changed it meanwhile.
    Stale,
    /// 413: too large.
    TooLarge,
    /// 415: not a media type that is read here.
    UnsupportedMedia,
    /// 422: fields are missing or wrong.
    Invalid,
    /// 429: too often.
    TooMany,
    /// 500: our fault.
    Internal,
    /// 503: try again soon.
    Unavailable,
}

impl Kind {
    fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Stale => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::Stale => "stale",
            Self::TooLarge => "too-large",
            Self::UnsupportedMedia => "unsupported-media-type",
            Self::Invalid => "invalid",
            Self::TooMany => "too-many-requests",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Malformed => "The request cannot be read",
            Self::Unauthenticated => "Sign in first",
            Self::Forbidden => "Not your right",
            Self::NotFound => "Not found",
            Self::Conflict => "Not possible now",
            Self::Stale => "Changed meanwhile",
            Self::TooLarge => "Too large",
            Self::UnsupportedMedia => "Media type not supported",
            Self::Invalid => "Something is missing or wrong",
            Self::TooMany => "Too many requests",
            Self::Internal => "Something went wrong on our side",
            Self::Unavailable => "Busy",
        }
    }
}

/// A field that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldProblem {
    /// The field's name as the caller wrote it.
    pub field: String,
    /// The rule that it breaks, where the lifecycle has a name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// What is wrong with it and what would be right.
    pub detail: String,
}

impl FieldProblem {
    /// A field that is wrong, and why.
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: field.into(), rule: None, detail: detail.into() }
    }

    /// Names the rule that it breaks.
    #[must_use]
    pub fn by(self, rule: &'static str) -> Self {
        Self { rule: Some(rule), ..self }
    }
}

/// Longest text that is kept of a problem, in characters.
const KEPT: usize = 1_000;

/// A problem, with what to tell the caller and, apart from that, the cause for the log.
#[derive(Debug)]
pub struct Problem {
    kind: Kind,
    detail: String,
    errors: Vec<FieldProblem>,
    more: Map<String, Value>,
    retry_after: Option<u32>,
    cause: Option<anyhow::Error>,
}

impl Problem {
    /// A problem of `kind`; `detail` says what happened and what to do.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            more: Map::new(),
            retry_after: None,
            cause: None,
        }
    }

    /// 404 for `what`.
    #[must_use]
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::new(Kind::NotFound, format!("There is no {what}, or it is not yours to see."))
    }

    /// 422 for one field.
    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::all_invalid(vec![FieldProblem::new(field, detail)])
    }

    /// 422 for all the fields that are wrong at once.
    #[must_use]
    pub fn all_invalid(errors: Vec<FieldProblem>) -> Self {
        let detail =
            errors.iter().map(|e| format!("{}: {}", e.field, e.detail)).collect::<Vec<_>>().join(" ");
        Self { errors, ..Self::new(Kind::Invalid, detail) }
    }

    /// 500 with its cause, which only the log sees.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self {
            cause: Some(cause.into()),
            ..Self::new(
                Kind::Internal,
                "The request failed; nothing was changed. The log has the cause under this request's id.",
            )
        }
    }

    /// 503: the caller may try again after `seconds`.
    #[must_use]
    pub fn unavailable(seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(Kind::Unavailable, "The database is busy; try again in a moment.")
        }
    }

    /// Adds a member to the document.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.more.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    /// Names fields or rules besides, for a problem that is not about fields alone.
    #[must_use]
    pub fn naming(self, errors: Vec<FieldProblem>) -> Self {
        Self { errors, ..self }
    }

    /// Says after how many seconds to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// What kind of problem it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What happened and what to do.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What is wrong in few words, to be kept beside what it is wrong with.
    #[must_use]
    pub fn in_short(&self) -> String {
        let fields: Vec<&str> = self.errors.iter().map(|error| error.detail.as_str()).collect();
        let text = if fields.is_empty() { self.detail.clone() } else { fields.join(" ") };
        text.chars().take(KEPT).collect()
    }

    /// A short heading for pages and messages.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.kind.title()
    }

    /// The fields that are missing or wrong.
    #[must_use]
    pub fn errors(&self) -> &[FieldProblem] {
        &self.errors
    }

    /// The cause, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&anyhow::Error> {
        self.cause.as_ref()
    }

    /// Whether the same transaction may well pass when run again: the database said busy or deadlock.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.cause.as_ref().and_then(|cause| cause.downcast_ref::<DbErr>()).is_some_and(is_transient)
    }

    /// Whether it is the database's word that something is there already.
    #[must_use]
    pub fn is_repetition(&self) -> bool {
        let cause = self.cause.as_ref().and_then(|cause| cause.downcast_ref::<DbErr>());
        cause.is_some_and(|error| matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))))
    }

    /// The document, as sent under `application/problem+json`.
    #[must_use]
    pub fn document(&self) -> Value {
        let mut document = self.more.clone();
        document.insert("type".to_owned(), format!("/problems/{}", self.kind.name()).into());
        document.insert("title".to_owned(), self.kind.title().into());
        document.insert("status".to_owned(), self.kind.status().as_u16().into());
        document.insert("detail".to_owned(), self.detail.clone().into());
        if !self.errors.is_empty() {
            document.insert("errors".to_owned(), serde_json::to_value(&self.errors).unwrap_or(Value::Null));
        }
        Value::Object(document)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.title(), self.detail)?;
        if let Some(cause) = &self.cause {
            write!(f, " ({cause:#})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

impl From<DbErr> for Problem {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            let conflict = Self::new(Kind::Conflict, "Something with this name is there already.");
            return Self { cause: Some(error.into()), ..conflict };
        }
        if holds_nul(&error) {
            return Self::new(
                Kind::Invalid,
                "A text holds the character NUL, which no text may hold; remove it.",
            );
        }
        Self::internal(error)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.kind.status());
        if let Some(seconds) = self.retry_after {
            response.insert_header(("Retry-After", seconds));
        }
        response.content_type("application/problem+json").json(self.document())
    }
}

/// SQLite's BUSY family, PostgreSQL's deadlock and serialization failure.
fn is_transient(error: &DbErr) -> bool {
    matches!(code(error).as_deref(), Some("5" | "261" | "517" | "40001" | "40P01"))
}

/// PostgreSQL's texts and JSON cannot hold the character NUL, which SQLite's can.
fn holds_nul(error: &DbErr) -> bool {
    matches!(code(error).as_deref(), Some("22021" | "22P05"))
}

/// The database's own code of an error.
fn code(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(inner) | DbErr::Query(inner) | DbErr::Conn(inner)) = error else {
        return None;
    };
    let sea_orm::RuntimeErr::SqlxError(inner) = inner else {
        return None;
    };
    let code = inner.as_database_error().and_then(sea_orm::sqlx::error::DatabaseError::code)?;
    Some(code.into_owned())
}
