//! What the workspace sends to the app, signed as Slack signs it.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::SlackSandbox;

/// What the app answered, or why there is no answer.
pub(super) enum AppAnswer {
    Said { content_type: String, body: Vec<u8> },
    Failed(String),
}

/// Posts a form to the app and waits for its answer.
pub(super) async fn deliver(sandbox: &SlackSandbox, path: &str, fields: &[(&str, &str)]) -> AppAnswer {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let timestamp = sandbox.now().timestamp().to_string();
    let Some(signature) = signature(&sandbox.options.signing_secret, &timestamp, &body) else {
        return AppAnswer::Failed("the signing secret cannot be used".to_owned());
    };
    let request = sandbox
        .http
        .post(format!("{}{path}", sandbox.options.app_url))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("X-Slack-Request-Timestamp", timestamp)
        .header("X-Slack-Signature", signature)
        .body(body);
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return AppAnswer::Failed(format!("the app did not respond ({})", error.without_url())),
    };
    if !response.status().is_success() {
        return AppAnswer::Failed(format!("the app answered with status {}", response.status().as_u16()));
    }
    let content_type = response
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    match response.bytes().await {
        Ok(body) => AppAnswer::Said { content_type, body: body.to_vec() },
        Err(error) => AppAnswer::Failed(format!("the app's answer broke off ({})", error.without_url())),
    }
}

fn signature(secret: &str, timestamp: &str, body: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    Some(format!("v0={}", hex::encode(mac.finalize().into_bytes())))
}
