//! Comments of an issue.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::auth::Caller;
use super::field::rich_text;
use super::issue::stamp;
use super::refusal::{Refusal, json_body};
use super::world::{BOT, Comment};
use super::{JiraSandbox, JiraSandboxOptions, webhook};

pub(super) fn configure(config: &mut web::ServiceConfig, api: &str) {
    let at = |path: &str| format!("{api}{path}");
    config
        .route(&at("/issue/{name}/comment"), web::get().to(list))
        .route(&at("/issue/{name}/comment"), web::post().to(add));
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListQuery {
    order_by: Option<String>,
    max_results: Option<usize>,
    start_at: Option<usize>,
}

/// The body of a comment, if it is one.
fn checked(options: &JiraSandboxOptions, body: &Value) -> Result<Value, Refusal> {
    let refused = |message: &str| Refusal::fields([("comment".to_owned(), message.to_owned())].into());
    rich_text(options, body)
        .map_err(|message| match message {
            None => Refusal::message(400, "INVALID_INPUT"),
            Some(message) => refused(&message),
        })?
        .filter(|text| text != "")
        .ok_or_else(|| refused("Comment body can not be empty!"))
}

/// The bodies of the comments that come with an edit or a move, as `{"comment": [{"add": {"body": …}}]}`.
pub(super) fn coming_with(options: &JiraSandboxOptions, update: &Value) -> Result<Vec<Value>, Refusal> {
    let operations = update["comment"].as_array().into_iter().flatten();
    operations.map(|operation| checked(options, &operation["add"]["body"])).collect()
}

impl JiraSandbox {
    /// Writes a comment; answers it as JIRA shows it.
    pub(super) fn write_comment(&self, id: u64, author: &'static str, body: Value) -> Value {
        self.write_comment_for(id, author, body, None)
    }

    /// Writes a comment that only the holders of a role may read, where one is given.
    pub(super) fn write_comment_for(
        &self,
        id: u64,
        author: &'static str,
        body: Value,
        role: Option<&'static str>,
    ) -> Value {
        let now = self.now();
        let mut world = self.world();
        let comment = Comment { id: world.next_id(), author, body, role, created: now };
        let answer = self.comment_json(&comment);
        if let Some(issue) = world.issues.get_mut(&id) {
            issue.comments.push(comment);
        }
        world.touch(id, now);
        drop(world);
        self.announce(id, author, webhook::Event::Commented);
        answer
    }

    fn comment_json(&self, comment: &Comment) -> Value {
        let mut shown = json!({
            "id": comment.id.to_string(), "author": self.account_json(comment.author),
            "body": comment.body, "created": stamp(comment.created), "updated": stamp(comment.created),
        });
        if let Some(role) = comment.role {
            shown["visibility"] = json!({ "type": "role", "value": role, "identifier": role });
        }
        shown
    }
}

async fn list(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    name: web::Path<String>,
    query: web::Query<ListQuery>,
) -> HttpResponse {
    let result = sandbox.with_issue(caller, &name, |issue| {
        let mut all: Vec<Value> =
            issue.comments.iter().map(|comment| sandbox.comment_json(comment)).collect();
        if query.order_by.as_deref() == Some("-created") {
            all.reverse();
        }
        let total = all.len();
        let start = query.start_at.unwrap_or_default();
        let page: Vec<Value> = all.into_iter().skip(start).take(query.max_results.unwrap_or(100)).collect();
        json!({ "startAt": start, "maxResults": page.len(), "total": total, "comments": page })
    });
    caller.finish(result.map(|page| caller.answer(200).json(page)))
}

async fn add(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    name: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let result = json_body(&request, &body).and_then(|body| {
        let text = checked(&sandbox.options, &body["body"])?;
        sandbox.can_store(&body)?;
        let id = sandbox.with_issue(caller, &name, |issue| issue.id)?;
        Ok(caller.answer(201).json(sandbox.write_comment(id, BOT, text)))
    });
    caller.finish(result)
}
