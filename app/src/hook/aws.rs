//! `POST /hooks/aws/{id}`: SNS, which signs, and API destinations of EventBridge, which carry the secret.

use abate_entity::hook;
use abate_integrations::sns::{SnsError, SnsMessage};
use actix_web::HttpRequest;
use serde_json::Value;

use super::certificate;
use super::delivery::{CONFIRMATION, Delivery};
use super::secret::{self, header, refused};
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// Believes the request, and says what of it is to be kept.
pub(super) async fn check(
    state: &AppState,
    hook: &hook::Model,
    request: &HttpRequest,
    body: &[u8],
) -> Result<Option<Delivery>, Problem> {
    if header(request, "x-amz-sns-message-type").is_empty() {
        secret::check_carried(state, hook, request)?;
        let event: Value = serde_json::from_slice(body).map_err(|_| {
            Problem::new(Kind::Malformed, "The body is not JSON. Send the event as EventBridge makes it.")
        })?;
        let name = event["id"].as_str().unwrap_or_default();
        return Ok(Some(Delivery::report(state, name, body.to_vec())));
    }
    let hosts = &state.config.hooks.aws_hosts;
    let message = SnsMessage::parse(body).map_err(|error| unbelieved(hook, &error))?;
    // Anybody may have a topic of their own, and Amazon signs for all of them.
    if hook.topic.as_deref() != Some(&message.topic_arn) {
        return Err(refused(hook, "this hook does not know the topic; set `topic` to its ARN"));
    }
    message.check_time(state.clock.now()).map_err(|error| unbelieved(hook, &error))?;
    let address = message.certificate(hosts).map_err(|error| unbelieved(hook, &error))?;
    let certificate = certificate::fetch(state, &address).await?;
    message.verify(&certificate).map_err(|error| unbelieved(hook, &error))?;
    state.certificates.remember(address, certificate);
    match message.kind.as_str() {
        "Notification" => {
            Ok(Some(Delivery::report(state, &message.message_id, message.message.into_bytes())))
        }
        "SubscriptionConfirmation" => {
            let address = message.confirmation(hosts).map_err(|error| unbelieved(hook, &error))?;
            let body = address.to_string().into_bytes();
            Ok(Some(Delivery { kind: CONFIRMATION, ..Delivery::report(state, &message.message_id, body) }))
        }
        _ => {
            tracing::warn!(hook = hook.id, "a subscription to a hook was ended");
            Ok(None)
        }
    }
}

fn unbelieved(hook: &hook::Model, error: &SnsError) -> Problem {
    match error {
        SnsError::Malformed => Problem::new(Kind::Malformed, format!("{error}.")),
        error => refused(hook, &error.to_string()),
    }
}
