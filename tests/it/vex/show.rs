//! `GET /api/v1/vex`

use abate::access::role::Role;
use abate_entity::lifecycle::{Resolution, State};
use abate_entity::risk;
use reqwest::Method;
use sea_orm::{ActiveValue::Set, EntityTrait as _};
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::intake::report::{import, many, risks, trivy};

async fn vex(who: &Person, question: &str) -> Value {
    who.api.get(&format!("/api/v1/vex?{question}")).await.expect(200).json()
}

/// The number of the risk of a vulnerability.
async fn number(who: &Person, cve: &str) -> i64 {
    let key = risks(who, &format!("asset=web&cve={cve}")).await[0]["key"].as_str().unwrap().to_owned();
    key.trim_start_matches("R-").parse().unwrap()
}

async fn set(app: &TestApp, id: i64, change: risk::ActiveModel) {
    let change = risk::ActiveModel { id: Set(id), ..change };
    let changed =
        app.state.database.write(async |tx| Ok(risk::Entity::update(change.clone()).exec(tx).await?)).await;
    changed.unwrap();
}

/// An asset with an image, and four vulnerabilities in it.
async fn scanned(app: &TestApp) -> Person {
    app.asset("web", None).await;
    let first = app.first().await;
    let image = json!({"matchers": [{"kind": "image", "pattern": "registry.example.com/orchard/api"}]});
    let request = first.api.request(Method::PUT, "/api/v1/assets/web/matchers").json(&image);
    first.api.send(request).await.expect(200);
    import(app, &first, &trivy(&many(1, 4, "HIGH")), &[("asset", "web")]).await;
    first
}

fn statement<'a>(document: &'a Value, cve: &str) -> Option<&'a Value> {
    let statements = document["statements"].as_array().unwrap();
    statements.iter().find(|statement| statement["vulnerability"]["name"] == cve)
}

#[tokio::test]
async fn decisions_become_statements_that_scanners_match() {
    let app = TestApp::spawn().await;
    let first = scanned(&app).await;
    let other = app.person("other@example.org", &[Role::Viewer, Role::Triager]).await;
    let dismissed = format!("/api/v1/risks/R-{}/transitions", number(&first, "CVE-2026-1").await);
    first.api.post(&dismissed, &json!({"event": "start_triage"})).await.expect(200);
    let before = vex(&first, "asset=web").await;
    let dismiss = json!({
        "event": "dismiss", "resolution": "not_affected", "reason": "never called",
        "justification": "vulnerable_code_not_in_execute_path", "evidence": ["https://example.org/proof"],
    });
    first.api.post(&dismissed, &dismiss).await.expect(200);
    let proposed = vex(&first, "asset=web").await;
    let one = statement(&proposed, "CVE-2026-1").unwrap();
    assert_eq!(one["status"], "under_investigation", "a proposal is no decision yet");
    assert_eq!(proposed, before, "and says nothing new");
    other.api.post(&dismissed, &json!({"event": "dismiss"})).await.expect(200);
    let confirmed = format!("/api/v1/risks/R-{}/transitions", number(&first, "CVE-2026-2").await);
    first.api.post(&confirmed, &json!({"event": "start_triage"})).await.expect(200);
    let confirm = json!({"event": "confirm", "owner": "first@example.org", "reason": "seen it"});
    first.api.post(&confirmed, &confirm).await.expect(200);
    let closed = risk::ActiveModel {
        state: Set(State::Closed),
        resolution: Set(Some(Resolution::Remediated)),
        ..Default::default()
    };
    set(&app, number(&first, "CVE-2026-3").await, closed).await;

    let document = vex(&first, "asset=web").await;
    assert_eq!(document["@context"], "https://openvex.dev/ns/v0.2.0");
    assert_ne!(document["@id"], proposed["@id"], "another decision is another document");
    let one = statement(&document, "CVE-2026-1").unwrap();
    assert_eq!(one["status"], "not_affected");
    assert_eq!(one["justification"], "vulnerable_code_not_in_execute_path");
    let product = &one["products"][0];
    assert_eq!(product["@id"], "pkg:oci/api?repository_url=registry.example.com%2Forchard%2Fapi");
    assert_eq!(product["subcomponents"][0]["@id"], "pkg:deb/debian/lib1@1.0");
    let two = statement(&document, "CVE-2026-2").unwrap();
    assert_eq!(two["status"], "affected");
    assert_eq!(two["action_statement"], "Update lib2 from 1.0 to 1.1.");
    let three = statement(&document, "CVE-2026-3").unwrap();
    assert_eq!(three["status"], "fixed");
    let fixed = &three["products"][0]["subcomponents"];
    assert_eq!(fixed[0]["@id"], "pkg:deb/debian/lib3@1.1", "the vulnerable version stays visible");
    assert_eq!(fixed.as_array().unwrap().len(), 1);
    assert_eq!(statement(&document, "CVE-2026-4").unwrap()["status"], "under_investigation");

    app.pass(chrono::Duration::days(1)).await;
    assert_eq!(vex(&first, "asset=web").await, document, "without a new decision nothing changes");
    let cyclonedx = vex(&first, "asset=web&format=cyclonedx").await;
    assert_eq!(cyclonedx["specVersion"], "1.6");
    assert_eq!(cyclonedx["vulnerabilities"][0]["analysis"]["justification"], "code_not_reachable");
    assert_eq!(cyclonedx["vulnerabilities"][0]["affects"][0]["ref"], "pkg:deb/debian/lib1@1.0");
}

#[tokio::test]
async fn what_is_confidential_or_out_of_sight_is_left_out() {
    let app = TestApp::spawn().await;
    let first = scanned(&app).await;
    let secret = risk::ActiveModel { confidential: Set(true), ..Default::default() };
    set(&app, number(&first, "CVE-2026-1").await, secret).await;
    let team = app.team("other").await;
    let moved = risk::ActiveModel { team_id: Set(team), ..Default::default() };
    set(&app, number(&first, "CVE-2026-2").await, moved).await;
    let document = vex(&first, "asset=web").await;
    assert!(statement(&document, "CVE-2026-1").is_none(), "{document}");
    assert!(statement(&document, "CVE-2026-2").is_some(), "{document}");
    let stranger = app.member("stranger@example.org", &[Role::Viewer], Some(team)).await;
    stranger.api.get("/api/v1/vex?asset=web").await.expect(404);
    first.api.get("/api/v1/vex?asset=nosuch").await.expect(404);
    first.api.get("/api/v1/vex?asset=web&format=csaf").await.expect(422);
}

#[tokio::test]
async fn an_asset_without_findings_has_an_empty_document() {
    let app = TestApp::spawn().await;
    app.asset("web", None).await;
    let document = vex(&app.first().await, "asset=web").await;
    assert_eq!(document["statements"], json!([]));
    let empty = vex(&app.first().await, "asset=web&format=cyclonedx").await;
    assert_eq!(empty["metadata"]["component"]["purl"], "pkg:generic/web");
}
