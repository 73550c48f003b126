//! Who may have a pack, and what a team's pack has in it.

use abate::access::role::Role;
use abate_entity::audit_entry;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;

use super::bytes::SECRET;
use super::{ask, download};
use crate::harness::app::TestApp;
use crate::intake::report::import;

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
    let entries = entries.all(app.state.database.reader()).await.unwrap();
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
