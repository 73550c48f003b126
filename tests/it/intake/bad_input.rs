//! Whatever is uploaded gets an answer that says what to do, and changes nothing.

use abate::access::role::Role;
use abate_entity::{asset, finding, risk, staged_change};
use reqwest::Method;
use reqwest::multipart::Form;
use sea_orm::{EntityTrait, PaginatorTrait};

use super::report::{send, trivy};
use crate::harness::app::TestApp;

#[tokio::test]
async fn files_that_cannot_be_used_are_answered_with_a_reason_and_leave_nothing() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let good = trivy(&[(6000, "HIGH"), (6001, "LOW")]);
    let head = r#"{"SchemaVersion": 2, "ArtifactName": "shop/web", "#;
    let long = "x".repeat(10 << 20);
    for (file, words) in [
        (b"hello".to_vec(), "JSON"),
        (b"hello, this is no report".to_vec(), "format of this file is not known"),
        (b"{\"hello\": 1}".to_vec(), "format of this file is not known"),
        (Vec::new(), "empty"),
        (good.as_bytes()[..good.len() - 30].to_vec(), "cut short"),
        (format!("{head}\"Metadata\": {}{}}}", "[".repeat(200), "]".repeat(200)).into_bytes(), "nested"),
        (format!("{head}\"Title\": \"{long}\"}}").into_bytes(), "KiB"),
        ([head.as_bytes(), b"\"Title\": \"\xC3\x28\"}"].concat(), "UTF-8"),
        ([&[0xFF, 0xFE][..], b"{\0}\0"].concat(), "UTF-16"),
        (good.replace("\"PkgName\":\"lib6001\"", "\"PkgName\" \"lib6001\"").into_bytes(), "not valid JSON"),
    ] {
        let problem = send(&first, file, &[("asset", "web")]).await.problem(422);
        let detail = problem["errors"][0]["detail"].as_str().unwrap();
        assert_eq!(problem["errors"][0]["field"], "file");
        assert!(detail.contains(words), "{words}: {detail}");
        assert!(problem["line"].is_number() || words.contains("not known"), "{problem}");
    }
    let db = app.state.database.reader();
    assert_eq!(risk::Entity::find().count(db).await.unwrap(), 0);
    assert_eq!(finding::Entity::find().count(db).await.unwrap(), 0);
    assert_eq!(staged_change::Entity::find().count(db).await.unwrap(), 0);
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let report = trivy(&[(6000, "HIGH")]);
    for (field, value) in [("format", "banana"), ("mode", "later"), ("scanned_at", "noon"), ("aset", "web")] {
        let problem = send(&first, report.as_str(), &[(field, value)]).await.problem(422);
        let named = problem["errors"][0]["field"].as_str().unwrap();
        assert!(named == field || (field == "format" && named == "file"), "{problem}");
    }
    let unnamed = report.replace("registry.example.com/orchard/api:1.0", ".");
    let problem = send(&first, unnamed, &[]).await.problem(422);
    assert_eq!(problem["errors"][0]["field"], "asset");
    let nothing =
        first.api.request(Method::POST, "/api/v1/imports").multipart(Form::new().text("asset", "web"));
    assert_eq!(first.api.send(nothing).await.problem(422)["errors"][0]["field"], "file");
    let no_form = first.api.request(Method::POST, "/api/v1/imports").body("{}");
    first.api.send(no_form).await.problem(400);
    let assets = asset::Entity::find().count(app.state.database.reader()).await.unwrap();
    assert_eq!(assets, 0);
}

#[tokio::test]
async fn only_those_who_may_import_import() {
    let app = TestApp::spawn().await;
    let viewer = app.person("viewer@example.com", &[Role::Viewer]).await;
    send(&viewer, trivy(&[(6000, "HIGH")]), &[]).await.problem(403);
    let ci = app.person("ci@example.com", &[Role::Integration]).await;
    let id = send(&ci, trivy(&[(6000, "HIGH")]), &[]).await.expect(202).json()["id"].clone();
    app.settle().await;
    ci.api.get(&format!("/api/v1/imports/{id}")).await.expect(200);
    ci.api.send(ci.api.request(Method::POST, &format!("/api/v1/imports/{id}/undo"))).await.problem(403);
}
