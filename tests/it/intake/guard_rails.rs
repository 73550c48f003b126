//! What stops an import until a person agrees.

use abate::access::role::Role;
use chrono::Duration;
use serde_json::{Value, json};

use super::report::{import, many, risks, trivy};
use crate::harness::app::TestApp;

fn checks(import: &Value) -> Vec<String> {
    let questions = import["questions"].as_array().unwrap();
    questions.iter().map(|question| question["check"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_empty_report_after_a_full_one_waits_for_a_yes() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    import(&app, &first, &trivy(&many(1, 3, "LOW")), &[("asset", "web")]).await;
    app.pass(Duration::hours(1)).await;
    let empty = import(&app, &first, &trivy(&[]), &[("asset", "web")]).await;
    assert_eq!(empty["status"], "needs_approval", "{empty}");
    assert_eq!(checks(&empty), ["empty_report"]);
    assert!(empty["problem"]["detail"].as_str().unwrap().contains("3 findings before"));
    // Somebody who only imports cannot agree, not even to the same as a plan.
    let ci = app.person("ci@example.org", &[Role::Integration]).await;
    let fields = [("asset", "web"), ("mode", "plan"), ("run", "plan")];
    let planned = import(&app, &ci, &trivy(&[]), &fields).await;
    assert_eq!((&planned["status"], checks(&planned).len()), (&json!("planned"), 1), "{planned}");
    ci.api.post(&format!("/api/v1/imports/{}/apply", planned["id"]), &json!({})).await.problem(403);
    let page = first.browser.get(&format!("/imports/{}", empty["id"])).await.expect(200);
    assert!(page.text.contains("Before this is applied"), "{}", page.text);
    first.api.post(&format!("/api/v1/imports/{}/apply", empty["id"]), &json!({})).await.expect(202);
    app.settle().await;
    let applied = first.api.get(&format!("/api/v1/imports/{}", empty["id"])).await.expect(200).json();
    assert_eq!((&applied["status"], checks(&applied).len()), (&json!("applied"), 0));
}

#[tokio::test]
async fn another_tool_under_the_same_source_waits_for_a_yes() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let fields = [("asset", "web"), ("source", "ci"), ("scope", "web")];
    import(&app, &first, &trivy(&many(1, 3, "LOW")), &fields).await;
    app.pass(Duration::hours(1)).await;
    let lint = json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "OrchardScan" } }, "results": [{
        "ruleId": "or/sql", "level": "error", "message": { "text": "Query built from input" },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": "a.py" } } }] }] }] });
    let other = import(&app, &first, &lint.to_string(), &fields).await;
    assert_eq!(checks(&other), ["tool_changed"], "{other}");
    assert_eq!(risks(&first, "").await.len(), 3);
}

#[tokio::test]
async fn a_new_version_that_sees_much_less_waits_for_a_yes() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let versioned = |version: &str, report: String| {
        let mut report: Value = serde_json::from_str(&report).unwrap();
        report["Trivy"] = json!({ "Version": version });
        report.to_string()
    };
    import(&app, &first, &versioned("0.60.0", trivy(&many(1, 40, "LOW"))), &[("asset", "web")]).await;
    app.pass(Duration::hours(1)).await;
    let same = versioned("0.60.0", trivy(&many(1, 39, "LOW")));
    import(&app, &first, &same, &[("asset", "web"), ("run", "same")]).await;
    app.pass(Duration::hours(1)).await;
    let newer = versioned("0.61.0", trivy(&many(1, 25, "LOW")));
    let asks = import(&app, &first, &newer, &[("asset", "web"), ("run", "newer")]).await;
    assert_eq!(checks(&asks), ["version_vanish"], "{asks}");
}

#[tokio::test]
async fn a_guard_rail_is_data() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let mut set = first.api.get("/api/v1/intake-rules").await.expect(200).json();
    for rule in set["rules"].as_array_mut().unwrap() {
        rule.as_object_mut().unwrap().remove("ended");
    }
    for rail in set["guard_rails"].as_array_mut().unwrap() {
        if rail["check"] == "empty_report" {
            rail["enabled"] = json!(false);
        }
    }
    let missing = json!({ "rules": set["rules"], "guard_rails": [set["guard_rails"][0]] });
    first.api.post("/api/v1/intake-rules", &missing).await.problem(422);
    let new =
        json!({ "rules": set["rules"], "guard_rails": set["guard_rails"], "note": "Empty is usual here" });
    first.api.post("/api/v1/intake-rules", &new).await.expect(201);
    import(&app, &first, &trivy(&many(1, 3, "LOW")), &[("asset", "web")]).await;
    app.pass(Duration::hours(1)).await;
    let empty = import(&app, &first, &trivy(&[]), &[("asset", "web")]).await;
    assert_eq!(empty["status"], "applied", "{empty}");
}
