//! The ticket of a risk whose import is undone is closed, with a word about why.

use serde_json::json;

use super::world::World;
use crate::intake::report::{import, risks, trivy};

#[actix_web::test]
async fn undoing_an_import_closes_its_tickets_with_a_comment() {
    let world = World::start().await;
    let (app, first) = (&world.app, &world.first);
    let report = trivy(&[(1, "CRITICAL"), (2, "LOW")]);
    let done = import(app, first, &report, &[("asset", "shop")]).await;
    let key = risks(first, "cve=CVE-2026-1").await[0]["key"].as_str().unwrap().to_owned();
    world.step(first, &key, json!({"event": "start_triage"})).await;
    let confirm = json!({"event": "confirm", "owner": world.owner.email, "reason": "Seen in a test"});
    world.step(first, &key, confirm).await;
    app.settle().await;
    let ticket = world.ticket(&key).await;
    assert_eq!(ticket["state"], "linked", "{ticket}");
    let issue_key = ticket["key"].as_str().unwrap().to_owned();
    let undo = format!("/api/v1/imports/{}/undo", done["id"]);
    first.api.post(&undo, &json!({})).await.expect(200);
    app.settle().await;
    app.pass(chrono::Duration::minutes(2)).await;
    let (risk, ticket) = (world.risk(&key).await, world.ticket(&key).await);
    assert_eq!((&risk["state"], &risk["resolution"]), (&json!("closed"), &json!("withdrawn")));
    assert_eq!(ticket["status_category"], "done", "{ticket}");
    let comments = world.comments(&issue_key).await;
    assert_eq!(comments.len(), 1, "{comments:?}");
    assert!(comments[0].contains("withdrawn"), "{comments:?}");
}
