//! Answers that come later than the request: five, within half an hour.

use actix_web::{HttpResponse, web};
use serde_json::Value;

use super::SlackSandbox;
use super::argument::Arguments;
use super::chat;
use super::workspace::{AnswerAddress, Post};

/// POST /actions/{address}
pub(super) async fn post(
    sandbox: web::Data<SlackSandbox>,
    address: web::Path<String>,
    body: web::Bytes,
) -> HttpResponse {
    let now = sandbox.now();
    let address = match sandbox.workspace().spend_address(&address, now) {
        Ok(address) => address,
        Err(code) => return HttpResponse::NotFound().content_type("text/plain").body(code),
    };
    match Arguments::read("", "application/json", &body) {
        Ok(arguments) => match take(&sandbox, &address, &arguments) {
            Ok(()) => HttpResponse::Ok().content_type("text/plain").body("ok"),
            Err(code) => HttpResponse::BadRequest().content_type("text/plain").body(code),
        },
        Err(refusal) => HttpResponse::BadRequest().content_type("text/plain").body(refusal.code),
    }
}

/// Shows an answer, given in the request itself or later.
pub(super) fn take(
    sandbox: &SlackSandbox,
    address: &AnswerAddress,
    arguments: &Arguments,
) -> Result<(), &'static str> {
    let now = sandbox.now();
    let mut workspace = sandbox.workspace();
    let original = address.ts.as_deref();
    if arguments.flag("delete_original") {
        if let Some(ts) = original {
            workspace.posts.retain(|post| post.ts != ts || post.conversation != address.conversation);
        }
        return Ok(());
    }
    let (text, mut blocks) = chat::content(arguments).map_err(|refusal| refusal.code)?;
    workspace.name_blocks(&mut blocks);
    let replaces = arguments.value("replace_original").is_none_or(|value| value != &Value::Bool(false));
    if replaces
        && let Some(ts) = original
        && let Some(post) = workspace.post_mut(&address.conversation, ts)
    {
        post.text = text;
        post.blocks = blocks;
        post.edited = true;
        return Ok(());
    }
    let public = arguments.text("response_type") == Some("in_channel");
    let post = Post {
        conversation: address.conversation.clone(),
        ts: String::new(),
        author: None,
        only_for: (!public).then(|| address.person.clone()),
        text,
        blocks,
        metadata: None,
        edited: false,
    };
    workspace.post(post, now);
    Ok(())
}
