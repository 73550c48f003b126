//! Techniques are kept under the id that they have now, whatever version somebody writes.

use serde_json::{Value, json};

use crate::harness::app::TestApp;
use crate::intake::report::{import, risks};

fn ids(risk: &Value) -> Vec<&str> {
    risk["techniques"].as_array().unwrap().iter().map(|found| found["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn former_ids_lead_to_todays_and_are_found_by_both() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    let form =
        json!({"asset": "shop", "title": "Trail switched off", "techniques": ["t1562.008", "T1685.002"]});
    let made = first.api.post("/api/v1/risks", &form).await.expect(201).json();
    assert_eq!(ids(&made), ["T1685.002"]);
    assert_eq!(made["techniques"][0]["tactics"], json!(["Defense Impairment"]));
    let name = made["techniques"][0]["name"].as_str().unwrap().to_owned();
    assert!(!name.is_empty());
    for asked in ["T1562.008", "t1685.002"] {
        assert_eq!(risks(&first, &format!("technique={asked}")).await.len(), 1, "{asked}");
    }
    assert_eq!(risks(&first, "technique=T1110").await.len(), 0);
    let key = made["key"].as_str().unwrap();
    let page = first.browser.get(&format!("/risks/{key}")).await.expect(200).text;
    assert!(page.contains("T1685.002") && page.contains("Defense Impairment"), "{page}");

    let path = format!("/api/v1/risks/{key}");
    let edited = first.api.patch(&path, &json!({"techniques": ["T1110", "T1562"]})).await.expect(200).json();
    assert_eq!(ids(&edited), ["T1110", "T1685"]);
    let version = edited["version"].clone();
    let again = first.api.patch(&path, &json!({"techniques": ["T1685", "T1110"]})).await.expect(200).json();
    assert_eq!(again["version"], version, "the same again writes nothing");
    assert_eq!(risks(&first, "technique=T1562.008").await.len(), 0);
}

#[tokio::test]
async fn an_id_that_no_version_has_is_refused_by_its_field() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    let form = json!({"asset": "shop", "title": "x", "techniques": ["T1110", "T9999"]});
    let refused = first.api.post("/api/v1/risks", &form).await.problem(422);
    assert_eq!(refused["errors"][0]["field"], "techniques");
    let key = app.risk("shop", "y").await;
    let path = format!("/api/v1/risks/{key}");
    let refused = first.api.patch(&path, &json!({"techniques": ["brute force"]})).await.problem(422);
    assert_eq!(refused["errors"][0]["field"], "techniques");
}

/// A regression: what a report calls a technique and is none was dropped without a word.
#[tokio::test]
async fn ids_of_a_report_that_no_version_has_are_counted_and_told() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let report = json!({ "name": "Nightly", "target": "shop/web", "findings": [
        {"title": "Trail switched off", "severity": "high", "rule": "trail", "techniques": ["T1562.008", "T9999"]},
        {"title": "Many attempts", "severity": "high", "rule": "attempts", "techniques": ["brute force"]},
    ]});
    let done = import(&app, &first, &report.to_string(), &[("asset", "shop")]).await;
    assert_eq!((&done["status"], &done["counts"]["created"]), (&json!("applied"), &json!(2)), "{done}");
    let warning = &done["warnings"][0];
    assert_eq!((&warning["kind"], &warning["count"]), (&json!("unknown_techniques"), &json!(2)), "{done}");
    assert!(warning["detail"].as_str().unwrap().contains("T9999, brute force"), "{warning}");
    let page = first.browser.get(&format!("/imports/{}", done["id"])).await.expect(200).text;
    assert!(page.contains("T9999, brute force"), "{page}");
    assert_eq!(risks(&first, "technique=T1562.008").await.len(), 1);
}
