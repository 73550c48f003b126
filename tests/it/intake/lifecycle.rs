//! What scans mean for risks: first sight, the same again, absence, return.

use chrono::Duration;
use serde_json::{Value, json};

use super::report::{import, many, risks, send, trivy};
use crate::harness::app::TestApp;

const TO_WEB: &[(&str, &str)] = &[("asset", "web")];

#[tokio::test]
async fn a_first_scan_makes_a_risk_for_each_problem() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let done =
        import(&app, &first, &trivy(&[(1001, "CRITICAL"), (1002, "LOW"), (1001, "CRITICAL")]), TO_WEB).await;
    assert_eq!(done["status"], "applied", "{done}");
    assert_eq!(done["counts"]["findings"], 3);
    assert_eq!(done["counts"]["created"], 2);
    assert_eq!(done["source"], "trivy");
    assert_eq!(done["scope"], "registry.example.com/orchard/api");
    let found = risks(&first, "cve=CVE-2026-1001").await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["state"], "new");
    assert_eq!(found[0]["asset"], "web");
    let key = found[0]["key"].as_str().unwrap();
    let history = first.api.get(&format!("/api/v1/risks/{key}/history")).await.expect(200).json();
    assert_eq!(history["items"][0]["kind"], "created", "{history}");
    let findings = first.api.get(&format!("/api/v1/risks/{key}/findings")).await.expect(200).json();
    assert!(findings.to_string().contains("lib1001"), "{findings}");
    let sla = first.api.get(&format!("/api/v1/risks/{key}/sla")).await.expect(200);
    assert!(sla.text.contains("riage"), "{}", sla.text);
}

/// The same content as a new scan is one row more, and nothing else.
#[tokio::test]
async fn the_same_content_again_writes_nothing_to_risks() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let report = trivy(&many(1000, 30, "HIGH"));
    import(&app, &first, &report, &[("asset", "web"), ("run", "1")]).await;
    let before = risks(&first, "").await;
    app.pass(Duration::hours(1)).await;
    let again = import(&app, &first, &report, &[("asset", "web"), ("run", "2")]).await;
    assert_eq!(again["status"], "applied");
    assert_eq!(again["counts"]["unchanged"], 30);
    for count in ["created", "updated", "reopened", "vanished"] {
        assert_eq!(again["counts"][count], 0, "{count}");
    }
    assert_eq!(risks(&first, "").await, before);
}

#[tokio::test]
async fn a_repeated_request_is_the_same_import() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let report = trivy(&many(1000, 3, "HIGH"));
    let id = async |fields: &[(&str, &str)]| {
        send(&first, report.as_str(), fields).await.expect(202).json()["id"].clone()
    };
    let run = id(&[("asset", "web"), ("run", "7")]).await;
    assert_eq!(id(&[("asset", "web"), ("run", "7")]).await, run);
    assert_ne!(id(&[("asset", "web"), ("run", "8")]).await, run);
    let bytes = id(TO_WEB).await;
    assert_eq!(id(TO_WEB).await, bytes);
    app.pass(Duration::minutes(11)).await;
    assert_ne!(id(TO_WEB).await, bytes);
}

/// Imports a list of reports, an hour apart, and gives the last import.
async fn scans(app: &TestApp, reports: &[Vec<(u32, &str)>], fields: &[(&str, &str)]) -> Value {
    let first = app.first().await;
    let mut last = Value::Null;
    for report in reports {
        last = import(app, &first, &trivy(report), fields).await;
        app.pass(Duration::hours(1)).await;
    }
    last
}

#[tokio::test]
async fn two_full_scans_without_it_close_what_is_low() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let mut all = many(2000, 20, "LOW");
    let rest = many(2003, 17, "LOW");
    all.push((2900, "CRITICAL"));
    let once = scans(&app, &[all.clone(), rest.clone()], TO_WEB).await;
    assert_eq!(once["counts"]["vanished"], 4, "{once}");
    assert_eq!(risks(&first, "state=closed").await.len(), 0);
    let twice = scans(&app, &[rest], &[("asset", "web"), ("run", "twice")]).await;
    assert_eq!(twice["counts"]["vanished"], 4);
    let closed = risks(&first, "state=closed").await;
    assert_eq!(closed.len(), 3, "{closed:?}");
    assert!(closed.iter().all(|risk| risk["resolution"] == "vanished"));
    // A critical one is listed as gone and waits for a person.
    let critical = risks(&first, "cve=CVE-2026-2900").await[0].clone();
    assert_eq!(critical["state"], "new");
    let path = format!("/api/v1/risks/{}/transitions", critical["key"].as_str().unwrap());
    let close = json!({ "event": "auto_close", "resolution": "vanished" });
    let closed = first.api.post(&path, &close).await.expect(200).json();
    assert_eq!(closed["resolution"], "vanished");
    let seen = risks(&first, "cve=CVE-2026-2010").await[0]["key"].as_str().unwrap().to_owned();
    first.api.post(&format!("/api/v1/risks/{seen}/transitions"), &close).await.problem(422);
    app.pass(Duration::minutes(1)).await;

    let back = scans(&app, &[all], &[("asset", "web"), ("run", "back")]).await;
    assert_eq!(back["counts"]["reopened"], 4);
    assert_eq!(risks(&first, "state=closed").await.len(), 0);
    assert_eq!(risks(&first, "cve=CVE-2026-2000").await[0]["state"], "open");
}

#[tokio::test]
async fn a_partial_scan_says_nothing_about_absence() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let few = many(2000, 2, "LOW");
    scans(&app, &[many(2000, 20, "LOW")], TO_WEB).await;
    for run in ["a", "b", "c"] {
        let partial =
            scans(&app, std::slice::from_ref(&few), &[("asset", "web"), ("partial", "true"), ("run", run)])
                .await;
        assert_eq!(partial["counts"]["vanished"], 0);
    }
    let mut broken: Value = serde_json::from_str(&trivy(&few)).unwrap();
    broken["Results"][0]["Vulnerabilities"][0]["PkgName"] = json!({ "no": "text" });
    for run in ["d", "e", "f"] {
        let rejected = import(&app, &first, &broken.to_string(), &[("asset", "web"), ("run", run)]).await;
        assert_eq!(rejected["counts"]["rejected"], 1);
        assert_eq!(rejected["complete"], false);
        assert_eq!(rejected["counts"]["vanished"], 0);
        assert_eq!(rejected["rejected"][0]["path"], "Results[0].Vulnerabilities[0]");
    }
    assert_eq!(risks(&first, "state=closed").await.len(), 0);
}

/// A scan that ran before the newest one came in late closes nothing.
#[tokio::test]
async fn an_older_scan_closes_nothing() {
    let app = TestApp::spawn().await;
    app.pass(Duration::days(2)).await;
    scans(&app, &[many(2000, 20, "LOW")], TO_WEB).await;
    let older = ("scanned_at", "2020-01-01T00:00:00Z");
    for run in ["a", "b"] {
        let late = scans(&app, &[many(2000, 2, "LOW")], &[("asset", "web"), ("run", run), older]).await;
        assert_eq!(late["counts"]["vanished"], 0);
    }
}

#[tokio::test]
async fn closing_much_waits_for_a_yes() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    scans(&app, &[many(2000, 30, "LOW"), many(2000, 5, "LOW")], TO_WEB).await;
    let asks = scans(&app, &[many(2000, 5, "LOW")], &[("asset", "web"), ("run", "third")]).await;
    assert_eq!(asks["status"], "needs_approval", "{asks}");
    assert!(asks["problem"]["detail"].as_str().unwrap().contains("25 of 30"));
    assert_eq!(risks(&first, "state=closed").await.len(), 0);
    let path = format!("/api/v1/imports/{}/apply", asks["id"]);
    first.api.post(&path, &json!({})).await.expect(202);
    app.settle().await;
    assert_eq!(risks(&first, "state=closed").await.len(), 25);
    first.api.post(&path, &json!({})).await.problem(409);
}

/// A severity that rose is rated again; the clock says so.
#[tokio::test]
async fn a_changed_severity_rates_the_risk_again() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    scans(&app, &[vec![(3000, "LOW")]], TO_WEB).await;
    let before = risks(&first, "").await[0].clone();
    let changed = scans(&app, &[vec![(3000, "CRITICAL")]], TO_WEB).await;
    assert_eq!(changed["counts"]["updated"], 1);
    let after = risks(&first, "").await[0].clone();
    assert_ne!(before["level"], after["level"]);
}
