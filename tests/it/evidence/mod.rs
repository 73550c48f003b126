//! What shows that something was done: files, links, commits, scans and notes.

mod file;
mod kind;
mod refused;
mod step;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::harness::http::Answer;

/// Attaches a file to a risk.
pub(crate) async fn upload(who: &Person, key: &str, name: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    let form = Form::new().part("file", Part::bytes(bytes.into()).file_name(name.to_owned()));
    let request = who.api.request(Method::POST, &format!("/api/v1/risks/{key}/evidence"));
    who.api.send(request.multipart(form)).await
}

/// Attaches what is no file.
async fn attach(who: &Person, key: &str, form: &Value) -> Answer {
    who.api.post(&format!("/api/v1/risks/{key}/evidence"), form).await
}

/// The evidence of a risk.
async fn listed(who: &Person, key: &str) -> Vec<Value> {
    let page = who.api.get(&format!("/api/v1/risks/{key}/evidence?limit=200")).await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

/// A confirmed risk on the asset `shop`.
async fn confirmed(app: &TestApp, first: &Person) -> String {
    app.asset("shop", None).await;
    let key = app.risk("shop", "Orchard gate is open").await;
    step(first, &key, json!({"event": "start_triage"})).await.expect(200);
    let confirm = json!({"event": "confirm", "owner": "first@example.org", "reason": "seen"});
    step(first, &key, confirm).await.expect(200);
    key
}

async fn step(who: &Person, key: &str, form: Value) -> Answer {
    who.api.post(&format!("/api/v1/risks/{key}/transitions"), &form).await
}
