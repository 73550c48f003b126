//! A source that falls silent closes nothing and raises a risk of its own.

use abate::access::role::Role;
use chrono::Duration;
use serde_json::{Value, json};

use super::report::{import, many, risks, trivy};
use crate::harness::app::{Person, TestApp};

async fn scan(app: &TestApp, who: &Person, run: &str) {
    let report = trivy(&many(1, 2, "LOW"));
    import(app, who, &report, &[("asset", "web"), ("source", "nightly"), ("run", run)]).await;
}

/// The risks that speak of silence.
async fn silent(who: &Person) -> Vec<Value> {
    let all = risks(who, "").await;
    all.into_iter().filter(|risk| risk["origin"] == "source_silent").collect()
}

#[tokio::test]
async fn silence_is_one_risk_until_the_source_reports_again() {
    let app = TestApp::spawn().await;
    app.asset("web", None).await;
    let first = app.first().await;
    for run in ["1", "2", "3"] {
        scan(&app, &first, run).await;
        app.pass(Duration::days(1)).await;
    }
    app.pass(Duration::days(12)).await;
    assert_eq!(silent(&first).await, Vec::<Value>::new());
    app.pass(Duration::days(2)).await;
    let raised = silent(&first).await;
    assert_eq!(raised.len(), 1, "{raised:?}");
    assert_eq!((&raised[0]["asset"], &raised[0]["state"]), (&json!("web"), &json!("new")));
    assert_eq!(raised[0]["title"], "Source nightly has been silent since 2026-03-04");
    app.pass(Duration::days(20)).await;
    assert_eq!(silent(&first).await.len(), 1, "it is raised once");
    let others = risks(&first, "state=new").await;
    assert_eq!(others.len(), 3, "silence closes nothing: {others:?}");
    scan(&app, &first, "4").await;
    app.pass(Duration::hours(1)).await;
    let over = silent(&first).await.remove(0);
    assert_eq!((&over["state"], &over["resolution"]), (&json!("closed"), &json!("vanished")), "{over}");
    app.pass(Duration::days(15)).await;
    let again = silent(&first).await.remove(0);
    assert_eq!(again["state"], "open", "silent again: the same risk comes back");
    assert_eq!(silent(&first).await.len(), 1);
}

#[tokio::test]
async fn a_source_has_its_own_interval_and_one_scan_is_no_rhythm() {
    let app = TestApp::spawn().await;
    app.asset("web", None).await;
    let first = app.first().await;
    scan(&app, &first, "1").await;
    let set = async |form: Value| first.api.patch("/api/v1/sources/nightly", &form).await;
    let source = set(json!({"silent_after_days": 2})).await.expect(200).json();
    assert_eq!(source["silent_after_days"], 2);
    app.pass(Duration::days(30)).await;
    assert!(silent(&first).await.is_empty(), "it was scanned once only");
    for run in ["2", "3"] {
        scan(&app, &first, run).await;
    }
    app.pass(Duration::days(2) + Duration::hours(1)).await;
    assert_eq!(silent(&first).await.len(), 1);
    assert_eq!(set(json!({"silent_after_days": null})).await.expect(200).json()["silent_after_days"], 14);
    for (wrong, field) in [(json!({"silent_after_days": 0}), "silent_after_days")] {
        assert_eq!(set(wrong).await.expect(422).json()["errors"][0]["field"], field);
    }
    first.api.patch("/api/v1/sources/nosuch", &json!({})).await.expect(404);
    let viewer = app.person("viewer@example.org", &[Role::Viewer]).await;
    viewer.api.patch("/api/v1/sources/nightly", &json!({})).await.expect(403);
    let all = first.api.get("/api/v1/sources").await.expect(200).json();
    assert_eq!(all["items"][0]["name"], "nightly");
}
