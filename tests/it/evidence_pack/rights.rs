//! Who may have a pack, and what a team's pack has in it.

use abate::access::role::Role;
use abate_entity::audit_entry;
use chrono::Duration;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::json;

use super::bytes::SECRET;
use super::{ask, download};
use crate::harness::app::TestApp;
use crate::intake::report::{import, trivy};

#[tokio::test]
async fn a_team_gets_its_own_and_no_log() {
    let app = TestApp::spawn().await;
    let (pay, web) = (app.team("payments").await, app.team("web").await);
    app.asset("till", Some(pay)).await;
    app.asset("site", Some(web)).await;
    let till = app.risk("till", "Coins fall out").await;
    app.risk("site", "Anyone can write").await;
    let period = json!({"from": "2026-03-01", "to": "2026-03-31"});
    let viewer = app.person("vic@example.org", &[Role::Viewer]).await;
    viewer.api.post("/api/v1/evidence-packs", &period).await.problem(403);
    viewer.browser.get("/evidence-packs").await.expect(403);
    let manager = app.member("max@example.org", &[Role::RiskManager], Some(pay)).await;
    manager.api.post("/api/v1/evidence-packs", &period).await.problem(403);
    let other = json!({"from": "2026-03-01", "to": "2026-03-31", "team": "web"});
    manager.api.post("/api/v1/evidence-packs", &other).await.problem(403);
    let own = json!({"from": "2026-03-01", "to": "2026-03-31", "team": "payments"});
    let made = ask(&app, &manager, own).await;
    let pack = download(&manager, &made).await;
    let keys: Vec<_> = pack.rows("register").iter().map(|row| row["risk"].clone()).collect();
    assert_eq!(keys, [till.as_str()]);
    assert!(!pack.files.contains_key("log.jsonl") && pack.rows("configuration_changes").is_empty());
    assert_eq!(pack.json("manifest.json")["filters"]["team"], "payments");
    for (name, content) in &pack.files {
        assert!(!content.contains("Anyone can write"), "another team's risk in {name}");
    }
    // A pack of all teams is not for somebody of one.
    let first = app.first().await;
    let all = ask(&app, &first, period).await;
    manager.api.get(&format!("/api/v1/evidence-packs/{}", all["id"])).await.problem(404);
    manager.api.get(&format!("/api/v1/evidence-packs/{}/file", all["id"])).await.problem(404);
    assert_eq!(
        manager.api.get("/api/v1/evidence-packs").await.expect(200).json()["items"][0]["id"],
        made["id"]
    );
    let page = manager.browser.get("/evidence-packs").await.expect(200).text;
    assert!(page.contains("payments") && !page.contains("All, with the audit log"), "{page}");
    let entries =
        audit_entry::Entity::find().filter(audit_entry::Column::Action.starts_with("evidence_pack."));
    let entries =
        entries.order_by_asc(audit_entry::Column::Id).all(app.state.database.reader()).await.unwrap();
    let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
    let expected = [
        "evidence_pack.ask",
        "evidence_pack.make",
        "evidence_pack.download",
        "evidence_pack.ask",
        "evidence_pack.make",
    ];
    assert_eq!(actions, expected);
    assert_eq!(entries[1].data["sha256"], made["sha256"]);
}

#[tokio::test]
async fn a_confidential_risk_is_marked() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    import(&app, &first, SECRET, &[("asset", "shop")]).await;
    app.risk("shop", "A hole").await;
    let made = ask(&app, &first, json!({"from": "2026-03-01", "to": "2026-03-31"})).await;
    let rows = download(&first, &made).await.rows("register");
    let marked: Vec<_> = rows.iter().map(|row| row["confidential"].clone()).collect();
    assert_eq!(marked, [true, false]);
}

/// What could not be made is shown as such, with what to do.
#[tokio::test]
async fn a_pack_whose_job_was_given_up_has_failed() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let made = ask(&app, &first, json!({"from": "2026-03-01", "to": "2026-03-31"})).await;
    let path = format!("/api/v1/evidence-packs/{}", made["id"]);
    app.database
        .tamper(&format!(
            "UPDATE evidence_pack SET state = 'wanted', file_id = NULL, made_at = NULL; \
             INSERT INTO job (kind, subject, state, attempt, run_at, created_at, problem) VALUES ('evidence_pack', \
             'p-{}', 'parked', 16, '2026-03-02T09:00:00+00:00', '2026-03-02T09:00:00+00:00', 'the disk is full')",
            made["id"]
        ))
        .await;
    let failed = first.api.get(&path).await.expect(200).json();
    assert_eq!(failed["state"], "failed");
    assert!(failed["problem"].as_str().unwrap().contains("the disk is full"), "{failed}");
    first.api.get(&format!("{path}/file")).await.problem(409);
    let page = first.browser.get("/evidence-packs").await.expect(200).text;
    assert!(page.contains("is not tried any more") && !page.contains("Being made"), "{page}");
    // The list of the API says the same.
    let listed = first.api.get("/api/v1/evidence-packs").await.expect(200).json();
    assert_eq!(listed["items"][0], failed);
}

/// What was changed since is told as it was: who led, whose obligation it was, and whose asset.
#[tokio::test]
async fn a_pack_of_a_past_day_shows_roles_cadences_and_assets_as_they_were() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let pay = app.team("payments").await;
    app.team("web").await;
    app.asset("till", Some(pay)).await;
    app.asset("site", Some(pay)).await;
    app.person("ana@example.org", &[Role::Viewer]).await;
    import(&app, &first, &trivy(&[(1001, "LOW")]), &[("asset", "till")]).await;
    import(&app, &first, &trivy(&[(1002, "LOW")]), &[("asset", "site"), ("source", "other")]).await;
    let new = json!({"name": "Review", "kind": "patch_review", "rule": "FREQ=DAILY", "starts_on": "2026-03-02",
        "team": "payments"});
    let made = first.api.post("/api/v1/cadences", &new).await.expect(201).json();
    app.pass(Duration::days(40)).await;
    let first = app.first().await;
    first.api.patch("/api/v1/teams/payments", &json!({"lead": "ana@example.org"})).await.expect(200);
    first.api.patch("/api/v1/assets/till", &json!({"team": "web"})).await.expect(200);
    let table = Part::bytes("Name,Team\nsite,web\n".as_bytes()).file_name("register.csv");
    let form = Form::new().text("mode", "apply").part("file", table);
    let request = first.api.request(Method::POST, "/api/v1/assets/import").multipart(form);
    first.api.send(request).await.expect(200);
    let edit = json!({"name": "Look", "kind": "access_review", "team": "web"});
    first.api.patch(&format!("/api/v1/cadences/{}", made["id"]), &edit).await.expect(200);
    app.settle().await;
    assert_eq!(first.api.get("/api/v1/assets/site").await.expect(200).json()["team"], "web");
    let march = json!({"from": "2026-03-01", "to": "2026-03-31", "team": "payments"});
    let pack = download(&first, &ask(&app, &first, march).await).await;
    let users = pack.rows("users");
    let led = users.iter().any(|row| row["roles"].to_string().contains("team_lead in payments"));
    assert!(!led, "{users:?}");
    let imported: Vec<_> = pack.rows("imports").iter().map(|row| row["asset"].clone()).collect();
    assert_eq!(imported, ["till", "site"]);
    let runs = pack.rows("cadence_runs");
    assert!(!runs.is_empty());
    for run in runs {
        let told = [&run["cadence"], &run["kind"], &run["team"]];
        assert_eq!(told, [&json!("Review"), &json!("patch_review"), &json!("payments")]);
    }
}
