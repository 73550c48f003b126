//! Who calls, and what the project takes.

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::JiraSandbox;
use super::auth::Caller;
use super::field::SCREEN;
use super::refusal::Refusal;
use super::world::{BOT, PRIORITIES};

/// The id of the one project.
pub(super) const PROJECT_ID: &str = "10100";
/// The one issue type: id and name.
pub(super) const TASK: (&str, &str) = ("10001", "Task");

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/rest/api/3/myself", web::get().to(myself))
        .route("/rest/api/3/serverInfo", web::get().to(server_info))
        .route("/rest/api/3/mypermissions", web::get().to(permissions))
        .route("/rest/api/3/priority", web::get().to(priorities))
        .route("/rest/api/3/project/{name}", web::get().to(project))
        .route("/rest/api/3/issue/{name}/editmeta", web::get().to(edit_fields))
        .route("/rest/api/3/issue/createmeta/{name}/issuetypes", web::get().to(issue_types))
        .route("/rest/api/3/issue/createmeta/{name}/issuetypes/{id}", web::get().to(create_fields));
}

async fn myself(sandbox: web::Data<JiraSandbox>, caller: Caller) -> HttpResponse {
    let result = caller.known_or_401().map(|()| {
        let mut account = sandbox.account_json(BOT);
        account["emailAddress"] = json!(sandbox.options.email);
        account["timeZone"] = json!("Etc/UTC");
        caller.answer(200).json(account)
    });
    caller.finish(result)
}

async fn server_info(sandbox: web::Data<JiraSandbox>, caller: Caller) -> HttpResponse {
    caller.answer(200).json(json!({
        "baseUrl": sandbox.options.public_url, "deploymentType": "Cloud", "serverTitle": "JIRA sandbox"
    }))
}

#[derive(serde::Deserialize)]
struct PermissionQuery {
    permissions: Option<String>,
}

async fn permissions(caller: Caller, query: web::Query<PermissionQuery>) -> HttpResponse {
    let Some(keys) = query.permissions.as_deref() else {
        return caller.finish(Err(Refusal::message(400, "The 'permissions' query parameter is required.")));
    };
    let list: serde_json::Map<String, Value> = keys
        .split(',')
        .map(|key| (key.to_owned(), json!({ "key": key, "havePermission": caller.is_known() })))
        .collect();
    caller.answer(200).json(json!({ "permissions": list }))
}

fn priority_list() -> Vec<Value> {
    PRIORITIES.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect()
}

async fn priorities(caller: Caller) -> HttpResponse {
    caller.finish(caller.known_or_401().map(|()| caller.answer(200).json(priority_list())))
}

fn see_project(sandbox: &JiraSandbox, caller: Caller, name: &str) -> Result<(), Refusal> {
    if caller.is_known() && (name == sandbox.options.project_key || name == PROJECT_ID) {
        return Ok(());
    }
    Err(Refusal::message(404, format!("No project could be found with key '{name}'.")))
}

async fn project(sandbox: web::Data<JiraSandbox>, caller: Caller, name: web::Path<String>) -> HttpResponse {
    let result = see_project(&sandbox, caller, &name).map(|()| {
        caller.answer(200).json(json!({
            "id": PROJECT_ID, "key": sandbox.options.project_key, "name": sandbox.options.project_name
        }))
    });
    caller.finish(result)
}

async fn issue_types(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    name: web::Path<String>,
) -> HttpResponse {
    let result = see_project(&sandbox, caller, &name).map(|()| {
        let types = json!([{ "id": TASK.0, "name": TASK.1, "subtask": false }]);
        caller.answer(200).json(json!({ "startAt": 0, "maxResults": 50, "total": 1, "issueTypes": types }))
    });
    caller.finish(result)
}

async fn create_fields(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let (name, id) = path.into_inner();
    let result = see_project(&sandbox, caller, &name).and_then(|()| {
        if id != TASK.0 {
            return Err(Refusal::message(404, format!("The issue type '{id}' is not in this project.")));
        }
        let fields: Vec<Value> = SCREEN.iter().map(shown).collect();
        let total = fields.len();
        Ok(caller
            .answer(200)
            .json(json!({ "startAt": 0, "maxResults": 50, "total": total, "fields": fields })))
    });
    caller.finish(result)
}

/// A field of a screen as JIRA shows it.
fn shown((id, name, required): &(&str, &str, bool)) -> Value {
    let mut field = json!({
        "fieldId": id, "key": id, "name": name, "required": required,
        "hasDefaultValue": *id == "priority", "operations": ["set"],
    });
    if *id == "priority" {
        field["allowedValues"] = json!(priority_list());
    }
    field
}

async fn edit_fields(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    name: web::Path<String>,
) -> HttpResponse {
    let result = sandbox.with_issue(caller, &name, |_| {
        let screen = SCREEN.iter().filter(|(id, _, _)| sandbox.is_on_edit_screen(id));
        let fields: serde_json::Map<String, Value> =
            screen.map(|field| (field.0.to_owned(), shown(field))).collect();
        json!({ "fields": fields })
    });
    caller.finish(result.map(|fields| caller.answer(200).json(fields)))
}
