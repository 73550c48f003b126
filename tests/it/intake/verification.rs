//! What scans say about fixes that somebody has claimed, and about risks that were put aside.

use abate::access::role::Role;
use chrono::Duration;
use serde_json::{Value, json};

use super::report::{import, risks, trivy};
use crate::harness::app::{Person, TestApp};

/// An application with one finding, whose risk is confirmed and claimed to be fixed.
async fn claimed(severity: &str) -> (TestApp, Person, String) {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    import(&app, &first, &trivy(&[(1001, severity), (1002, "LOW")]), &[("asset", "web")]).await;
    let key = risks(&first, "cve=CVE-2026-1001").await[0]["key"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/risks/{key}");
    step(&first, &path, json!({"event": "start_triage"})).await;
    step(&first, &path, json!({"event": "confirm", "owner": "first@example.org", "reason": "seen it"})).await;
    step(&first, &path, json!({"event": "claim_fixed", "evidence": ["https://example.org/change/1"]})).await;
    (app, first, path)
}

async fn step(person: &Person, path: &str, form: Value) -> Value {
    person.api.post(&format!("{path}/transitions"), &form).await.expect(200).json()
}

/// A full scan an hour later that no longer sees it.
async fn clean_scan(app: &TestApp, first: &Person, run: &str) {
    app.pass(Duration::hours(1)).await;
    import(app, first, &trivy(&[(1002, "LOW")]), &[("asset", "web"), ("run", run)]).await;
}

async fn scans_attached(first: &Person, path: &str) -> usize {
    let page = first.api.get(&format!("{path}/evidence")).await.expect(200).json();
    page["items"].as_array().unwrap().iter().filter(|item| item["kind"] == "scan").count()
}

/// A regression: the fix that a person had claimed was verified by the second clean scan only.
#[tokio::test]
async fn one_clean_scan_verifies_what_a_person_claimed_up_to_medium() {
    let (app, first, path) = claimed("MEDIUM").await;
    clean_scan(&app, &first, "2").await;
    let risk = first.api.get(&path).await.json();
    assert_eq!((&risk["state"], &risk["resolution"]), (&json!("closed"), &json!("remediated")), "{risk}");
}

/// A regression: above medium nobody was told that a clean scan is there.
#[tokio::test]
async fn above_medium_the_clean_scan_is_put_beside_the_claim_once_and_a_person_decides() {
    let (app, first, path) = claimed("CRITICAL").await;
    clean_scan(&app, &first, "2").await;
    clean_scan(&app, &first, "3").await;
    assert_eq!(first.api.get(&path).await.json()["state"], "verification");
    assert_eq!(scans_attached(&first, &path).await, 1);
    let verifier = app.person("vera@example.org", &[Role::Viewer, Role::Verifier]).await;
    let risk = step(&verifier, &path, json!({"event": "verify_pass"})).await;
    assert_eq!((&risk["state"], &risk["resolution"]), (&json!("closed"), &json!("remediated")));
}

#[tokio::test]
async fn a_scan_from_before_the_claim_proves_nothing() {
    let (app, first, path) = claimed("MEDIUM").await;
    app.pass(Duration::hours(1)).await;
    let earlier = ("scanned_at", "2026-03-02T08:59:59Z");
    import(&app, &first, &trivy(&[(1002, "LOW")]), &[("asset", "web"), ("run", "2"), earlier]).await;
    assert_eq!(first.api.get(&path).await.json()["state"], "verification");
}

/// A regression: a risk that a person had dismissed was challenged, and one that somebody else carries reopened, when its
/// finding was missing for one scan and back in the next.
#[tokio::test]
async fn what_was_dismissed_stays_dismissed_when_its_finding_flickers() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    let both = trivy(&[(1001, "MEDIUM"), (1002, "LOW")]);
    import(&app, &first, &both, &[("asset", "web")]).await;
    let key = risks(&first, "cve=CVE-2026-1001").await[0]["key"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/risks/{key}");
    step(&first, &path, json!({"event": "start_triage"})).await;
    let dismiss = json!({ "event": "dismiss", "resolution": "false_positive", "reason": "not ours",
        "evidence": ["https://example.org/why"] });
    let version = step(&first, &path, dismiss).await["version"].clone();
    for run in ["2", "3"] {
        clean_scan(&app, &first, run).await;
    }
    app.pass(Duration::hours(1)).await;
    import(&app, &first, &both, &[("asset", "web"), ("run", "4")]).await;
    let risk = first.api.get(&path).await.json();
    assert_eq!((&risk["state"], &risk["version"]), (&json!("closed"), &version), "{risk}");
    // Other words for the same are none.
    app.pass(Duration::hours(1)).await;
    let reworded = both.replace("lib1001 breaks", "lib1001 breaks badly");
    assert_ne!(reworded, both);
    import(&app, &first, &reworded, &[("asset", "web"), ("run", "5")]).await;
    assert_eq!(first.api.get(&path).await.json()["version"], version);
    // A worse severity is another matter.
    app.pass(Duration::hours(1)).await;
    let worse = reworded.replace("MEDIUM", "HIGH");
    import(&app, &first, &worse, &[("asset", "web"), ("run", "6")]).await;
    assert_eq!(first.api.get(&path).await.json()["state"], "triage");
}

/// A regression: each scan's severity took the place of the one that was judged, so that a scanner that took its own
/// word back challenged a dismissal.
#[tokio::test]
async fn a_dismissal_rests_on_the_severity_that_was_judged() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    let high = trivy(&[(1001, "MEDIUM")]);
    import(&app, &first, &high, &[("asset", "web")]).await;
    let path = format!("/api/v1/risks/{}", risks(&first, "").await[0]["key"].as_str().unwrap());
    let dismiss = json!({ "event": "dismiss", "resolution": "false_positive", "reason": "not ours",
        "evidence": ["https://example.org/why"] });
    step(&first, &path, json!({"event": "start_triage"})).await;
    step(&first, &path, dismiss.clone()).await;
    let scan = async |severity: &str, run: &str| {
        app.pass(Duration::hours(1)).await;
        import(&app, &first, &high.replace("MEDIUM", severity), &[("asset", "web"), ("run", run)]).await;
        first.api.get(&path).await.json()["state"].clone()
    };
    assert_eq!(scan("LOW", "2").await, "closed");
    assert_eq!(scan("MEDIUM", "3").await, "closed", "that is what was judged");
    assert_eq!(scan("HIGH", "4").await, "triage");
    // Who dismisses it again has judged what it is now: less than before, too.
    assert_eq!(scan("LOW", "5").await, "triage");
    step(&first, &path, dismiss).await;
    assert_eq!(scan("MEDIUM", "6").await, "triage");
}
