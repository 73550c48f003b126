//! The one workflow: To Do, In Progress, In Review, Done. Done is not reachable from To Do, and asks for a
//! resolution.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::JiraSandbox;
use super::auth::Caller;
use super::comment;
use super::field::{choice, not_on_screen, write_resolution};
use super::own_field;
use super::refusal::{Refusal, json_body};
use super::world::{BOT, Change, RESOLUTIONS, STATUSES};

/// The status that ends the work.
pub(super) const DONE: usize = 3;

/// A step of the workflow.
pub(super) struct Step {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    from: &'static [usize],
    pub(super) to: usize,
    /// The resolution that a click on the board sets, by its position.
    pub(super) resolution: Option<usize>,
}

const STEPS: [Step; 6] = [
    Step { id: "11", name: "Start", from: &[0], to: 1, resolution: None },
    Step { id: "21", name: "Send to review", from: &[1], to: 2, resolution: None },
    Step { id: "31", name: "Finish", from: &[1, 2], to: DONE, resolution: Some(0) },
    Step { id: "61", name: "Will not do", from: &[1, 2], to: DONE, resolution: Some(1) },
    Step { id: "41", name: "Work on again", from: &[2, DONE], to: 1, resolution: None },
    Step { id: "51", name: "Back to the list", from: &[1, 2, DONE], to: 0, resolution: None },
];

/// The steps that are open in a status.
pub(super) fn open_steps(status: usize) -> impl Iterator<Item = &'static Step> {
    STEPS.iter().filter(move |step| step.from.contains(&status))
}

pub(super) fn configure(config: &mut web::ServiceConfig, api: &str) {
    let at = |path: &str| format!("{api}{path}");
    config
        .route(&at("/issue/{name}/transitions"), web::get().to(list))
        .route(&at("/issue/{name}/transitions"), web::post().to(take));
}

#[derive(serde::Deserialize)]
struct ListQuery {
    expand: Option<String>,
}

async fn list(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    name: web::Path<String>,
    query: web::Query<ListQuery>,
) -> HttpResponse {
    let with_fields = query.expand.as_deref().is_some_and(|expand| expand.contains("transitions.fields"));
    let resolutions: Vec<Value> =
        RESOLUTIONS.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    let demanded = sandbox.demanded_fields();
    let result = sandbox.with_issue(caller, &name, |issue| issue.status).map(|status| {
        let steps: Vec<Value> = open_steps(status)
            .filter(|step| sandbox.offers(step))
            .map(|step| {
                let mut shown =
                    json!({ "id": step.id, "name": step.name, "to": sandbox.status_json(step.to), "hasScreen": step.to == DONE });
                if with_fields {
                    shown["fields"] = if step.to == DONE {
                        let mut fields = json!({ "resolution": { "required": true, "name": "Resolution", "allowedValues": resolutions } });
                        for field in &demanded {
                            fields[&field.id] = field.shown(true);
                        }
                        fields
                    } else {
                        json!({})
                    };
                }
                shown
            })
            .collect();
        caller.answer(200).json(json!({ "transitions": steps }))
    });
    caller.finish(result)
}

async fn take(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    name: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let result = json_body(&request, &body).and_then(|body| {
        let (id, status) = sandbox.with_issue(caller, &name, |issue| (issue.id, issue.status))?;
        let wanted = body["transition"]["id"].as_str().unwrap_or_default();
        let step =
            open_steps(status).find(|step| step.id == wanted && sandbox.offers(step)).ok_or_else(|| {
                Refusal::message(400, format!("Transition id '{wanted}' is not valid for this issue."))
            })?;
        let mut errors = BTreeMap::new();
        let demanded = if step.to == DONE { sandbox.demanded_fields() } else { Vec::new() };
        let mut own = BTreeMap::new();
        for (field, value) in body["fields"].as_object().into_iter().flatten() {
            if demanded.iter().any(|known| known.id == *field) {
                match sandbox.check_own(field, value) {
                    Ok(value) => drop(own.insert(field.clone(), value)),
                    Err(said) => drop(errors.insert(field.clone(), said)),
                }
            } else if step.to != DONE || field != "resolution" {
                errors.insert(field.clone(), not_on_screen(field));
            }
        }
        for field in demanded.iter().filter(|field| body["fields"][&field.id].is_null()) {
            errors.insert(field.id.clone(), format!("{} is required.", field.name));
        }
        let resolution = choice(&body["fields"]["resolution"], &RESOLUTIONS);
        if step.to == DONE && resolution.is_none() {
            errors.insert("resolution".to_owned(), "Resolution is required.".to_owned());
        }
        if !errors.is_empty() {
            return Err(Refusal::fields(errors));
        }
        let comments = comment::coming_with(&sandbox.options, &body["update"])?;
        sandbox.change(id, BOT, |issue| own_field::write(issue, own));
        sandbox.take_step(id, step, resolution, BOT);
        for comment in comments {
            sandbox.write_comment(id, BOT, comment);
        }
        Ok(caller.answer(204).finish())
    });
    caller.finish(result)
}

impl JiraSandbox {
    fn offers(&self, step: &Step) -> bool {
        step.to != DONE || self.has_way_to_done.load(Ordering::SeqCst)
    }

    /// Takes a step of the workflow.
    pub(super) fn take_step(&self, id: u64, step: &Step, resolution: Option<usize>, by: &'static str) {
        self.change(id, by, |issue| {
            let pair = |status: usize| {
                (Some(STATUSES[status].id.to_owned()), Some(STATUSES[status].name.to_owned()))
            };
            let change = Change { field: "status".into(), from: pair(issue.status), to: pair(step.to) };
            issue.status = step.to;
            let resolution = write_resolution(issue, resolution.filter(|_| step.to == DONE));
            [Some(change), resolution].into_iter().flatten().collect()
        });
    }
}
