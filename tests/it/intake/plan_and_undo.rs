//! A plan shows, an undo takes back.

use abate::acceptance::expire::expire;
use abate::access::role::Role;
use abate_entity::{notice, risk};
use chrono::Duration;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;

use super::report::{import, many, risks, trivy};
use crate::harness::app::TestApp;

#[tokio::test]
async fn a_plan_changes_nothing_until_it_is_applied() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let planned =
        import(&app, &first, &trivy(&many(5000, 3, "HIGH")), &[("asset", "web"), ("mode", "plan")]).await;
    assert_eq!(planned["status"], "planned");
    assert_eq!(planned["counts"]["created"], 3);
    assert_eq!(risks(&first, "").await.len(), 0);
    let id = &planned["id"];
    let changes = first.api.get(&format!("/api/v1/imports/{id}/plan?limit=2")).await.expect(200).json();
    assert_eq!(changes["items"].as_array().unwrap().len(), 2);
    assert_eq!(changes["items"][0]["action"], "create");
    let next = changes["next_cursor"].as_str().unwrap();
    let rest =
        first.api.get(&format!("/api/v1/imports/{id}/plan?limit=2&cursor={next}")).await.expect(200).json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    first.api.post(&format!("/api/v1/imports/{id}/apply"), &json!({})).await.expect(202);
    app.settle().await;
    assert_eq!(risks(&first, "").await.len(), 3);
}

/// A plan that waited while another import of the scope was applied makes nothing twice.
#[tokio::test]
async fn an_overtaken_plan_is_decided_again() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let report = trivy(&many(5000, 4, "HIGH"));
    let planned = import(&app, &first, &report, &[("asset", "web"), ("mode", "plan")]).await;
    import(&app, &first, &trivy(&many(5000, 3, "HIGH")), &[("asset", "web")]).await;
    first.api.post(&format!("/api/v1/imports/{}/apply", planned["id"]), &json!({})).await.expect(202);
    app.settle().await;
    assert_eq!(risks(&first, "").await.len(), 4);
}

#[tokio::test]
async fn undo_takes_back_what_the_import_did_and_gives_no_key_again() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let base = import(&app, &first, &trivy(&many(5000, 20, "LOW")), &[("asset", "web")]).await;
    app.pass(Duration::hours(1)).await;
    let mut later = many(5003, 17, "LOW");
    later.push((5900, "HIGH"));
    let undone = import(&app, &first, &trivy(&later), &[("asset", "web")]).await;
    assert_eq!(undone["counts"]["created"], 1);
    let key = risks(&first, "cve=CVE-2026-5900").await[0]["key"].clone();
    first.api.post(&format!("/api/v1/imports/{}/undo", base["id"]), &json!({})).await.problem(409);
    let answer = first
        .api
        .post(&format!("/api/v1/imports/{}/undo", undone["id"]), &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(answer["status"], "undone");
    let withdrawn =
        first.api.get(&format!("/api/v1/risks/{}", key.as_str().unwrap())).await.expect(200).json();
    assert_eq!(withdrawn["resolution"], "withdrawn");

    // What it missed is not missing, so two more scans are needed; and its risk comes back under its own key.
    app.pass(Duration::hours(1)).await;
    let once = import(&app, &first, &trivy(&later), &[("asset", "web"), ("run", "again")]).await;
    assert_eq!(once["counts"]["created"], 0, "{once}");
    let back = risks(&first, "cve=CVE-2026-5900").await;
    assert_eq!((&back[0]["key"], &back[0]["state"]), (&key, &json!("new")));
    assert_eq!(risks(&first, "cve=CVE-2026-5000").await[0]["state"], "new");
}

/// Risks that the undone import closed are open again.
#[tokio::test]
async fn undo_reopens_what_the_import_closed() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let rest = trivy(&many(5003, 17, "LOW"));
    import(&app, &first, &trivy(&many(5000, 20, "LOW")), &[("asset", "web")]).await;
    let mut last = json!(null);
    for run in ["a", "b"] {
        app.pass(Duration::hours(1)).await;
        last = import(&app, &first, &rest, &[("asset", "web"), ("run", run)]).await;
    }
    assert_eq!(risks(&first, "state=closed").await.len(), 3);
    app.pass(Duration::minutes(1)).await;
    first.api.post(&format!("/api/v1/imports/{}/undo", last["id"]), &json!({})).await.expect(200);
    assert_eq!(risks(&first, "state=closed").await.len(), 0);
}

/// A regression: a blocked risk that an undo withdrew kept its day of review, and risk managers were to confirm it.
#[tokio::test]
async fn what_an_undo_withdraws_is_never_reviewed() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.person("manager@example.org", &[Role::Viewer, Role::RiskManager]).await;
    let made = import(&app, &first, &trivy(&[(5000, "HIGH")]), &[("asset", "web")]).await;
    let key = risks(&first, "").await[0]["key"].as_str().unwrap().to_owned();
    for form in [
        json!({"event": "start_triage"}),
        json!({"event": "confirm", "owner": "first@example.org", "reason": "seen it"}),
        json!({"event": "start", "plan": "wait for the patch"}),
        json!({"event": "block", "blocker_kind": "vendor", "review_on": "2026-03-12", "reason": "no patch"}),
    ] {
        first.api.post(&format!("/api/v1/risks/{key}/transitions"), &form).await.expect(200);
    }
    first.api.post(&format!("/api/v1/imports/{}/undo", made["id"]), &json!({})).await.expect(200);
    let withdrawn = async || risk::Entity::find().one(app.state.database.reader()).await.unwrap().unwrap();
    let before = withdrawn().await;
    assert_eq!((before.resolution.map(|word| word.as_str()), before.review_on), (Some("withdrawn"), None));
    app.pass(Duration::days(9)).await;
    app.pass(Duration::days(5)).await;
    expire(&app.state).await.unwrap();
    let asked = notice::Entity::find().filter(notice::Column::Kind.eq("transfer"));
    assert_eq!(asked.one(app.state.database.reader()).await.unwrap(), None);
    assert_eq!(withdrawn().await.state, before.state);
}
