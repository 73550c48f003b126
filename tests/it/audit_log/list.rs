//! `GET /api/v1/audit-log` and the page.

use abate::access::role::Role;
use chrono::Duration;
use serde_json::Value;

use super::sealed;
use crate::harness::app::TestApp;

fn actions(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_log_is_filtered_and_paged_and_says_where_each_entry_is_sealed() {
    let app = TestApp::spawn().await;
    let (ana, ada) = (app.person("ana@example.org", &[Role::Auditor]).await, app.first().await);
    app.asset("web", None).await;
    let key = app.risk("web", "Open port").await;
    app.time.advance(Duration::days(1));
    let step = serde_json::json!({"event": "start_triage"});
    ada.api.post(&format!("/api/v1/risks/{key}/transitions"), &step).await.expect(200);
    let team = serde_json::json!({"key": "core", "name": "Core"});
    ada.api.post("/api/v1/teams", &team).await.expect(201);
    sealed(&app).await;
    let list =
        async |query: &str| ana.api.get(&format!("/api/v1/audit-log?{query}")).await.expect(200).json();

    let all = list("").await;
    assert_eq!(actions(&all), ["team.create", "risk.start_triage", "risk.created"]);
    let newest = &all["items"][0];
    assert_eq!(
        (newest["seq"].as_i64(), newest["actor"]["email"].as_str()),
        (Some(3), Some("first@example.org"))
    );
    assert_eq!(newest["hash"].as_str().map(str::len), Some(64));
    assert_eq!(actions(&list(&format!("subject={key}")).await), ["risk.start_triage", "risk.created"]);
    assert_eq!(actions(&list("action=risk").await), ["risk.start_triage", "risk.created"]);
    assert_eq!(actions(&list("action=risk.created").await), ["risk.created"]);
    assert!(actions(&list("action=ris").await).is_empty(), "whole words only");
    assert!(actions(&list("actor=ana@example.org").await).is_empty());
    assert_eq!(actions(&list("actor=First@example.org&via=api").await).len(), 3);
    assert!(actions(&list("actor=system").await).is_empty());
    assert_eq!(actions(&list("to=2026-03-02").await), ["risk.created"]);
    assert_eq!(actions(&list("from=2026-03-03&to=2026-03-03").await), ["team.create", "risk.start_triage"]);

    let page = list("limit=2").await;
    let cursor = page["next_cursor"].as_str().expect("another page");
    assert_eq!(actions(&list(&format!("limit=2&cursor={cursor}")).await), ["risk.created"]);
    for (wrong, field) in [
        ("actor=nobody@example.org", "actor"),
        ("via=telepathy", "via"),
        ("from=2026-03-03&to=2026-03-02", "to"),
    ] {
        let problem = ana.api.get(&format!("/api/v1/audit-log?{wrong}")).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{wrong}");
    }
    // The sessions of yesterday have ended.
    let html = app.first().await.browser.get("/audit-log?action=risk").await.expect(200).text;
    assert!(html.contains("risk.start_triage") && html.contains(&format!("/risks/{key}")), "{html}");
    assert!(html.contains("Sealed up to number 3") && !html.contains("team.create"), "{html}");
}

#[tokio::test]
async fn it_is_read_by_those_who_audit_all_teams() {
    let app = TestApp::spawn().await;
    let core = app.team("core").await;
    let auditor = app.member("ana@example.org", &[Role::Auditor], Some(core)).await;
    for path in ["/api/v1/audit-log", "/api/v1/audit-log/export", "/audit-log"] {
        let answer = if path.starts_with("/api") { auditor.api.get(path) } else { auditor.browser.get(path) };
        assert_eq!(answer.await.status, 403, "{path}");
    }
}
