//! `POST /hooks/datadog/{id}`: what Datadog sends when our template is its payload.

use abate_entity::hook;
use actix_web::HttpRequest;
use serde_json::{Value, json};

use super::delivery::Delivery;
use super::secret;
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// Believes the request, and says what of it is to be kept.
pub(super) fn check(
    state: &AppState,
    hook: &hook::Model,
    request: &HttpRequest,
    body: &[u8],
) -> Result<Delivery, Problem> {
    secret::check_carried(state, hook, request)?;
    if serde_json::from_slice::<Value>(body).is_err() {
        return Err(Problem::new(
            Kind::Malformed,
            "The body is not JSON. Paste the template of /api/v1/connections/datadog-template as the payload.",
        ));
    }
    Ok(Delivery::report(state, "", body.to_vec()))
}

/// The payload to paste into Datadog's webhook integration.
pub(super) fn template() -> Value {
    json!({
        "source": "datadog",
        "id": "$ID",
        "event_type": "$EVENT_TYPE",
        "alert_transition": "$ALERT_TRANSITION",
        "date_ms": "$DATE",
        "link": "$LINK",
        "tags": "$TAGS",
        "signal": {
            "id": "$SECURITY_SIGNAL_ID",
            "severity": "$SECURITY_SIGNAL_SEVERITY",
            "title": "$SECURITY_SIGNAL_TITLE",
            "message": "$SECURITY_SIGNAL_MSG"
        },
        "rule": {
            "id": "$SECURITY_RULE_ID",
            "name": "$SECURITY_RULE_NAME",
            "type": "$SECURITY_RULE_TYPE"
        }
    })
}
