//! The Web API: who calls, what for, and the methods there are.

use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::SlackSandbox;
use super::argument::Arguments;
use super::refusal::{Refusal, answer};
use super::workspace::{BOT, TEAM};
use super::{chat, directory, modal};

type Handler = fn(&SlackSandbox, &Arguments) -> Result<Value, Refusal>;

/// Each method; the flag says whether it reads JSON bodies (the others want a form or a query).
const METHODS: [(&str, bool, Handler); 10] = [
    ("auth.test", true, auth_test),
    ("chat.postMessage", true, chat::post_message),
    ("chat.update", true, chat::update),
    ("conversations.history", false, chat::history),
    ("conversations.list", false, directory::list_conversations),
    ("conversations.open", true, directory::open_conversation),
    ("users.info", false, directory::user_info),
    ("users.lookupByEmail", false, directory::user_by_email),
    ("views.open", true, modal::open),
    ("views.update", true, modal::update),
];

/// POST or GET /api/{method}
pub(super) async fn call(
    sandbox: web::Data<SlackSandbox>,
    request: HttpRequest,
    name: web::Path<String>,
    body: web::Bytes,
) -> HttpResponse {
    answer(handle(&sandbox, &request, &name, &body))
}

fn handle(sandbox: &SlackSandbox, request: &HttpRequest, name: &str, body: &[u8]) -> Result<Value, Refusal> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = header(CONTENT_TYPE);
    let token = header(AUTHORIZATION).strip_prefix("Bearer ").unwrap_or_default();
    if token.is_empty() {
        return Err(Refusal::new("not_authed"));
    }
    if token != sandbox.options.bot_token {
        return Err(Refusal::new("invalid_auth"));
    }
    let (_, takes_json, handler) =
        METHODS.iter().find(|(known, _, _)| *known == name).ok_or_else(|| Refusal::new("unknown_method"))?;
    let reads_body = request.method() == Method::POST;
    // Slack leaves a JSON body unread where a method does not take one, and then misses the arguments.
    let body =
        if reads_body && (*takes_json || !content_type.starts_with("application/json")) { body } else { b"" };
    let arguments = Arguments::read(request.query_string(), content_type, body)?;
    handler(sandbox, &arguments)
}

fn auth_test(sandbox: &SlackSandbox, _: &Arguments) -> Result<Value, Refusal> {
    Ok(json!({
        "url": sandbox.options.public_url, "team": "Sandbox", "team_id": TEAM,
        "user": "abate", "user_id": BOT, "bot_id": "B0ABATE",
    }))
}
