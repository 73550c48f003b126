//! Who calls, and what the project takes.

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::auth::Caller;
use super::field::SCREEN;
use super::issue::stamp;
use super::refusal::Refusal;
use super::world::{BOT, PERSON, PRIORITIES};
use super::{JiraSandbox, lock};

/// The id of the one project.
pub(super) const PROJECT_ID: &str = "10100";
/// The permissions that Data Center knows, some of them.
const PERMISSIONS: &str = "BROWSE_PROJECTS,CREATE_ISSUES,EDIT_ISSUES,TRANSITION_ISSUES,ADD_COMMENTS,ASSIGN_ISSUES,\
                           DELETE_ISSUES,SET_ISSUE_SECURITY";
/// The one issue type that takes issues: id and name.
pub(super) const TASK: (&str, &str) = ("10001", "Task");
/// Another one that the project offers, which people may give an issue.
pub(super) const STORY: (&str, &str) = ("10002", "Story");

pub(super) fn configure(config: &mut web::ServiceConfig, api: &str) {
    let at = |path: &str| format!("{api}{path}");
    config
        .route(&at("/myself"), web::get().to(myself))
        .route(&at("/serverInfo"), web::get().to(server_info))
        .route(&at("/mypermissions"), web::get().to(permissions))
        .route(&at("/user/search"), web::get().to(users))
        .route(&at("/priority"), web::get().to(priorities))
        .route(&at("/project/{name}"), web::get().to(project))
        .route(&at("/issue/createmeta/{name}/issuetypes"), web::get().to(issue_types))
        .route(&at("/issue/createmeta/{name}/issuetypes/{id}"), web::get().to(create_fields))
        .route(&at("/issue/{name}/editmeta"), web::get().to(edit_fields));
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
        "baseUrl": sandbox.options.public_url, "serverTitle": "JIRA sandbox",
        "deploymentType": if sandbox.is_server() { "Server" } else { "Cloud" },
        "version": if sandbox.is_server() { "10.3.0" } else { "1001.0.0-SNAPSHOT" },
        "serverTime": stamp(sandbox.now()),
    }))
}

#[derive(serde::Deserialize)]
struct PermissionQuery {
    permissions: Option<String>,
}

/// Cloud answers what it is asked for, and Data Center all that there are.
async fn permissions(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    query: web::Query<PermissionQuery>,
) -> HttpResponse {
    let asked = if sandbox.is_server() { Some(PERMISSIONS) } else { query.permissions.as_deref() };
    let Some(keys) = asked else {
        return caller.finish(Err(Refusal::message(400, "The 'permissions' query parameter is required.")));
    };
    let list: serde_json::Map<String, Value> = keys
        .split(',')
        .map(|key| (key.to_owned(), json!({ "key": key, "havePermission": caller.is_known() })))
        .collect();
    caller.answer(200).json(json!({ "permissions": list }))
}

/// A whole list as one page; `name` is what Cloud calls its items.
fn page(sandbox: &JiraSandbox, name: &str, items: Vec<Value>) -> Value {
    let total = items.len();
    let mut page = json!({ "startAt": 0, "maxResults": 50, "total": total });
    if sandbox.is_server() {
        page["isLast"] = json!(true);
        page["values"] = json!(items);
    } else {
        page[name] = json!(items);
    }
    page
}

fn priority_list() -> Vec<Value> {
    PRIORITIES.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect()
}

async fn priorities(caller: Caller) -> HttpResponse {
    caller.finish(caller.known_or_401().map(|()| caller.answer(200).json(priority_list())))
}

fn see_project(sandbox: &JiraSandbox, caller: Caller, name: &str) -> Result<(), Refusal> {
    if caller.is_known()
        && sandbox.has_project()
        && (name == sandbox.options.project_key || name == PROJECT_ID)
    {
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
        let offered = if sandbox.has_issue_type() { vec![TASK, STORY] } else { vec![STORY] };
        let shown = |(id, name): (&str, &str)| json!({ "id": id, "name": name, "subtask": false });
        let types = offered.into_iter().map(shown).collect();
        caller.answer(200).json(page(&sandbox, "issueTypes", types))
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
        if id != TASK.0 || !sandbox.has_issue_type() {
            return Err(Refusal::message(404, format!("The issue type '{id}' is not in this project.")));
        }
        let screen = SCREEN.iter().filter(|(id, _, _)| sandbox.is_on_create_screen(id));
        let mut fields: Vec<Value> = screen.map(shown).collect();
        let own = sandbox.own_fields();
        let own = own.iter().filter(|field| sandbox.is_on_create_screen(&field.id));
        fields.extend(own.map(|field| field.shown(field.required)));
        Ok(caller.answer(200).json(page(&sandbox, "fields", fields)))
    });
    caller.finish(result)
}

/// A field of a screen as JIRA shows it.
fn shown((id, name, required): &(&str, &str, bool)) -> Value {
    let mut field = json!({
        "fieldId": id, "key": id, "name": name, "required": required,
        "hasDefaultValue": *id == "priority", "schema": schema(id), "operations": ["set"],
    });
    if *id == "priority" {
        field["allowedValues"] = json!(priority_list());
    }
    field
}

fn schema(id: &str) -> Value {
    match id {
        "labels" => json!({ "type": "array", "items": "string", "system": id }),
        "priority" => json!({ "type": "priority", "system": id }),
        "duedate" => json!({ "type": "date", "system": id }),
        "assignee" => json!({ "type": "user", "system": id }),
        _ => json!({ "type": "string", "system": id }),
    }
}

#[derive(serde::Deserialize)]
struct UserQuery {
    query: Option<String>,
    username: Option<String>,
}

/// The people whose name or address begins with what is asked for. An address that a profile hides is not in the answer.
async fn users(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    query: web::Query<UserQuery>,
) -> HttpResponse {
    let asked = if sandbox.is_server() { &query.username } else { &query.query };
    let Some(asked) = asked.as_ref().map(|asked| asked.to_lowercase()) else {
        return caller.finish(Err(Refusal::message(400, "The query parameter was not provided.")));
    };
    let mut found = Vec::new();
    if caller.is_known() {
        found.extend("abate".starts_with(&asked).then(|| sandbox.account_json(BOT)));
        let is_person = lock(&sandbox.profile).is_found_by(&asked);
        found.extend(is_person.then(|| sandbox.account_json(PERSON)));
    }
    caller.answer(200).json(found)
}

/// The fields of the edit screen of an issue, which is the create screen with comments.
async fn edit_fields(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    name: web::Path<String>,
) -> HttpResponse {
    let result = sandbox.with_issue(caller, &name, |issue| {
        let shows = |field: &str| sandbox.is_on_edit_screen(issue.is_story, field);
        let screen = SCREEN.iter().filter(|(id, _, _)| shows(id));
        let mut fields: serde_json::Map<String, Value> =
            screen.map(|field| (field.0.to_owned(), shown(field))).collect();
        let own = sandbox.own_fields();
        let own = own.iter().filter(|field| shows(&field.id));
        fields.extend(own.map(|field| (field.id.clone(), field.shown(field.required))));
        let comment =
            json!({ "key": "comment", "name": "Comment", "required": false, "operations": ["add"] });
        fields.insert("comment".to_owned(), comment);
        json!({ "fields": fields })
    });
    caller.finish(result.map(|fields| caller.answer(200).json(fields)))
}
