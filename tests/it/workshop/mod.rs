//! Workshops, from the file to the sign-off.

mod held;
mod model;
mod table;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::harness::http::Answer;

fn file(stated_high: u32) -> Value {
    let risk = |id: &str, likelihood: u8, owner: &str| {
        json!({
            "id": id, "scenario": "S1", "title": format!("Orders of {id} can be replayed"), "description": "As it says.",
            "stride": ["tampering"], "kill_chain_phase": "exploitation", "assets": ["A1", "A2"],
            "inherent": { "likelihood": likelihood, "impact": 4 }, "target_residual": { "likelihood": 1, "impact": 4 },
            "controls": ["C1"], "mitigation": "Throttle.", "owner": owner, "treatment": "modify",
            "attack": [{ "id": "T1110.004", "name": "Stuffing", "tactics": ["TA0006"] }],
        })
    };
    json!({
        "schema": "abate-workshop/1",
        "workshop": { "title": "Orchard", "held_on": "2026-01-05", "timezone": "Europe/Vienna", "duration_minutes": 180,
            "attendees": ["Team"], "methods": ["STRIDE"], "attack_version": "19.1",
            "expected_summary": { "high": stated_high, "medium": 1 } },
        "critical_assets": [
            { "id": "A1", "name": "Order ledger", "type": "data_store", "owner": "first@example.com", "criticality": "mission_critical" },
            { "id": "A2", "name": "Shop front", "type": "service", "criticality": "business_critical", "internet_facing": true }],
        "controls": [{ "id": "C1", "name": "Throttling" }],
        "scenarios": [{ "id": "S1", "name": "Replay", "story": "Somebody sends an order twice." }],
        "risks": [risk("O-1", 4, "owner@example.com"), risk("O-2", 2, "owner@example.com"), risk("O-3", 3, "Somebody else")],
    })
}

async fn send(who: &Person, file: &Value, fields: &[(&str, &str)]) -> Answer {
    let mut form = Form::new().part("file", Part::text(file.to_string()).file_name("workshop.json"));
    for (name, value) in fields {
        form = form.text((*name).to_owned(), (*value).to_owned());
    }
    who.api.send(who.api.request(Method::POST, "/api/v1/imports").multipart(form)).await
}

/// Uploads a file of any format.
pub(super) async fn upload(who: &Person, name: &str, bytes: Vec<u8>, fields: &[(&str, &str)]) -> Answer {
    let mut form = Form::new().part("file", Part::bytes(bytes).file_name(name.to_owned()));
    for (name, value) in fields {
        form = form.text((*name).to_owned(), (*value).to_owned());
    }
    who.api.send(who.api.request(Method::POST, "/api/v1/imports").multipart(form)).await
}

/// The import that an upload made.
pub(super) async fn import_of(who: &Person, accepted: &Value) -> Value {
    who.api.get(&format!("/api/v1/imports/{}", accepted["id"])).await.expect(200).json()
}

pub(super) async fn the_workshop(who: &Person) -> Value {
    let list = who.api.get("/api/v1/workshops").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    who.api.get(&format!("/api/v1/workshops/{}", list["items"][0]["id"])).await.expect(200).json()
}

#[tokio::test]
async fn a_workshop_is_a_draft_until_it_is_signed_off() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.person("owner@example.com", &[]).await;
    let import = send(&first, &file(2), &[]).await.expect(202).json();
    let import = first.api.get(&format!("/api/v1/imports/{}", import["id"])).await.expect(200).json();
    assert_eq!(import["status"], "applied", "{import}");
    assert_eq!(import["counts"]["created"], 3);
    assert_eq!(import["by_level"], json!({ "high": 2, "medium": 1 }));
    let draft = the_workshop(&first).await;
    assert_eq!(draft["state"], "draft");
    assert!(draft["risks"].as_array().unwrap().iter().all(|risk| risk["state"] == "new"));

    let done = first
        .api
        .post(&format!("/api/v1/workshops/{}/sign-off", draft["id"]), &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        done["confirmed"].as_array().unwrap().len() + done["waiting"].as_array().unwrap().len(),
        3,
        "{done}"
    );
    let signed = the_workshop(&first).await;
    assert_eq!(signed["state"], "signed_off");
    let open = signed["risks"].as_array().unwrap().iter().filter(|risk| risk["state"] == "open").count();
    assert!(open >= 2, "{signed}");
    let key = done["confirmed"][0].as_str().unwrap();
    let risk = first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json();
    // Thirty days for a high risk, counted from the day of the workshop.
    assert_eq!(risk["due_on"], "2026-02-04", "{risk}");
    first.api.post(&format!("/api/v1/workshops/{}/sign-off", draft["id"]), &json!({})).await.problem(409);
}

#[tokio::test]
async fn a_summary_that_does_not_agree_needs_a_reason() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    send(&first, &file(9), &[]).await.expect(202);
    let draft = the_workshop(&first).await;
    let path = format!("/api/v1/workshops/{}/sign-off", draft["id"]);
    let problem = first.api.post(&path, &json!({})).await.problem(422);
    assert_eq!(problem["errors"][0]["field"], "mismatch_reason");
    assert!(problem["detail"].as_str().unwrap().contains("high: 9 stated, 2 counted"), "{problem}");
    let signed =
        first.api.post(&path, &json!({ "mismatch_reason": "Seven were merged." })).await.expect(200).json();
    assert_eq!(signed["mismatch_reason"], "Seven were merged.");
}

#[tokio::test]
async fn the_file_again_makes_nothing_twice() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    send(&first, &file(2), &[]).await.expect(202);
    let mut later = file(2);
    later["risks"][0]["description"] = "In other words.".into();
    let id = send(&first, &later, &[]).await.expect(202).json()["id"].clone();
    let import = first.api.get(&format!("/api/v1/imports/{id}")).await.expect(200).json();
    let counts = &import["counts"];
    assert_eq!(
        (&counts["created"], &counts["updated"], &counts["unchanged"]),
        (&json!(0), &json!(1), &json!(2))
    );
    assert_eq!(the_workshop(&first).await["risks"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_planned_workshop_is_written_when_it_is_applied() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let id = send(&first, &file(2), &[("mode", "plan")]).await.expect(202).json()["id"].clone();
    assert_eq!(first.api.get("/api/v1/workshops").await.expect(200).json()["items"], json!([]));
    let applied = first.api.post(&format!("/api/v1/imports/{id}/apply"), &json!({})).await.expect(202).json();
    assert_eq!(applied["status"], "applied");
    assert_eq!(the_workshop(&first).await["risks"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn every_wrong_field_is_named_and_nothing_is_written() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let mut wrong = file(2);
    wrong["risks"][0]["inherent"]["likelihood"] = 6.into();
    wrong["workshop"]["held_on"] = "once".into();
    let problem = send(&first, &wrong, &[]).await.problem(422);
    let fields: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    assert!(
        fields.contains(&json!("workshop.held_on"))
            && fields.contains(&json!("risks[0].inherent.likelihood")),
        "{fields:?}"
    );
    assert_eq!(first.api.get("/api/v1/workshops").await.expect(200).json()["items"], json!([]));
}

#[tokio::test]
async fn a_workshop_is_signed_off_on_its_page() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    send(&first, &file(9), &[]).await.expect(202);
    let id = the_workshop(&first).await["id"].clone();
    let path = format!("/workshops/{id}");
    let page = first.browser.get(&path).await.expect(200);
    assert!(page.text.contains("high: 9 stated, 2 counted"), "{}", page.text);
    first
        .browser
        .submit(&format!("{path}/sign-off"), &[("mismatch_reason", "Seven were merged.")])
        .await
        .expect(303);
    let signed = first.browser.get(&path).await.expect(200);
    assert!(signed.text.contains("Signed off") && signed.text.contains("Seven were merged."));
    assert!(first.browser.get("/workshops").await.expect(200).text.contains("Orchard"));
}
