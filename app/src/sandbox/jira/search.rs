//! The search, which sees changes only after the index's lag.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::JiraSandbox;
use super::auth::Caller;
use super::issue::View;
use super::jql::Query;
use super::refusal::{Refusal, json_body};

/// How many issues one page shows at most when it shows fields.
const PAGE_LIMIT: usize = 100;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/rest/api/3/search", web::to(removed))
        .route("/rest/api/3/search/jql", web::post().to(search));
}

async fn removed(caller: Caller) -> HttpResponse {
    let message = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.";
    caller.finish(Err(Refusal::message(410, message)))
}

async fn search(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    caller.finish(json_body(&request, &body).and_then(|body| find(&sandbox, caller, &body)))
}

fn find(sandbox: &JiraSandbox, caller: Caller, body: &Value) -> Result<HttpResponse, Refusal> {
    const KNOWN: [&str; 8] = [
        "jql",
        "fields",
        "properties",
        "maxResults",
        "nextPageToken",
        "expand",
        "fieldsByKeys",
        "reconcileIssues",
    ];
    if body.as_object().is_none_or(|object| object.keys().any(|key| !KNOWN.contains(&key.as_str()))) {
        return Err(Refusal::message(400, "Invalid request payload."));
    }
    let size = body.get("maxResults").map_or(Some(50), Value::as_u64);
    let size = size
        .filter(|size| (1..=5_000).contains(size))
        .ok_or_else(|| Refusal::message(400, "The maxResults parameter must be between 1 and 5,000."))?;
    let now = sandbox.now();
    let query =
        Query::parse(body["jql"].as_str().unwrap_or_default(), now).map_err(|m| Refusal::message(400, m))?;
    let start = match body.get("nextPageToken") {
        None | Some(Value::Null) => 0,
        Some(token) => token
            .as_str()
            .and_then(|token| token.strip_prefix("from-"))
            .and_then(|token| token.parse::<usize>().ok())
            .ok_or_else(|| Refusal::message(400, "The provided nextPageToken is invalid or has expired."))?,
    };
    let mut view = View::of_body(body);
    let is_bare = |field: &String| field == "id" || field == "key";
    let bare = view.fields.as_ref().is_none_or(|fields| fields.iter().all(is_bare));
    let size = if bare { size as usize } else { PAGE_LIMIT.min(size as usize) };
    view.fields.get_or_insert_default();

    let mut world = sandbox.world();
    let index = world.indexed(now, sandbox.options.index_lag);
    let mut hits: Vec<_> =
        index.values().filter(|issue| caller.is_known() && query.matches(sandbox, issue)).collect();
    query.sort(&mut hits);
    let page: Vec<Value> =
        hits.iter().skip(start).take(size).map(|issue| sandbox.issue_json(issue, &view)).collect();
    let next = start + page.len();
    let last = next >= hits.len();
    let mut answer = json!({ "issues": page, "isLast": last });
    if !last {
        answer["nextPageToken"] = json!(format!("from-{next}"));
    }
    Ok(caller.answer(200).json(answer))
}
