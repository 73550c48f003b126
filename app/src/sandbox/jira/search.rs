//! The search, which sees changes only after the index's lag.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::auth::Caller;
use super::issue::View;
use super::jql::Query;
use super::refusal::{Refusal, json_body};
use super::world::Issue;
use super::{JiraSandbox, JiraSandboxKind};

/// How many issues one page shows at most when it shows fields; on Data Center always, where an administrator of this
/// site has set less than the usual thousand.
const PAGE_LIMIT: usize = 100;

pub(super) fn configure(config: &mut web::ServiceConfig, kind: JiraSandboxKind) {
    let api = kind.api();
    match kind {
        JiraSandboxKind::Cloud => config
            .route(&format!("{api}/search"), web::to(removed))
            .route(&format!("{api}/search/jql"), web::post().to(search)),
        JiraSandboxKind::DataCenter => {
            config.route(&format!("{api}/search"), web::post().to(search_by_number))
        }
    };
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
    refuse_missing_project(sandbox, &query)?;
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

    let (page, total) = hits(sandbox, caller, &query, start, size, |issue| sandbox.issue_json(issue, &view));
    let next = start + page.len();
    let last = next >= total;
    let mut answer = json!({ "issues": page, "isLast": last });
    if !last {
        answer["nextPageToken"] = json!(format!("from-{next}"));
    }
    Ok(caller.answer(200).json(answer))
}

/// A page of what a query finds, and how much it finds.
fn hits(
    sandbox: &JiraSandbox,
    caller: Caller,
    query: &Query,
    start: usize,
    size: usize,
    show: impl Fn(&Issue) -> Value,
) -> (Vec<Value>, usize) {
    let is_open = caller.is_known() && sandbox.has_project();
    let mut world = sandbox.world();
    let index = world.indexed(sandbox.now(), sandbox.options.index_lag);
    let mut hits: Vec<_> = index.values().filter(|issue| is_open && query.matches(sandbox, issue)).collect();
    query.sort(&mut hits);
    let total = hits.len();
    (hits.into_iter().skip(start).take(size).map(show).collect(), total)
}

/// A project that does not exist refuses the whole query.
fn refuse_missing_project(sandbox: &JiraSandbox, query: &Query) -> Result<(), Refusal> {
    match query.projects().next() {
        Some(name) if !sandbox.has_project() => {
            let said = format!("The value '{name}' does not exist for the field 'project'.");
            Err(Refusal::message(400, said))
        }
        _ => Ok(()),
    }
}

async fn search_by_number(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    caller.finish(json_body(&request, &body).and_then(|body| find_by_number(&sandbox, caller, &body)))
}

/// The search of Data Center. It shows no properties, and an issue that does not exist refuses the whole query.
fn find_by_number(sandbox: &JiraSandbox, caller: Caller, body: &Value) -> Result<HttpResponse, Refusal> {
    const KNOWN: [&str; 6] = ["jql", "fields", "maxResults", "startAt", "expand", "validateQuery"];
    if body.as_object().is_none_or(|object| object.keys().any(|key| !KNOWN.contains(&key.as_str()))) {
        return Err(Refusal::message(400, "Unrecognized field."));
    }
    let number = |name: &str, default: usize| {
        body[name].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(default)
    };
    let (start, size) = (number("startAt", 0), number("maxResults", 50).min(PAGE_LIMIT));
    let jql = body["jql"].as_str().unwrap_or_default();
    let query = Query::parse(jql, sandbox.now()).map_err(|message| Refusal::message(400, message))?;
    refuse_missing_project(sandbox, &query)?;
    let exists = |name: &str| {
        sandbox.has_project() && sandbox.world().find(&sandbox.options.project_key, name).is_some()
    };
    if let Some(missing) = query.missing_issue(exists) {
        let said = format!("An issue with key '{missing}' does not exist for field 'id'.");
        return Err(Refusal::message(400, said));
    }
    let view = View::of_body(body);
    let (page, total) = hits(sandbox, caller, &query, start, size, |issue| sandbox.issue_json(issue, &view));
    Ok(caller
        .answer(200)
        .json(json!({ "startAt": start, "maxResults": size, "total": total, "issues": page })))
}
