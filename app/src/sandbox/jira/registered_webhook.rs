//! Webhooks that an app registers by itself: only apps may, five at most, simple searches only, and they end after 30 days.

use actix_web::{HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::auth::Caller;
use super::refusal::Refusal;
use super::{JiraSandbox, lock};

/// How long one lives.
const LIFETIME: Duration = Duration::days(30);
/// How many there may be.
const MOST: usize = 5;

/// A webhook of the app.
#[derive(Clone, Debug)]
pub(super) struct Registered {
    pub(super) url: String,
    jql: String,
    events: Value,
    pub(super) ends: DateTime<Utc>,
}

impl JiraSandbox {
    /// The addresses of the webhooks that the app has registered, and when they end.
    pub fn registered_webhooks(&self) -> Vec<(String, DateTime<Utc>)> {
        lock(&self.app).webhooks.values().map(|webhook| (webhook.url.clone(), webhook.ends)).collect()
    }

    /// Ends them all, as an administrator can.
    pub fn end_registered_webhooks(&self) {
        lock(&self.app).webhooks.clear();
    }
}

pub(super) fn configure(config: &mut web::ServiceConfig, api: &str) {
    config
        .route(&format!("{api}/webhook"), web::get().to(list))
        .route(&format!("{api}/webhook"), web::post().to(register))
        .route(&format!("{api}/webhook"), web::delete().to(end))
        .route(&format!("{api}/webhook/refresh"), web::put().to(refresh));
}

fn app_only(caller: Caller) -> Result<(), Refusal> {
    match caller {
        Caller::Account { by_app: true, .. } => Ok(()),
        _ => Err(Refusal::message(403, "Only Connect and OAuth 2.0 apps can use this operation.")),
    }
}

async fn list(sandbox: web::Data<JiraSandbox>, caller: Caller) -> HttpResponse {
    let result = app_only(caller).map(|()| {
        let values: Vec<Value> = lock(&sandbox.app)
            .webhooks
            .iter()
            .map(|(id, webhook)| {
                json!({
                    "id": id, "jqlFilter": webhook.jql, "events": webhook.events, "url": webhook.url,
                    "expirationDate": webhook.ends.timestamp_millis(),
                })
            })
            .collect();
        let total = values.len();
        caller.answer(200).json(json!({
            "startAt": 0, "maxResults": 100, "total": total, "isLast": true, "values": values,
        }))
    });
    caller.finish(result)
}

/// Why a search is refused: what may stand in one is little.
fn unsupported(jql: &str) -> Option<String> {
    let clause = jql.split_whitespace().next().unwrap_or_default().to_lowercase();
    let known = ["project", "issuekey", "issuetype", "status", "assignee", "reporter"];
    (!known.contains(&clause.as_str())).then(|| format!("The clause {clause} is unsupported"))
}

async fn register(sandbox: web::Data<JiraSandbox>, caller: Caller, body: web::Json<Value>) -> HttpResponse {
    let result = app_only(caller).map(|()| {
        let mut app = lock(&sandbox.app);
        let mut results = Vec::new();
        for wanted in body["webhooks"].as_array().into_iter().flatten() {
            let jql = wanted["jqlFilter"].as_str().unwrap_or_default();
            let error = match unsupported(jql) {
                None if app.webhooks.len() >= MOST => {
                    Some("The maximum number of webhooks has been reached.".into())
                }
                error => error,
            };
            if let Some(error) = error {
                results.push(json!({ "errors": [error] }));
                continue;
            }
            app.last_webhook += 1;
            let id = app.last_webhook;
            let registered = Registered {
                url: body["url"].as_str().unwrap_or_default().to_owned(),
                jql: jql.to_owned(),
                events: wanted["events"].clone(),
                ends: sandbox.now() + LIFETIME,
            };
            app.webhooks.insert(id, registered);
            results.push(json!({ "createdWebhookId": id }));
        }
        caller.answer(200).json(json!({ "webhookRegistrationResult": results }))
    });
    caller.finish(result)
}

fn ids(body: &Value) -> Vec<i64> {
    body["webhookIds"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect()
}

async fn end(sandbox: web::Data<JiraSandbox>, caller: Caller, body: web::Json<Value>) -> HttpResponse {
    let result = app_only(caller).map(|()| {
        let mut app = lock(&sandbox.app);
        for id in ids(&body) {
            app.webhooks.remove(&id);
        }
        caller.answer(202).finish()
    });
    caller.finish(result)
}

async fn refresh(sandbox: web::Data<JiraSandbox>, caller: Caller, body: web::Json<Value>) -> HttpResponse {
    let result = app_only(caller).map(|()| {
        let ends = sandbox.now() + LIFETIME;
        let mut app = lock(&sandbox.app);
        for id in ids(&body) {
            if let Some(webhook) = app.webhooks.get_mut(&id) {
                webhook.ends = ends;
            }
        }
        caller.answer(200).json(json!({ "expirationDate": ends.timestamp_millis() }))
    });
    caller.finish(result)
}

/// The token that such a webhook carries instead of a signature.
pub(super) fn bearer(client_secret: &str, now: DateTime<Utc>) -> Option<String> {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"iss": "jira", "iat": now.timestamp(), "exp": now.timestamp() + 180, "context": {}});
    let signed = format!("{}.{}", part(json!({"alg": "HS256", "typ": "JWT"})), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(client_secret.as_bytes()).ok()?;
    mac.update(signed.as_bytes());
    Some(format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}
