//! Sign-in for an app, as Atlassian's own sites do it for every site of Cloud: a consent, tokens that live for an hour,
//! refresh tokens that work once, and the gateway that takes the tokens.

use std::collections::BTreeMap;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::registered_webhook::Registered;
use super::{JiraSandbox, lock};

/// The cloud id of this site.
pub(super) const CLOUD_ID: &str = "5a4d-sandbox";
/// How long an access token holds.
const LIFETIME: Duration = Duration::hours(1);

/// The app that people let in, and what it was given.
#[derive(Default)]
pub(super) struct AppState {
    codes: Vec<String>,
    refresh: Option<String>,
    access: BTreeMap<String, DateTime<Utc>>,
    given: u64,
    renewals: usize,
    pub(super) webhooks: BTreeMap<i64, Registered>,
    pub(super) last_webhook: i64,
}

impl AppState {
    fn next(&mut self, what: &str) -> String {
        self.given += 1;
        format!("{what}-{}", self.given)
    }

    fn tokens(&mut self, now: DateTime<Utc>) -> Value {
        let (access, refresh) = (self.next("access"), self.next("refresh"));
        self.access.insert(access.clone(), now + LIFETIME);
        self.refresh = Some(refresh.clone());
        json!({
            "access_token": access, "refresh_token": refresh, "token_type": "Bearer",
            "expires_in": LIFETIME.num_seconds(), "scope": "read:jira-work write:jira-work",
        })
    }
}

impl JiraSandbox {
    /// Ends the consent that somebody gave, with all that was made from it.
    pub fn take_consent_back(&self) {
        let mut app = lock(&self.app);
        app.refresh = None;
        app.access.clear();
    }

    /// Ends the access tokens before their time; the consent stands.
    pub fn end_access_tokens(&self) {
        lock(&self.app).access.clear();
    }

    /// How often a token was renewed.
    pub fn renewals(&self) -> usize {
        lock(&self.app).renewals
    }

    /// Whether the gateway takes this token.
    pub(super) fn takes(&self, access: &str) -> bool {
        lock(&self.app).access.get(access).is_some_and(|ends| *ends > self.now())
    }
}

/// Mounts the sign-in; the gateway's paths are mounted with the interface.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/authorize", web::get().to(authorize))
        .route("/oauth/token", web::post().to(token))
        .route("/oauth/token/accessible-resources", web::get().to(sites));
}

#[derive(Deserialize)]
struct Question {
    client_id: String,
    redirect_uri: String,
    state: String,
}

/// The person says yes at once.
async fn authorize(sandbox: web::Data<JiraSandbox>, question: web::Query<Question>) -> HttpResponse {
    let Ok(mut url) = Url::parse(&question.redirect_uri) else {
        return HttpResponse::BadRequest().body("The callback is no address.");
    };
    if question.client_id != sandbox.options.client_id {
        return HttpResponse::BadRequest().body("There is no such app.");
    }
    let code = {
        let mut app = lock(&sandbox.app);
        let code = app.next("code");
        app.codes.push(code.clone());
        code
    };
    url.query_pairs_mut().append_pair("state", &question.state).append_pair("code", &code);
    HttpResponse::Found().insert_header((header::LOCATION, url.as_str())).finish()
}

async fn token(sandbox: web::Data<JiraSandbox>, body: web::Json<Value>) -> HttpResponse {
    let options = &sandbox.options;
    if body["client_id"] != json!(options.client_id) || body["client_secret"] != json!(options.client_secret)
    {
        return HttpResponse::Unauthorized().json(json!({"error": "access_denied"}));
    }
    let now = sandbox.now();
    let mut app = lock(&sandbox.app);
    let granted = match body["grant_type"].as_str() {
        Some("authorization_code") => {
            let code = body["code"].as_str().unwrap_or_default();
            let known = app.codes.iter().position(|known| known == code);
            known.map(|at| app.codes.remove(at)).is_some()
        }
        Some("refresh_token") => {
            let is_current =
                app.refresh.is_some() && app.refresh.as_deref() == body["refresh_token"].as_str();
            // One that was used before ends the whole consent, as it may have been stolen.
            if !is_current {
                app.refresh = None;
            }
            app.renewals += 1;
            is_current
        }
        _ => return HttpResponse::BadRequest().json(json!({"error": "unsupported_grant_type"})),
    };
    if granted {
        HttpResponse::Ok().json(app.tokens(now))
    } else {
        let refusal =
            json!({"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."});
        HttpResponse::Forbidden().json(refusal)
    }
}

async fn sites(sandbox: web::Data<JiraSandbox>, request: HttpRequest) -> HttpResponse {
    let given = request.headers().get("authorization").and_then(|header| header.to_str().ok());
    match given.and_then(|header| header.strip_prefix("Bearer ")) {
        Some(token) if sandbox.takes(token) => HttpResponse::Ok().json(json!([{
            "id": CLOUD_ID, "name": "sandbox", "url": sandbox.options.public_url,
            "scopes": ["read:jira-work", "write:jira-work", "read:jira-user", "manage:jira-webhook"],
        }])),
        _ => HttpResponse::Unauthorized().json(json!({"code": 401, "message": "Unauthorized"})),
    }
}
