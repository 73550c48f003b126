//! Believes a request from Slack: its signature over the raw bytes, before anything of it is read.

use abate_integrations::slack::signature::{self, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use actix_web::HttpRequest;
use secrecy::ExposeSecret as _;

use super::Slack;
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// The connection that the request came through.
///
/// # Errors
/// 404 when no Slack app is configured, 401 when the request is not from Slack.
pub(crate) fn check<'a>(
    state: &'a AppState,
    request: &HttpRequest,
    body: &[u8],
) -> Result<&'a Slack, Problem> {
    let slack = state.slack.as_ref().ok_or_else(|| {
        Problem::new(
            Kind::NotFound,
            "No Slack app is configured here; set ABATE_SLACK__BOT_TOKEN and the others.",
        )
    })?;
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secret =
        slack.signing_secret.as_ref().map(|secret| secret.expose_secret().as_bytes()).unwrap_or_default();
    signature::verify(secret, header(TIMESTAMP_HEADER), header(SIGNATURE_HEADER), body, state.clock.now())
        .map_err(|error| {
            tracing::warn!(%error, "a request to the Slack addresses was refused");
            Problem::new(
                Kind::Unauthenticated,
                format!("This request is not believed to come from Slack: {error}."),
            )
        })?;
    Ok(slack)
}
