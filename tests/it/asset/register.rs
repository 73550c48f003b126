//! The register by the API: add, find, change, retire.

use abate::access::role::Role;
use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::harness::http::Answer;
use crate::intake::report::{import, trivy};

async fn keys(who: &Person, query: &str) -> Vec<String> {
    let page = who.api.get(&format!("/api/v1/assets?{query}")).await.expect(200).json();
    page["items"].as_array().unwrap().iter().map(|asset| asset["key"].as_str().unwrap().to_owned()).collect()
}

async fn put(who: &Person, path: &str, body: &Value) -> Answer {
    who.api.send(who.api.request(Method::PUT, path).json(body)).await
}

#[tokio::test]
async fn an_asset_is_added_with_all_that_the_register_says() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let form = json!({
        "name": "Harvest ledger", "description": "Who delivered how much.", "kind": "data_store", "tier": "business",
        "data_classes": ["pci", "pii"], "internet_facing": true, "environment": "production",
        "confidentiality": 5, "integrity": 4, "availability": 3, "owner": "first@example.org",
        "responsible_party": "shared", "tags": ["fruit"], "lifetime_days": 30,
        "matchers": [{"kind": "repo", "pattern": "https://git.example.com/orchard/ledger.git"}],
    });
    let made = first.api.post("/api/v1/assets", &form).await.expect(201).json();
    assert_eq!(made["key"], "harvest-ledger");
    assert_eq!(made["version"], 1);
    let shown = first.api.get("/api/v1/assets/harvest-ledger").await.expect(200).json();
    for field in [
        "name",
        "description",
        "kind",
        "tier",
        "data_classes",
        "internet_facing",
        "environment",
        "owner",
        "tags",
    ] {
        assert_eq!(shown[field], form[field], "{field}");
    }
    assert_eq!(
        shown["matchers"],
        json!([{"kind": "repository", "pattern": "git.example.com/orchard/ledger"}])
    );
    assert_eq!(shown["sla_profiles"], json!({"pci": "pci_dss_4_0_1", "pii": "standard"}));
    assert_eq!(shown["review_state"], "reviewed");
    first.api.post("/api/v1/assets", &form).await.problem(409);

    let wrong = json!({"name": "", "environment": "moon", "confidentiality": 9, "key": "ok"});
    let problem = first.api.post("/api/v1/assets", &wrong).await.problem(422);
    let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    assert_eq!(fields, ["name", "environment", "confidentiality"]);
    first.api.post("/api/v1/assets", &json!({"name": "New", "key": "new"})).await.problem(422);
}

#[tokio::test]
async fn the_register_is_filtered_and_paged() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let press = app.team("press").await;
    app.asset("shop", None).await;
    first.api.post("/api/v1/assets", &json!({"key": "press", "name": "Press 100%"})).await.expect(201);
    app.asset("mill", Some(press)).await;
    let form =
        json!({"key": "bucket", "name": "Bucket", "kind": "data_store", "tier": "mission", "tags": ["cold"]});
    first.api.post("/api/v1/assets", &form).await.expect(201);
    assert_eq!(keys(&first, "kind=data_store").await, ["bucket"]);
    assert_eq!(keys(&first, "tier=mission,business").await, ["bucket"]);
    assert_eq!(keys(&first, "team=press").await, ["mill"]);
    assert_eq!(keys(&first, "q=COLD").await, ["bucket"]);
    assert_eq!(keys(&first, "q=100%25").await, ["press"]);
    assert_eq!(keys(&first, "q=%25").await, ["press"]);
    assert_eq!(keys(&first, "review_state=unreviewed").await, Vec::<String>::new());
    let page = first.api.get("/api/v1/assets?limit=2").await.expect(200).json();
    let next = page["next_cursor"].as_str().unwrap();
    assert_eq!(keys(&first, &format!("limit=2&cursor={next}")).await, ["mill", "bucket"]);
    for wrong in ["tier=gold", "team=none", "review_state=perhaps"] {
        first.api.get(&format!("/api/v1/assets?{wrong}")).await.problem(422);
    }
    let miller = app.member("miller@example.org", &[Role::RiskManager], Some(press)).await;
    assert_eq!(keys(&miller, "").await, ["mill"]);
    miller.api.get("/api/v1/assets/shop").await.problem(404);
    miller.api.patch("/api/v1/assets/shop", &json!({"tier": "other"})).await.problem(404);
    miller.api.patch("/api/v1/assets/mill", &json!({"team": "security"})).await.problem(403);
    miller.api.patch("/api/v1/assets/mill", &json!({"tier": "mission"})).await.expect(200);
}

#[tokio::test]
async fn an_edit_names_the_version_that_it_saw() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    let edit = json!({"tier": "mission", "owner": "first@example.org", "lifetime_days": 5});
    let changed = first.api.patch("/api/v1/assets/shop", &edit).await.expect(200).json();
    assert_eq!((&changed["tier"], &changed["version"]), (&json!("mission"), &json!(2)));
    // The same again writes nothing.
    assert_eq!(first.api.patch("/api/v1/assets/shop", &edit).await.expect(200).json()["version"], 2);
    first.api.patch("/api/v1/assets/shop", &json!({"version": 1, "name": "Late"})).await.problem(412);
    let stale = first.api.request(Method::PATCH, "/api/v1/assets/shop").header("If-Match", "\"1\"");
    first.api.send(stale.json(&json!({"name": "Late"}))).await.problem(412);
    let removed =
        first.api.patch("/api/v1/assets/shop", &json!({"version": 2, "owner": null})).await.expect(200);
    assert_eq!(removed.json()["owner"], Value::Null);
    assert_eq!(removed.json()["lifetime_days"], 5);
}

#[tokio::test]
async fn a_matcher_leads_to_one_asset() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    app.asset("mill", None).await;
    let own = json!({"matchers": [{"kind": "host", "pattern": "*.Example.com"}, {"kind": "arn", "pattern": "111122223333"}]});
    let kept = put(&first, "/api/v1/assets/shop/matchers", &own).await.expect(200).json();
    assert_eq!(kept["matchers"].as_array().unwrap().len(), 2);
    assert_eq!(first.api.get("/api/v1/assets/shop/matchers").await.expect(200).json(), kept);
    let taken = put(&first, "/api/v1/assets/mill/matchers", &own).await.problem(409);
    assert!(taken["detail"].as_str().unwrap().contains("shop"), "{taken}");
    let wide = json!({"matchers": [{"kind": "host", "pattern": "*"}, {"kind": "tree", "pattern": "apple"}]});
    let problem = put(&first, "/api/v1/assets/mill/matchers", &wide).await.problem(422);
    assert_eq!(problem["errors"][1]["field"], "matchers[1]");
    assert_eq!(
        put(&first, "/api/v1/assets/shop/matchers", &json!({"matchers": []})).await.expect(200).json()["matchers"],
        json!([])
    );
}

#[tokio::test]
async fn what_goes_out_of_service_takes_its_open_risks_to_verification() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let verifier = app.person("verifier@example.org", &[Role::Verifier]).await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "Session stays valid").await;
    let path = format!("/api/v1/risks/{key}/transitions");
    first.api.post(&path, &json!({"event": "start_triage"})).await.expect(200);
    let confirm = json!({"event": "confirm", "likelihood": 2, "impact": 2, "owner": "first@example.org", "reason": "Seen"});
    first.api.post(&path, &confirm).await.expect(200);
    first.api.post("/api/v1/assets/shop/retire", &json!({"reason": " "})).await.problem(422);
    let retired = first
        .api
        .post("/api/v1/assets/shop/retire", &json!({"reason": "Shut down"}))
        .await
        .expect(200)
        .json();
    assert!(retired["retired_at"].is_string());
    app.settle().await;
    let risk = first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json();
    assert_eq!(risk["state"], "verification", "{risk}");
    // Whoever retired it has claimed the fix, so somebody else has to verify.
    let avoided = json!({"event": "verify_pass", "reason": "Gone", "evidence": ["https://example.com/1"]});
    first.api.post(&path, &avoided).await.problem(403);
    let closed = verifier.api.post(&path, &avoided).await.expect(200).json();
    assert_eq!(closed["resolution"], "avoided", "the claim says so: {closed}");
    assert_eq!(keys(&first, "").await, Vec::<String>::new());
    assert_eq!(keys(&first, "retired=true").await, ["shop"]);
    first.api.post("/api/v1/assets/shop/retire", &json!({"reason": "Again"})).await.problem(409);
}

#[tokio::test]
async fn what_is_not_seen_for_its_lifetime_is_gone_until_it_is_seen_again() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("preview", None).await;
    let edit = json!({"lifetime_days": 3});
    let asset = first.api.patch("/api/v1/assets/preview", &edit).await.expect(200).json();
    assert!(asset["expires_at"].is_string());
    let to_preview = [("asset", "preview")];
    app.pass(Duration::days(2)).await;
    import(&app, &first, &trivy(&[(1, "HIGH")]), &to_preview).await;
    app.pass(Duration::days(2)).await;
    assert_eq!(keys(&first, "").await, ["preview"]);
    app.pass(Duration::days(2)).await;
    assert_eq!(keys(&first, "").await, Vec::<String>::new());
    import(&app, &first, &trivy(&[(1, "HIGH"), (2, "LOW")]), &to_preview).await;
    assert_eq!(keys(&first, "review_state=unreviewed").await, ["preview"]);
}

#[tokio::test]
async fn the_table_of_data_classes_has_versions() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let path = "/api/v1/data-classes";
    let table = first.api.get(path).await.expect(200).json();
    assert_eq!((&table["version"], &table["profiles"]["pci"]), (&json!(0), &json!("pci_dss_4_0_1")));
    let mut next = json!({"version": 0, "profiles": table["profiles"]});
    assert_eq!(put(&first, path, &next).await.expect(200).json()["version"], 0);
    next["profiles"]["gold"] = json!("standard");
    assert_eq!(put(&first, path, &next).await.expect(200).json()["version"], 1);
    put(&first, path, &next).await.problem(412);
    next = json!({"profiles": {"Two words": "standard"}});
    assert_eq!(put(&first, path, &next).await.problem(422)["errors"][0]["field"], "profiles.Two words");
    let press = app.team("press").await;
    let miller = app.member("miller@example.org", &[Role::RiskManager], Some(press)).await;
    put(&miller, path, &json!({"profiles": {}})).await.problem(403);
}
