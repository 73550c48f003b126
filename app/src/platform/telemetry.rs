//! Logging: what is logged in which form, and the one line that a request leaves.

use std::io::IsTerminal;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use tracing::Span;
use tracing::field::Empty;
use tracing_actix_web::{RequestId, RootSpanBuilder};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::problem::Problem;
use crate::config::{LogConfig, LogFormat};

/// Libraries that say at level info what only matters at level warn; the settings' filter has the last word.
const QUIET: &str = "sqlx=warn,sea_orm_migration=warn,actix_server=warn";

/// Starts logging to standard error.
pub fn start(config: &LogConfig) {
    let filter = EnvFilter::new(format!("{QUIET},{}", config.filter));
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let for_people = match config.format {
        LogFormat::Text => true,
        LogFormat::Json => false,
        LogFormat::Auto => std::io::stderr().is_terminal(),
    };
    let started =
        if for_people { registry.with(lines).try_init() } else { registry.with(lines.json()).try_init() };
    // A second start, as in a test process, finds logging on already; that is fine.
    drop(started);
}

/// The span and the line of a request. Its path is logged as the route's template only, because paths hold secrets
/// (calendars, webhooks) and queries hold what people look for.
#[derive(Debug)]
pub struct RequestLog;

impl RootSpanBuilder for RequestLog {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        let route = request.match_pattern().unwrap_or_else(|| "none".to_owned());
        tracing::info_span!("request", id, method = %request.method(), route, status = Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let (status, error) = match outcome {
            Ok(response) => (response.status(), response.response().error()),
            Err(error) => (error.as_response_error().status_code(), Some(error)),
        };
        span.record("status", status.as_u16());
        let _entered = span.enter();
        if status.is_server_error() {
            // The detail is what the caller was told; the cause is for whoever reads the log.
            match error.and_then(|error| error.as_error::<Problem>()).and_then(Problem::cause) {
                Some(cause) => tracing::error!(cause = format!("{cause:#}"), "the request failed"),
                None => tracing::error!("the request failed"),
            }
        } else if status.is_client_error() {
            tracing::info!("the request was refused");
        } else {
            tracing::debug!("the request was answered");
        }
    }
}
