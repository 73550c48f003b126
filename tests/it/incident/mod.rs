//! Incidents: declared by people, told to those who lead, and kept to the law's clocks.

mod close;
mod declare;
mod duty;
mod ladder;
mod page;

use abate::access::role::Role;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};

/// An application with somebody who leads security.
async fn led() -> (TestApp, Person, Person) {
    let app = TestApp::spawn().await;
    // The first user leads too, and holds every role but that of verifier.
    app.database.tamper("DELETE FROM user_role WHERE role IN ('head_of_security', 'executive')").await;
    let head = app.person("head@example.org", &[Role::HeadOfSecurity, Role::Viewer]).await;
    let first = app.first().await;
    (app, first, head)
}

/// Declares a breach with this form besides what each needs; gives what the answer says.
async fn declare(who: &Person, more: Value) -> Value {
    let mut form = json!({"kind": "breach", "title": "Orchard list on the street"});
    for (name, value) in more.as_object().unwrap() {
        form[name] = value.clone();
    }
    who.api.post("/api/v1/incidents", &form).await.expect(201).json()
}

async fn shown(who: &Person, key: &str) -> Value {
    who.api.get(&format!("/api/v1/incidents/{key}")).await.expect(200).json()
}
