//! Days that cannot be used name their field, and a page makes what the API makes.

use chrono::Duration;
use serde_json::json;

use super::ask;
use crate::harness::app::TestApp;
use crate::harness::process;

#[tokio::test]
async fn days_that_cannot_be_used_name_their_field() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    app.risk("shop", "A hole").await;
    let refused = async |form| {
        let problem = first.api.post("/api/v1/evidence-packs", &form).await.problem(422);
        problem["errors"][0]["field"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(refused(json!({"from": "2026-03-05", "to": "2026-03-01"})).await, "to");
    assert_eq!(
        refused(json!({"from": "2026-03-01", "to": "2026-03-05", "as_of": "2026-02-01"})).await,
        "as_of"
    );
    assert_eq!(refused(json!({"from": "2027-03-01", "to": "2027-03-05"})).await, "from");
    assert_eq!(refused(json!({"from": "2026-03-01", "to": "2026-03-05", "team": "nobody"})).await, "team");
    first.api.get("/api/v1/evidence-packs/7/file").await.problem(404);
    let wrong = ["evidence", "--from", "2026-03-05", "--to", "2026-03-01"];
    let outcome = process::run(&app.database, &wrong).await;
    assert_eq!(outcome.code, Some(1));
    // Nothing was recorded since, which only the making finds out.
    app.time.advance(Duration::days(3));
    let failed = ask(&app, &first, json!({"from": "2026-03-05", "to": "2026-03-05"})).await;
    assert_eq!(
        (&failed["state"], failed["problem"].as_str().unwrap().contains("earlier")),
        (&json!("failed"), true)
    );
    first.api.get(&format!("/api/v1/evidence-packs/{}/file", failed["id"])).await.problem(409);
}

#[tokio::test]
async fn the_page_makes_one_and_offers_it() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    app.risk("shop", "A hole").await;
    let page = first.browser.get("/evidence-packs").await.expect(200).text;
    assert!(page.contains("No pack was made yet"), "{page}");
    let wrong = [("from", "2026-03-05"), ("to", "2026-03-01")];
    let page = first.browser.submit("/evidence-packs", &wrong).await.expect(422).text;
    assert!(page.contains("The last day lies before the first."), "{page}");
    let right = [("from", "2026-03-01"), ("to", "2026-03-31"), ("with_files", "true")];
    first.browser.submit("/evidence-packs", &right).await.expect(303);
    app.settle().await;
    let page = first.browser.get("/evidence-packs").await.expect(200).text;
    assert!(page.contains("/api/v1/evidence-packs/1/file") && page.contains("with files"), "{page}");
}
