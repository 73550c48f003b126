//! What steps do with evidence.

use abate::access::role::Role;
use chrono::Duration;
use serde_json::json;

use super::{attach, confirmed, listed, step};
use crate::harness::app::TestApp;
use crate::intake::report::{import, risks, trivy};

/// A regression: what a step named as its evidence was counted and thrown away.
#[tokio::test]
async fn what_a_step_names_is_attached_to_the_risk_once() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let key = confirmed(&app, &first).await;
    attach(&first, &key, &json!({"title": "Change", "url": "https://example.org/1"})).await.expect(201);
    let claim = json!({
        "event": "claim_fixed",
        "evidence": ["https://example.org/1", "https://example.org/2", "commit:0123ABCD", "evidence:1"],
    });
    step(&first, &key, claim).await.expect(200);
    let told: Vec<_> = listed(&first, &key)
        .await
        .into_iter()
        .map(|row| (row["kind"].clone(), row["title"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!("link"), json!("Change")),
            (json!("link"), json!("https://example.org/2")),
            (json!("commit"), json!("Commit 0123ABCD")),
        ]
    );
    let verifier = app.person("vera@example.org", &[Role::Viewer, Role::Verifier]).await;
    let pass = json!({"event": "verify_pass", "evidence": ["https://example.org/retest"]});
    step(&verifier, &key, pass).await.expect(200);
    let last = listed(&first, &key).await.pop().unwrap();
    assert_eq!((&last["added_by"], &last["counts"]), (&json!("vera@example.org"), &json!(false)));
}

/// A regression: a note passed as proof of a fix.
#[tokio::test]
async fn a_note_proves_nothing() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let key = confirmed(&app, &first).await;
    let note = attach(&first, &key, &json!({"title": "It is fixed, believe me"})).await.expect(201).json();
    let problem = step(&first, &key, json!({"event": "claim_fixed"})).await.problem(422);
    assert_eq!(problem["errors"][0]["field"], "evidence");
    let named = json!({"event": "claim_fixed", "evidence": [format!("evidence:{}", note["id"])]});
    let problem = step(&first, &key, named).await.problem(422);
    assert_eq!(problem["errors"][0]["field"], "evidence[0]");
    attach(&first, &key, &json!({"title": "Change", "url": "https://example.org/1"})).await.expect(201);
    step(&first, &key, json!({"event": "claim_fixed"})).await.expect(200);
}

#[tokio::test]
async fn what_was_withdrawn_counts_no_more() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let key = confirmed(&app, &first).await;
    let link = json!({"title": "Change", "url": "https://example.org/1"});
    let row = attach(&first, &key, &link).await.expect(201).json();
    let withdraw = format!("/api/v1/risks/{key}/evidence/{}/withdraw", row["id"]);
    first.api.post(&withdraw, &json!({"reason": "wrong change"})).await.expect(200);
    step(&first, &key, json!({"event": "claim_fixed"})).await.problem(422);
    let named = json!({"event": "claim_fixed", "evidence": [format!("evidence:{}", row["id"])]});
    step(&first, &key, named).await.problem(422);
    attach(&first, &key, &link).await.expect(201);
    step(&first, &key, json!({"event": "claim_fixed"})).await.expect(200);
}

#[tokio::test]
async fn a_claim_by_scans_names_the_scan() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    import(&app, &first, &trivy(&[(1001, "HIGH"), (1002, "LOW")]), &[("asset", "web")]).await;
    let key = risks(&first, "cve=CVE-2026-1001").await[0]["key"].as_str().unwrap().to_owned();
    step(&first, &key, json!({"event": "start_triage"})).await.expect(200);
    let confirm = json!({"event": "confirm", "owner": "first@example.org", "reason": "seen"});
    step(&first, &key, confirm).await.expect(200);
    let mut last = json!(null);
    for run in ["2", "3"] {
        app.pass(Duration::hours(1)).await;
        last = import(&app, &first, &trivy(&[(1002, "LOW")]), &[("asset", "web"), ("run", run)]).await;
    }
    let risk = first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json();
    assert_eq!(risk["state"], "verification");
    let rows = listed(&first, &key).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((&rows[0]["kind"], &rows[0]["import"]), (&json!("scan"), &last["id"]));
    assert_eq!(rows[0]["added_by"], json!(null));
}
