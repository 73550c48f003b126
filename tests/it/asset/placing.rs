//! Where the findings of a report land.

use abate::asset::matcher;
use abate::asset::matching::MatcherKind;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::intake::report::{import, risks, trivy};

/// Gives the asset a matcher.
async fn matches(app: &TestApp, asset_id: i64, kind: MatcherKind, pattern: &str) {
    app.state.database.write(async |tx| matcher::add(tx, asset_id, kind, pattern).await).await.unwrap();
}

async fn assets(who: &Person) -> Vec<Value> {
    who.api.get("/api/v1/assets?limit=200").await.expect(200).json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_target_that_a_pattern_covers_is_that_asset() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let orchard = app.asset("orchard", None).await;
    matches(&app, orchard.id, MatcherKind::Image, "registry.example.com/orchard/*").await;
    import(&app, &first, &trivy(&[(1, "HIGH")]), &[]).await;
    let found = risks(&first, "asset=orchard").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(assets(&first).await.len(), 1);
}

#[tokio::test]
async fn a_target_that_nothing_knows_waits_for_a_review() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    import(&app, &first, &trivy(&[(1, "HIGH")]), &[]).await;
    let all = assets(&first).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["review_state"], "unreviewed");
    assert_eq!(all[0]["key"], json!("registry.example.com-orchard-api"));
    // Named by its name or its key, it is the same one.
    for asset in ["registry.example.com/orchard/api", "registry.example.com-orchard-api"] {
        import(&app, &first, &trivy(&[(2, "LOW")]), &[("asset", asset), ("source", asset)]).await;
    }
    assert_eq!(assets(&first).await.len(), 1);
}
