//! `POST /slack/events`

use abate_integrations::slack::EventCallback;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::signed;
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// Answers the check of the address; takes note of everything else.
pub(crate) async fn take(
    state: web::Data<AppState>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    signed::check(&state, &request, &body)?;
    Ok(match EventCallback::parse(&body) {
        Ok(EventCallback::UrlVerification { challenge }) => {
            HttpResponse::Ok().json(json!({"challenge": challenge}))
        }
        Ok(EventCallback::Event { id, kind }) => {
            tracing::debug!(event = id, kind, "Slack told us something that needs no answer");
            HttpResponse::Ok().finish()
        }
        Ok(EventCallback::Unknown { kind }) => {
            tracing::debug!(kind, "Slack sent something unknown");
            HttpResponse::Ok().finish()
        }
        Err(error) => return Err(Problem::new(Kind::Malformed, error.to_string())),
    })
}
