//! How bad it could be before controls, beside the worst that is open.

use serde_json::{Value, json};

use crate::harness::app::TestApp;

#[tokio::test]
async fn a_judgement_has_its_level_from_the_grid_and_the_newest_counts() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    let path = "/api/v1/assets/shop/assessments";
    let blank = first.api.get("/api/v1/assets/shop").await.expect(200).json();
    assert_eq!((&blank["assessment"], &blank["worst_open_risk"]), (&Value::Null, &Value::Null));
    let made = json!({"likelihood": 3, "impact": 5, "rationale": "It holds the money.", "assessor": "Ana", "assessed_on": "2026-02-27"});
    let made = first.api.post(path, &made).await.expect(201).json();
    assert_eq!((&made["level"], &made["grid"]), (&json!("high"), &json!("standard@1")));
    let later = json!({"likelihood": 5, "impact": 5, "rationale": "It was attacked."});
    first.api.post(path, &later).await.expect(201);
    let list = first.api.get(path).await.expect(200).json();
    let levels: Vec<_> = list["items"].as_array().unwrap().iter().map(|row| row["level"].clone()).collect();
    assert_eq!(levels, ["critical", "high"]);

    let low = json!({"asset": "shop", "title": "Low", "likelihood": 1, "impact": 1});
    first.api.post("/api/v1/risks", &low).await.expect(201);
    let worst = app.risk("shop", "The worst").await;
    let shop = first.api.get("/api/v1/assets/shop").await.expect(200).json();
    assert_eq!(shop["assessment"]["assessor"], "first");
    assert_eq!(shop["assessment"]["assessed_on"], "2026-03-02");
    assert_eq!(shop["worst_open_risk"], json!({"key": worst, "title": "The worst", "level": "high"}));
}

#[tokio::test]
async fn what_is_wrong_with_a_judgement_is_named() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    let wrong = json!({"likelihood": 0, "impact": 6, "rationale": " ", "assessed_on": "2030-01-01"});
    let problem = first.api.post("/api/v1/assets/shop/assessments", &wrong).await.problem(422);
    let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    assert_eq!(fields, ["likelihood", "impact", "rationale", "assessed_on"]);
}
