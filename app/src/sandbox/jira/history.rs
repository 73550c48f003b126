//! The history of an issue. Cloud shows the newest hundred entries with an issue and the others on pages; Data Center
//! shows all of them.

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::JiraSandbox;
use super::auth::Caller;
use super::issue::stamp;
use super::world::{History, Issue};

/// How many entries Cloud shows at once.
const SHOWN: usize = 100;

pub(super) fn configure(config: &mut web::ServiceConfig, api: &str) {
    config.route(&format!("{api}/issue/{{name}}/changelog"), web::get().to(list));
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListQuery {
    #[serde(default)]
    start_at: usize,
    max_results: Option<usize>,
}

/// The entries of an issue, oldest first.
async fn list(
    sandbox: web::Data<JiraSandbox>,
    caller: Caller,
    name: web::Path<String>,
    query: web::Query<ListQuery>,
) -> HttpResponse {
    if sandbox.is_server() {
        return HttpResponse::NotFound().finish();
    }
    let size = query.max_results.unwrap_or(SHOWN).min(SHOWN);
    let result = sandbox.with_issue(caller, &name, |issue| {
        let total = issue.history.len();
        let page = issue.history.iter().skip(query.start_at).take(size);
        let values: Vec<Value> = page.map(|entry| sandbox.history_json(entry)).collect();
        let last = query.start_at + values.len() >= total;
        json!({
            "startAt": query.start_at, "maxResults": size, "total": total, "isLast": last, "values": values
        })
    });
    caller.finish(result.map(|page| caller.answer(200).json(page)))
}

impl JiraSandbox {
    /// The history as it is shown with its issue, newest entry first.
    pub(super) fn shown_history(&self, issue: &Issue) -> Value {
        let total = issue.history.len();
        let size = if self.is_server() { total } else { SHOWN };
        let histories: Vec<Value> =
            issue.history.iter().rev().take(size).map(|entry| self.history_json(entry)).collect();
        json!({ "startAt": 0, "maxResults": size, "total": total, "histories": histories })
    }

    /// One entry of the history, as the history and webhooks show it.
    pub(super) fn history_json(&self, history: &History) -> Value {
        let items: Vec<Value> = history
            .changes
            .iter()
            .map(|change| {
                json!({
                    "field": change.field, "fieldId": change.field, "fieldtype": "jira",
                    "from": change.from.0, "fromString": change.from.1,
                    "to": change.to.0, "toString": change.to.1,
                })
            })
            .collect();
        json!({
            "id": history.id.to_string(), "author": self.account_json(history.by),
            "created": stamp(history.at), "items": items,
        })
    }
}
