//! Recording and changing a risk.

use reqwest::Method;
use serde_json::json;

use crate::harness::app::TestApp;

#[tokio::test]
async fn a_recorded_risk_is_found_again() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "Anyone can read the orders").await;
    let first = app.first().await;
    let risk = first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json();
    assert_eq!(risk["title"], "Anyone can read the orders");
    assert_eq!(risk["state"], "new");
    let listed = first.api.get("/api/v1/risks?asset=shop").await.expect(200).json();
    assert_eq!(listed["items"][0]["key"], key.as_str());
}

/// An edit of a version that is no longer the newest is refused, and says so.
#[tokio::test]
async fn a_stale_edit_is_refused() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let path = format!("/api/v1/risks/{}", app.risk("shop", "Old title").await);
    let first = app.first().await;
    let seen = first.api.get(&path).await.expect(200).json()["version"].clone();
    let edit = async |version: &str, title: &str| {
        let request = first.api.request(Method::PATCH, &path).header("If-Match", format!("\"{version}\""));
        first.api.send(request.json(&json!({"title": title}))).await
    };
    edit(&seen.to_string(), "New title").await.expect(200);
    edit(&seen.to_string(), "Another title").await.problem(412);
    edit("nonsense", "Another title").await.problem(422);
    let risk = first.api.get(&path).await.expect(200).json();
    assert_eq!(risk["title"], "New title");
    assert_ne!(risk["version"], seen);
}
