//! Threat models of other tools, from the file to the risks and back again.

use serde_json::{Value, json};

use super::{import_of, the_workshop, upload};
use crate::harness::app::TestApp;

fn fixture(path: &str) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/workshop/");
    std::fs::read(format!("{root}{path}")).unwrap()
}

fn threat(id: &str, title: &str, severity: &str, status: &str) -> Value {
    json!({ "id": id, "title": title, "severity": severity, "status": status, "type": "Tampering", "modelType": "STRIDE",
        "description": "As it says.", "mitigation": "Do something." })
}

fn dragon(threats: &[Value]) -> Vec<u8> {
    json!({ "version": "2.3.0", "summary": { "title": "Ferry" }, "detail": { "contributors": [], "diagrams": [{
        "id": 0, "title": "Booking", "diagramType": "STRIDE",
        "cells": [{ "id": "c", "data": { "name": "Booking service", "threats": threats } }] }] } })
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn every_format_comes_in_once() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    for (path, format, risks) in [
        ("threat_dragon/version1.json", "threat_dragon", 4),
        ("threat_dragon/version2.json", "threat_dragon", 4),
        ("otm/parking.yaml", "otm", 4),
        ("threagile/risks.json", "threagile", 4),
        ("threagile_model/bakery.yaml", "threagile_model", 3),
        ("threat_composer/kennel.json", "threat_composer", 3),
        ("risk_csv/library.csv", "risk_csv", 3),
        ("risk_xlsx/harbour.xlsx", "risk_xlsx", 2),
        ("risk_markdown/mill.md", "risk_markdown", 2),
        ("workshop/orchard.json", "workshop", 2),
        ("tm7/kennel.tm7", "tm7", 2),
        ("pytm/kennel.json", "pytm", 2),
        ("tm_bom/kennel.json", "tm_bom", 2),
        ("cyclonedx_threats/kennel.json", "cyclonedx_threats", 2),
        ("iriusrisk/kennel.csv", "iriusrisk", 2),
    ] {
        let name = path.split('/').next_back().unwrap();
        let answer = upload(&first, name, fixture(path), &[("run", "one")]).await;
        let import = import_of(&first, &answer.expect(202).json()).await;
        assert_eq!(
            (&import["status"], &import["format"]),
            (&json!("applied"), &json!(format)),
            "{path}: {import}"
        );
        assert_eq!(import["counts"]["created"], risks, "{path}: {import}");
        let again = upload(&first, name, fixture(path), &[("run", "two")]).await.expect(202).json();
        let counts = import_of(&first, &again).await["counts"].clone();
        assert_eq!(
            (
                &counts["created"],
                &counts["updated"],
                &counts["unchanged"],
                &counts["vanished"],
                &counts["reopened"]
            ),
            (&json!(0), &json!(0), &json!(risks), &json!(0), &json!(0)),
            "{path}"
        );
    }
    assert_eq!(
        first.api.get("/api/v1/risks?limit=100").await.expect(200).json()["items"].as_array().unwrap().len(),
        41
    );
}

#[tokio::test]
async fn a_later_model_changes_what_it_says_otherwise_and_lists_what_it_lost() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let (one, two) = (
        threat("t-1", "Seats are sold twice", "High", "Open"),
        threat("t-2", "Refunds leave no trace", "Low", "Open"),
    );
    upload(&first, "ferry.json", dragon(&[one.clone(), two.clone()]), &[]).await.expect(202);
    let before = the_workshop(&first).await;
    assert_eq!(before["approach"], "system");
    let key = |workshop: &Value, id: &str| {
        let risks = workshop["risks"].as_array().unwrap().clone();
        risks.into_iter().find(|risk| risk["external_id"] == id).unwrap()["key"].as_str().unwrap().to_owned()
    };
    // What people write stays, whatever the file says as before.
    let path = format!("/api/v1/risks/{}", key(&before, "t-1"));
    first.api.patch(&path, &json!({ "description": "In our words." })).await.expect(200);
    let mut louder = one.clone();
    louder["title"] = "Seats are sold three times".into();
    louder["status"] = "Mitigated".into();
    let answer = upload(&first, "ferry.json", dragon(&[louder]), &[]).await.expect(202).json();
    let counts = import_of(&first, &answer).await["counts"].clone();
    assert_eq!(
        (&counts["created"], &counts["updated"], &counts["vanished"]),
        (&json!(0), &json!(1), &json!(1)),
        "{counts}"
    );
    let risk = first.api.get(&path).await.expect(200).json();
    assert_eq!(
        (&risk["title"], &risk["description"]),
        (&json!("Seats are sold three times"), &json!("In our words."))
    );
    // Nothing is closed by a file: it is told, and a person decides.
    assert_eq!(risk["state"], "new");
    let after = the_workshop(&first).await;
    let risks = after["risks"].as_array().unwrap();
    assert!(
        risks.iter().any(|risk| risk["external_id"] == "t-1" && risk["model_status"] == "mitigated"),
        "{after}"
    );
    assert!(
        risks
            .iter()
            .any(|risk| risk["external_id"] == "t-2" && risk["gone"] == true && risk["state"] == "new"),
        "{after}"
    );
    let page = first.browser.get(&format!("/workshops/{}", after["id"])).await.expect(200);
    assert!(page.text.contains("no longer in the model"), "{}", page.text);
    let answer =
        upload(&first, "ferry.json", dragon(&[one, two]), &[("run", "later")]).await.expect(202).json();
    let counts = import_of(&first, &answer).await["counts"].clone();
    assert_eq!((&counts["reopened"], &counts["vanished"]), (&json!(1), &json!(0)), "{counts}");
}

#[tokio::test]
async fn a_level_alone_waits_for_a_rating() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("ferry", None).await;
    let file = dragon(&[threat("t-1", "Seats are sold twice", "Critical", "Open")]);
    upload(&first, "ferry.json", file, &[("asset", "ferry")]).await.expect(202);
    let draft = the_workshop(&first).await;
    let key = draft["risks"][0]["key"].as_str().unwrap().to_owned();
    assert_eq!(draft["risks"][0]["needs_rating"], true, "{draft}");
    let risk = first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json();
    assert_eq!((&risk["asset"], &risk["inherent"]), (&json!("ferry"), &json!([3, 5])), "{risk}");
    let sign = format!("/api/v1/workshops/{}/sign-off", draft["id"]);
    let done = first.api.post(&sign, &json!({})).await.expect(200).json();
    assert!(done["waiting"][0]["why"].as_str().unwrap().contains("Rate it"), "{done}");
    first
        .api
        .patch(&format!("/api/v1/risks/{key}"), &json!({ "likelihood": 4, "impact": 4 }))
        .await
        .expect(200);
    assert_eq!(the_workshop(&first).await["risks"][0]["needs_rating"], false);
}

#[tokio::test]
async fn decisions_of_a_model_reach_the_risks_of_the_tool() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let scope = ("scope", "Bakery till");
    upload(&first, "risks.json", fixture("threagile/risks.json"), &[scope]).await.expect(202);
    let model = "threagile_version: 1.0.0\ntitle: Bakery till\nrisk_tracking:\n  missing-authentication@*@till:\n    status: mitigated\n    justification: A password now.\n";
    let answer = upload(&first, "model.yaml", model.into(), &[scope]).await.expect(202).json();
    let counts = import_of(&first, &answer).await["counts"].clone();
    assert_eq!((&counts["updated"], &counts["vanished"]), (&json!(1), &json!(0)), "{counts}");
    let workshop = the_workshop(&first).await;
    let risks = workshop["risks"].as_array().unwrap();
    let tracked = risks.iter().find(|risk| risk["model_status"] == "mitigated").unwrap();
    assert!(tracked["model_note"].as_str().unwrap().contains("A password now."), "{tracked}");
    assert_eq!(tracked["state"], "new");
}

#[tokio::test]
async fn a_wrong_model_names_its_fields_and_writes_nothing() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let file = dragon(&[threat("t-1", "", "High", "Perhaps")]);
    let problem = upload(&first, "ferry.json", file, &[]).await.problem(422);
    let fields: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    let place = "detail.diagrams[0].cells[0].data.threats[0]";
    assert_eq!(fields, [json!(format!("{place}.title")), json!(format!("{place}.status"))]);
    upload(&first, "ferry.json", dragon(&[]), &[("asset", "nowhere")]).await.problem(422);
    assert_eq!(first.api.get("/api/v1/workshops").await.expect(200).json()["items"], json!([]));
}
