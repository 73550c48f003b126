//! Links from an issue to elsewhere, one for each global id.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::JiraSandbox;
use super::auth::Caller;
use super::refusal::{Refusal, json_body};

pub(super) fn configure(config: &mut web::ServiceConfig, api: &str) {
    let at = |path: &str| format!("{api}{path}");
    config
        .route(&at("/issue/{name}/remotelink"), web::get().to(read))
        .route(&at("/issue/{name}/remotelink"), web::post().to(write));
}

async fn read(sandbox: web::Data<JiraSandbox>, caller: Caller, name: web::Path<String>) -> HttpResponse {
    let result = sandbox.with_issue(caller, &name, |issue| {
        let links = issue.remote_links.iter().map(|(id, link)| {
            let mut link = link.clone();
            link["id"] = json!(id);
            link
        });
        links.collect::<Vec<Value>>()
    });
    caller.finish(result.map(|links| caller.answer(200).json(links)))
}

async fn write(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    name: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let result = json_body(&request, &body).and_then(|link| {
        for part in ["url", "title"] {
            if link["object"][part].as_str().is_none_or(str::is_empty) {
                let errors = [(part.to_owned(), format!("'{part}' is required."))];
                return Err(Refusal::fields(errors.into()));
            }
        }
        let id = sandbox.with_issue(caller, &name, |issue| issue.id)?;
        let mut world = sandbox.world();
        let link_id = world.next_id();
        let issue = world.issues.get_mut(&id).ok_or_else(Refusal::no_issue)?;
        let same = |known: &&mut (u64, Value)| {
            !link["globalId"].is_null() && known.1["globalId"] == link["globalId"]
        };
        let (status, link_id) = match issue.remote_links.iter_mut().find(same) {
            Some(known) => {
                known.1 = link;
                (200, known.0)
            }
            None => {
                issue.remote_links.push((link_id, link));
                (201, link_id)
            }
        };
        Ok(caller.answer(status).json(json!({ "id": link_id, "self": sandbox.self_url(id) })))
    });
    caller.finish(result)
}
