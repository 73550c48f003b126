//! `/api/v1/gate-rules`

use abate_entity::audit_entry;
use chrono::Duration;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::json;

use super::ask::{checks, clean};
use crate::harness::app::TestApp;
use reqwest::Method;

#[tokio::test]
async fn a_rule_is_changed_for_one_tier_and_leaves_a_trace() {
    let app = TestApp::spawn().await;
    let first = clean(&app).await;
    let all = first.api.get("/api/v1/gate-rules").await.expect(200).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 4 * 5);
    app.pass(Duration::days(8)).await;
    assert_eq!(checks(&first, "asset=web").await, ["full_scan"]);
    let put = async |items: serde_json::Value| {
        let request = first.api.request(Method::PUT, "/api/v1/gate-rules").json(&json!({ "items": items }));
        first.api.send(request).await
    };
    put(json!([{"tier": "mission", "check": "full_scan", "active": false}])).await.expect(200);
    assert_eq!(checks(&first, "asset=web").await, ["full_scan"], "it is of another tier");
    let changed =
        put(json!([{"tier": "important", "check": "full_scan", "threshold": 14}])).await.expect(200).json();
    let rule = changed["items"].as_array().unwrap().iter().find(|rule| rule["threshold"] == "14").unwrap();
    assert_eq!(rule["version"], 2);
    assert!(checks(&first, "asset=web").await.is_empty());
    let entries = audit_entry::Entity::find().filter(audit_entry::Column::Action.eq("gate_rule.change"));
    assert_eq!(entries.count(app.state.database.reader()).await.unwrap(), 2);
    for (wrong, field) in [
        (json!([{"tier": "gold", "check": "late"}]), "tier"),
        (json!([{"tier": "mission", "check": "weather"}]), "check"),
        (json!([{"tier": "mission", "check": "data", "active": false}]), "check"),
        (json!([{"tier": "mission", "check": "late", "threshold": 7}]), "threshold"),
        (json!([{"tier": "mission", "check": "full_scan", "threshold": 0}]), "threshold"),
    ] {
        let problem = put(wrong.clone()).await.expect(422).json();
        assert_eq!(problem["errors"][0]["field"], field, "{wrong}");
    }
}
