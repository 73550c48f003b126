//! What a first person wrote waits for a second one, and for nothing else.

use abate::access::role::Role;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};

async fn step(person: &Person, path: &str, form: Value) -> Value {
    person.api.post(&format!("{path}/transitions"), &form).await.expect(200).json()
}

async fn in_triage(app: &TestApp) -> (Person, String) {
    app.asset("shop", None).await;
    let path = format!("/api/v1/risks/{}", app.risk("shop", "Anyone can read the orders").await);
    let first = app.first().await;
    step(&first, &path, json!({"event": "start_triage"})).await;
    (first, path)
}

/// A regression: the form of the proposed dismissal stood in the way of every other step.
#[tokio::test]
async fn a_proposed_dismissal_does_not_keep_a_risk_from_being_confirmed() {
    let app = TestApp::spawn().await;
    let (first, path) = in_triage(&app).await;
    let dismiss = json!({
        "event": "dismiss", "resolution": "false_positive", "reason": "a test page",
        "evidence": ["https://example.org/page"],
    });
    step(&first, &path, dismiss).await;
    assert_eq!(first.api.get(&path).await.json()["state"], "triage");
    let confirm = json!({"event": "confirm", "owner": "first@example.org", "reason": "it is real after all"});
    step(&first, &path, confirm).await;
    assert_eq!(first.api.get(&path).await.json()["state"], "open");
}

#[tokio::test]
async fn the_second_person_of_a_dismissal_agrees_to_what_the_first_one_wrote() {
    let app = TestApp::spawn().await;
    let (first, path) = in_triage(&app).await;
    let dismiss = json!({
        "event": "dismiss", "resolution": "false_positive", "reason": "a test page",
        "evidence": ["https://example.org/page"],
    });
    step(&first, &path, dismiss).await;
    let other = app.person("other@example.org", &[Role::Viewer, Role::Triager]).await;
    step(&other, &path, json!({"event": "dismiss"})).await;
    assert_eq!(first.api.get(&path).await.json()["resolution"], "false_positive");
}

/// A regression: starting work lost what the owner had written, so that nobody could approve it any more.
#[tokio::test]
async fn an_acceptance_that_was_asked_for_can_be_approved_after_work_has_started() {
    let app = TestApp::spawn().await;
    let (first, path) = in_triage(&app).await;
    step(&first, &path, json!({"event": "confirm", "owner": "first@example.org", "reason": "seen"})).await;
    let ask = json!({
        "event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-04-15",
    });
    step(&first, &path, ask).await;
    step(&first, &path, json!({"event": "start", "plan": "rewrite it"})).await;
    let head = app.person("head@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    step(&head, &path, json!({"event": "accept"})).await;
    let risk = first.api.get(&path).await.json();
    assert_eq!((&risk["state"], &risk["acceptance_ends_on"]), (&json!("accepted"), &json!("2026-04-15")));
}
