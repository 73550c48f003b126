//! Webhooks: signed over the raw bytes, tried again under the same identifier when they are not taken.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;

use super::registered_webhook::bearer;
use super::world::History;
use super::{JiraSandbox, SandboxClock, lock};

/// How often a webhook is sent before it is lost for good.
const TRIES: u32 = 6;

/// What happened to an issue.
pub(super) enum Event {
    Created,
    Updated(History),
    Commented,
    CommentedAsUpdate,
}

/// What proves where a webhook comes from.
enum Proof {
    /// A signature over the body.
    Secret(String),
    /// A token, signed with the client secret.
    App(String),
}

struct Delivery {
    url: String,
    proof: Proof,
    clock: SandboxClock,
    identifier: String,
    body: Vec<u8>,
    retry_delay: Duration,
}

impl JiraSandbox {
    /// Sends a webhook about an issue, in the background.
    pub(super) fn announce(&self, id: u64, by: &'static str, event: Event) {
        let recipients = self.recipients();
        if recipients.is_empty() {
            return;
        }
        // Data Center tells of a comment twice.
        if self.is_server() && matches!(event, Event::Commented) {
            self.announce(id, by, Event::CommentedAsUpdate);
        }
        let mut world = self.world();
        let identifier = world.next_delivery();
        let Some(issue) = world.issues.get(&id) else { return };
        let mut payload = json!({
            "timestamp": self.now().timestamp_millis(),
            "user": self.account_json(by),
            "issue": self.issue_json_plain(issue),
        });
        match event {
            Event::Created => {
                payload["webhookEvent"] = json!("jira:issue_created");
                payload["issue_event_type_name"] = json!("issue_created");
            }
            Event::Updated(history) => {
                let history = self.history_json(&history);
                payload["webhookEvent"] = json!("jira:issue_updated");
                payload["issue_event_type_name"] = json!("issue_generic");
                payload["changelog"] = json!({ "id": history["id"], "items": history["items"] });
            }
            Event::Commented => {
                payload["webhookEvent"] = json!("comment_created");
                payload["issue"]["fields"] = json!({ "summary": issue.summary });
            }
            Event::CommentedAsUpdate => {
                payload["webhookEvent"] = json!("jira:issue_updated");
                payload["issue_event_type_name"] = json!("issue_commented");
            }
        }
        drop(world);
        let body = payload.to_string().into_bytes();
        for (url, proof) in recipients {
            let delivery = Delivery {
                url,
                proof,
                clock: Arc::clone(&self.clock),
                identifier: identifier.clone(),
                body: body.clone(),
                retry_delay: self.options.retry_delay,
            };
            tokio::spawn(deliver(self.http.clone(), Arc::new(delivery)));
        }
    }

    /// Who is told: whom an administrator has set up, and what the app has registered and not let end.
    fn recipients(&self) -> Vec<(String, Proof)> {
        let target = lock(&self.target).clone();
        let mut all: Vec<(String, Proof)> =
            target.into_iter().map(|target| (target.url, Proof::Secret(target.secret))).collect();
        let now = self.now();
        let app = lock(&self.app);
        let registered = app.webhooks.values().filter(|webhook| webhook.ends > now);
        all.extend(
            registered.map(|webhook| (webhook.url.clone(), Proof::App(self.options.client_secret.clone()))),
        );
        all
    }
}

fn signature(secret: &str, body: &[u8]) -> Option<String> {
    if secret.is_empty() {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(body);
    Some(format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
}

async fn deliver(http: reqwest::Client, delivery: Arc<Delivery>) {
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(delivery.retry_delay).await;
        }
        let mut request = http
            .post(&delivery.url)
            .timeout(Duration::from_secs(20))
            .header("Content-Type", "application/json; charset=UTF-8")
            .header("X-Atlassian-Webhook-Identifier", &delivery.identifier)
            .body(delivery.body.clone());
        let proof = match &delivery.proof {
            Proof::Secret(secret) => {
                signature(secret, &delivery.body).map(|value| ("X-Hub-Signature", value))
            }
            Proof::App(secret) => bearer(secret, (delivery.clock)()).map(|value| ("Authorization", value)),
        };
        if let Some((name, value)) = proof {
            request = request.header(name, value);
        }
        if attempt > 0 {
            request = request.header("X-Atlassian-Webhook-Retry", attempt.to_string());
        }
        match request.send().await.map(|response| response.status()) {
            Ok(status) if !matches!(status.as_u16(), 408 | 409 | 425 | 429 | 500..) => return,
            outcome => {
                tracing::debug!(?outcome, attempt, identifier = delivery.identifier, "webhook not taken")
            }
        }
    }
}
