//! Entity properties of an issue.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::JiraSandbox;
use super::auth::Caller;
use super::refusal::{Refusal, json_body};

pub(super) fn configure(config: &mut web::ServiceConfig, api: &str) {
    let at = |path: &str| format!("{api}{path}");
    config
        .route(&at("/issue/{name}/properties/{key}"), web::get().to(read))
        .route(&at("/issue/{name}/properties/{key}"), web::put().to(write));
}

/// Checks the key and value of a property.
pub(super) fn check(key: &str, value: &Value) -> Result<(), Refusal> {
    if key.is_empty() || key.len() > 255 {
        return Err(Refusal::message(400, "The property key must have between 1 and 255 characters."));
    }
    if value.to_string().len() > 32_768 {
        return Err(Refusal::message(400, "The property value cannot be longer than 32768 characters."));
    }
    Ok(())
}

async fn read(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let (name, key) = path.into_inner();
    let result =
        sandbox.with_issue(caller, &name, |issue| issue.properties.get(&key).cloned()).and_then(|value| {
            let value = value.ok_or_else(|| Refusal::message(404, "The property does not exist."))?;
            Ok(caller.answer(200).json(json!({ "key": key, "value": value })))
        });
    caller.finish(result)
}

async fn write(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let (name, key) = path.into_inner();
    let result = json_body(&request, &body).and_then(|value| {
        check(&key, &value)?;
        let id = sandbox.with_issue(caller, &name, |issue| issue.id)?;
        let mut world = sandbox.world();
        let issue = world.issues.get_mut(&id).ok_or_else(Refusal::no_issue)?;
        let status = if issue.properties.insert(key, value).is_none() { 201 } else { 200 };
        world.touch(id, sandbox.now());
        Ok(caller.answer(status).json(json!({})))
    });
    caller.finish(result)
}
