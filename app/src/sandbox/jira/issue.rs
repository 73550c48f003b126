//! Issues: create, read, edit.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use super::auth::Caller;
use super::document;
use super::field;
use super::refusal::{Refusal, json_body};
use super::world::{BOT, History, Issue, PERSON, PRIORITIES, RESOLUTIONS, STATUSES};
use super::{JiraSandbox, JiraSandboxKind, comment, lock, metadata, webhook};

pub(super) fn configure(config: &mut web::ServiceConfig, kind: JiraSandboxKind) {
    let api = kind.api();
    let at = |path: &str| format!("{api}{path}");
    config
        .route(&at("/issue"), web::post().to(create))
        .route(&at("/issue/bulk"), web::post().to(create_many))
        .route(&at("/issue/{name}"), web::get().to(read))
        .route(&at("/issue/{name}"), web::put().to(edit));
    if kind == JiraSandboxKind::Cloud {
        config.route(&at("/issue/bulkfetch"), web::post().to(fetch_many));
    }
}

async fn create(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let result = json_body(&request, &body).and_then(|body| sandbox.create(caller, &body));
    caller.finish(result.map(|created| caller.answer(201).json(created)))
}

async fn create_many(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let body = match json_body(&request, &body) {
        Ok(body) => body,
        Err(refusal) => return caller.finish(Err(refusal)),
    };
    let updates = body["issueUpdates"].as_array().cloned().unwrap_or_default();
    if updates.is_empty() || updates.len() > 50 {
        return caller.finish(Err(Refusal::message(400, "Between 1 and 50 issues can be created at once.")));
    }
    let mut issues = Vec::new();
    let mut errors = Vec::new();
    for (index, update) in updates.iter().enumerate() {
        match sandbox.create(caller, update) {
            Ok(created) => issues.push(created),
            // What came before it is there.
            Err(refusal) if refusal.status() == 500 => return caller.finish(Err(refusal)),
            Err(refusal) => errors.push(json!({
                "status": refusal.status(), "elementErrors": refusal.body(), "failedElementNumber": index
            })),
        }
    }
    let status = if issues.is_empty() { 400 } else { 201 };
    caller.answer(status).json(json!({ "issues": issues, "errors": errors }))
}

async fn fetch_many(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let body = match json_body(&request, &body) {
        Ok(body) => body,
        Err(refusal) => return caller.finish(Err(refusal)),
    };
    let names: Vec<String> = serde_json::from_value(body["issueIdsOrKeys"].clone()).unwrap_or_default();
    if names.is_empty() || names.len() > 100 {
        return caller.finish(Err(Refusal::message(400, "Between 1 and 100 issues can be read at once.")));
    }
    let view = View::of_body(&body);
    let world = sandbox.world();
    let issues: Vec<Value> = names
        .iter()
        .filter(|_| caller.is_known() && sandbox.has_project())
        .filter_map(|name| world.find(&sandbox.options.project_key, name))
        .filter_map(|id| world.issues.get(&id))
        .map(|issue| sandbox.issue_json(issue, &view))
        .collect();
    caller.answer(200).json(json!({ "issues": issues, "issueErrors": [] }))
}

async fn read(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    name: web::Path<String>,
    query: web::Query<BTreeMap<String, String>>,
) -> HttpResponse {
    let list = |name: &str| -> Option<Vec<String>> {
        query.get(name).map(|list| list.split(',').map(|part| part.trim().to_owned()).collect())
    };
    let view = View {
        fields: list("fields"),
        properties: list("properties").unwrap_or_default(),
        changelog: list("expand").is_some_and(|parts| parts.iter().any(|part| part == "changelog")),
    };
    let result = sandbox.with_issue(caller, &name, |issue| sandbox.issue_json(issue, &view));
    caller.finish(result.map(|issue| caller.answer(200).json(issue)))
}

async fn edit(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    name: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let result = json_body(&request, &body).and_then(|body| {
        let empty = Map::new();
        let mut fields = body["fields"].as_object().unwrap_or(&empty).clone();
        let look = |issue: &Issue| (issue.id, issue.is_story, issue.labels.clone());
        let (id, is_story, labels) = sandbox.with_issue(caller, &name, look)?;
        let comments = comment::coming_with(&sandbox.options, &body["update"])?;
        for (name, operations) in body["update"].as_object().unwrap_or(&empty) {
            if name == "comment" {
                continue;
            }
            if name != "labels" || fields.contains_key(name) {
                let message = format!("Field '{name}' cannot be updated that way.");
                return Err(Refusal::fields(BTreeMap::from([(name.clone(), message)])));
            }
            fields.insert(name.clone(), json!(field::updated_labels(labels.clone(), operations)));
        }
        let hidden = fields.keys().filter(|field| !sandbox.is_on_edit_screen(is_story, field));
        let errors: BTreeMap<String, String> =
            hidden.map(|field| (field.clone(), field::not_on_screen(field))).collect();
        if !errors.is_empty() {
            return Err(Refusal::fields(errors));
        }
        let values = field::check(&sandbox, &fields, false)?;
        sandbox.can_store(&body)?;
        sandbox.change(id, BOT, |issue| field::write(issue, values));
        for comment in comments {
            sandbox.write_comment(id, BOT, comment);
        }
        Ok(caller.answer(204).finish())
    });
    caller.finish(result)
}

/// Which parts of an issue an answer shows.
#[derive(Default)]
pub(super) struct View {
    /// The fields; all of them where `None`.
    pub(super) fields: Option<Vec<String>>,
    /// The properties.
    pub(super) properties: Vec<String>,
    /// Whether the history is shown.
    pub(super) changelog: bool,
}

impl View {
    /// Reads the view out of a request's body.
    pub(super) fn of_body(body: &Value) -> Self {
        let list = |name: &str| serde_json::from_value(body[name].clone()).ok();
        Self { fields: list("fields"), properties: list("properties").unwrap_or_default(), changelog: false }
    }
}

impl JiraSandbox {
    fn create(&self, caller: Caller, body: &Value) -> Result<Value, Refusal> {
        let fields =
            body["fields"].as_object().ok_or_else(|| Refusal::message(400, "'fields' is missing."))?;
        let single = |field: &str, message: &str| {
            Refusal::fields(BTreeMap::from([(field.to_owned(), message.to_owned())]))
        };
        let project = fields.get("project").unwrap_or(&Value::Null);
        let here =
            project["key"] == self.options.project_key.as_str() || project["id"] == metadata::PROJECT_ID;
        if !here || !caller.is_known() || !self.has_project() {
            return Err(single("project", "Specify a valid project ID or key"));
        }
        let issue_type = fields.get("issuetype").unwrap_or(&Value::Null);
        let is_task = issue_type["id"] == metadata::TASK.0 || issue_type["name"] == metadata::TASK.1;
        if !is_task || !self.has_issue_type() {
            return Err(single("issuetype", "Specify a valid issue type"));
        }
        let values = field::check(self, fields, true)?;
        self.can_store(body)?;
        let mut properties = BTreeMap::new();
        for property in body["properties"].as_array().into_iter().flatten() {
            let key = property["key"].as_str().unwrap_or_default();
            super::property::check(key, &property["value"])?;
            if self.is_server() && !property["value"].is_string() {
                return Err(Refusal::message(400, "Can not deserialize the value of a property."));
            }
            properties.insert(key.to_owned(), property["value"].clone());
        }
        let now = self.now();
        let mut world = self.world();
        let id = world.next_id();
        let mut issue = Issue {
            id,
            number: world.next_number(),
            is_story: false,
            summary: String::new(),
            description: None,
            labels: Vec::new(),
            priority: 2,
            due_date: None,
            assignee: None,
            own: BTreeMap::new(),
            status: 0,
            resolution: None,
            created: now,
            updated: now,
            comments: Vec::new(),
            properties,
            remote_links: Vec::new(),
            history: Vec::new(),
        };
        field::write(&mut issue, values);
        let answer = json!({ "id": id.to_string(), "key": self.key_of(&issue), "self": self.self_url(id) });
        world.issues.insert(id, issue);
        world.touch(id, now);
        drop(world);
        self.announce(id, BOT, webhook::Event::Created);
        Ok(answer)
    }

    /// Looks at an issue on behalf of the caller.
    pub(super) fn with_issue<T>(
        &self,
        caller: Caller,
        name: &str,
        look: impl FnOnce(&Issue) -> T,
    ) -> Result<T, Refusal> {
        caller.known_or_404()?;
        if !self.has_project() {
            return Err(Refusal::no_issue());
        }
        let world = self.world();
        let id = world.find(&self.options.project_key, name).ok_or_else(Refusal::no_issue)?;
        world.issues.get(&id).map(look).ok_or_else(Refusal::no_issue)
    }

    /// Changes an issue and, where that changed anything, writes its history and sends a webhook.
    pub(super) fn change(
        &self,
        id: u64,
        by: &'static str,
        change: impl FnOnce(&mut Issue) -> Vec<super::world::Change>,
    ) {
        let now = self.now();
        let mut world = self.world();
        let history_id = world.next_id();
        let Some(issue) = world.issues.get_mut(&id) else { return };
        let changes = change(issue);
        if changes.is_empty() {
            return;
        }
        let history = History { id: history_id, at: now, by, changes };
        issue.history.push(history.clone());
        world.touch(id, now);
        drop(world);
        self.announce(id, by, webhook::Event::Updated(history));
    }

    pub(super) fn self_url(&self, id: u64) -> String {
        format!("{}{}/issue/{id}", self.options.public_url, self.options.kind.api())
    }

    /// An account as JIRA shows it.
    pub(super) fn account_json(&self, account: &str) -> Value {
        let profile = lock(&self.profile);
        let name = if account == PERSON { profile.name.as_str() } else { "Abate" };
        let mut shown = if self.is_server() {
            json!({ "name": account, "key": format!("JIRAUSER-{account}"), "displayName": name, "active": true })
        } else {
            json!({ "accountId": account, "accountType": "atlassian", "displayName": name, "active": true })
        };
        if account == PERSON
            && let Some(email) = profile.email.as_ref().filter(|_| profile.shows_email)
        {
            shown["emailAddress"] = json!(email);
        }
        shown
    }

    /// A status as JIRA shows it.
    pub(super) fn status_json(&self, status: usize) -> Value {
        let status = &STATUSES[status];
        json!({ "id": status.id, "name": status.name, "statusCategory": { "key": status.category } })
    }

    /// An issue as JIRA shows it.
    pub(super) fn issue_json(&self, issue: &Issue, view: &View) -> Value {
        let choice = |(id, name): (&str, &str)| json!({ "id": id, "name": name });
        let mut all = json!({
            "summary": issue.summary,
            "description": issue.description,
            "labels": issue.labels,
            "priority": choice(PRIORITIES[issue.priority]),
            "duedate": issue.due_date.map(|day| day.to_string()),
            "assignee": issue.assignee.map(|account| self.account_json(account)),
            "status": self.status_json(issue.status),
            "resolution": issue.resolution.map(|index| choice(RESOLUTIONS[index])),
            "created": stamp(issue.created),
            "updated": stamp(issue.updated),
            "project": { "id": metadata::PROJECT_ID, "key": self.options.project_key },
            "issuetype": choice(if issue.is_story { metadata::STORY } else { metadata::TASK }),
        });
        for (id, value) in &issue.own {
            all[id] = value.clone();
        }
        let mut answer =
            json!({ "id": issue.id.to_string(), "key": self.key_of(issue), "self": self.self_url(issue.id) });
        answer["fields"] = match (&view.fields, all) {
            (Some(wanted), Value::Object(all)) if !wanted.iter().any(|field| field == "*all") => {
                Value::Object(all.into_iter().filter(|(name, _)| wanted.contains(name)).collect())
            }
            (_, all) => all,
        };
        if !view.properties.is_empty() {
            let shown = issue.properties.iter().filter(|(key, _)| view.properties.contains(key));
            answer["properties"] = json!(shown.collect::<BTreeMap<_, _>>());
        }
        if view.changelog {
            answer["changelog"] = self.shown_history(issue);
        }
        answer
    }

    /// An issue as version 2 and webhooks show it: rich text as plain text.
    pub(super) fn issue_json_plain(&self, issue: &Issue) -> Value {
        let mut answer = self.issue_json(issue, &View::default());
        answer["fields"]["description"] = json!(issue.description.as_ref().map(document::plain_text));
        answer
    }
}

/// JIRA's spelling of an instant.
pub(super) fn stamp(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}
