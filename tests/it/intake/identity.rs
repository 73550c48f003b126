//! One problem is one risk, whoever reports it.

use chrono::Duration;
use serde_json::json;

use super::report::{import, many, risks, trivy};
use crate::harness::app::TestApp;

#[tokio::test]
async fn two_sources_support_one_risk_and_both_have_to_lose_it() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let report = trivy(&many(4000, 3, "LOW"));
    let none = trivy(&many(4001, 2, "LOW"));
    import(&app, &first, &report, &[("asset", "web"), ("source", "one")]).await;
    let second = import(&app, &first, &report, &[("asset", "web"), ("source", "two")]).await;
    assert_eq!(second["counts"]["created"], 0, "{second}");
    assert_eq!(risks(&first, "").await.len(), 3);
    for run in ["a", "b", "c"] {
        app.pass(Duration::hours(1)).await;
        import(&app, &first, &none, &[("asset", "web"), ("source", "one"), ("run", run)]).await;
    }
    assert_eq!(risks(&first, "cve=CVE-2026-4000").await[0]["state"], "new");
    for run in ["d", "e"] {
        app.pass(Duration::hours(1)).await;
        import(&app, &first, &none, &[("asset", "web"), ("source", "two"), ("run", run)]).await;
    }
    assert_eq!(risks(&first, "cve=CVE-2026-4000").await[0]["state"], "closed");
}

#[tokio::test]
async fn the_same_problem_on_another_asset_is_another_risk() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let report = trivy(&many(4000, 2, "LOW"));
    import(&app, &first, &report, &[("asset", "web")]).await;
    let other = import(&app, &first, &report, &[("asset", "shop")]).await;
    assert_eq!(other["counts"]["created"], 2, "{other}");
    assert_eq!(other["scope"], "shop: registry.example.com/orchard/api");
}

/// What the tool's users put aside is kept with its finding, and nobody has to decide about it again.
#[tokio::test]
async fn suppressed_results_make_no_risk_until_they_are_not_suppressed_any_more() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let log = |suppressions: serde_json::Value| {
        json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "OrchardScan" } }, "results": [{
            "ruleId": "or/sql", "message": { "text": "Query built from input" }, "level": "error", "suppressions": suppressions,
            "locations": [{ "physicalLocation": { "artifactLocation": { "uri": "a.py" }, "region": { "startLine": 1 } } }],
        }]}]})
        .to_string()
    };
    import(&app, &first, &log(json!([{ "kind": "inSource" }])), &[("asset", "repo")]).await;
    assert_eq!(risks(&first, "").await.len(), 0);
    let open = import(&app, &first, &log(json!([])), &[("asset", "repo")]).await;
    assert_eq!(open["counts"]["created"], 1, "{open}");
    assert_eq!(risks(&first, "").await.len(), 1);
    let again = import(&app, &first, &log(json!([])), &[("asset", "repo"), ("run", "x")]).await;
    assert_eq!(again["counts"]["unchanged"], 1);
}
