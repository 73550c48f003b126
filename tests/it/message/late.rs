//! The posts about what has become late.

use chrono::Duration;
use serde_json::json;

use crate::slack::workspace::{CHANNEL, Workspace};

#[actix_web::test]
async fn each_risk_is_told_once_and_many_are_told_together() {
    let workspace = Workspace::start().await;
    workspace.ana().await;
    workspace.open_risk("Open redirect", "ana@example.org", (5, 5)).await;
    workspace.app.pass(Duration::days(14)).await;
    assert_eq!(workspace.messages(CHANNEL).await, Vec::<String>::new());
    workspace.app.pass(Duration::days(2)).await;
    assert_eq!(workspace.messages(CHANNEL).await, ["R-1 is late. Owner: ana."]);

    workspace.open_risk("SQL injection", "ana@example.org", (5, 5)).await;
    workspace.open_risk("Command injection", "ana@example.org", (5, 5)).await;
    workspace.app.pass(Duration::days(1)).await;
    assert_eq!(workspace.messages(CHANNEL).await.len(), 1, "the first was told again");
    workspace.app.pass(Duration::days(20)).await;
    assert_eq!(workspace.messages(CHANNEL).await, ["2 risks are late.", "R-1 is late. Owner: ana."]);
    workspace.app.pass(Duration::days(1)).await;
    assert_eq!(workspace.messages(CHANNEL).await.len(), 2);
}

/// A regression: the grace of a new version did nothing for risks whose dates it did not move.
#[actix_web::test]
async fn a_new_grace_holds_for_the_risks_that_are_there() {
    let workspace = Workspace::start().await;
    workspace.ana().await;
    workspace.open_risk("Open redirect", "ana@example.org", (5, 5)).await;
    let api = workspace.app.first().await.api;
    let list = api.get("/api/v1/sla-policies").await.expect(200).json();
    let standard = list["items"].as_array().unwrap().iter().find(|item| item["name"] == "standard").unwrap();
    let mut data = standard["data"].clone();
    data["grace_hours"] = json!(72);
    let form = json!({"name": "standard", "data": data});
    let preview = api.post("/api/v1/sla-policies/preview", &form).await.expect(200).json();
    assert_eq!(preview["changed"], 0);
    let form = json!({"data": data, "digest": preview["digest"], "reason": "give them a weekend"});
    api.post("/api/v1/sla-policies/standard/publish", &form).await.expect(200);
    workspace.app.settle().await;
    workspace.app.pass(Duration::days(17)).await;
    assert_eq!(workspace.messages(CHANNEL).await, Vec::<String>::new());
    workspace.app.pass(Duration::days(2)).await;
    assert_eq!(workspace.messages(CHANNEL).await, ["R-1 is late. Owner: ana."]);
}
