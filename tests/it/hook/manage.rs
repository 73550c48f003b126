//! Hooks are made, changed, switched off and ended.

use serde_json::json;

use super::{admin, call, event, make};
use crate::harness::app::TestApp;

#[actix_web::test]
async fn the_secret_is_answered_once_and_another_one_ends_it() {
    let app = TestApp::spawn().await;
    let admin = admin(&app).await;
    let made = make(&admin, json!({"kind": "aws", "name": "Events"})).await;
    let first = made["secret"].as_str().unwrap().to_owned();
    assert!(made["url"].as_str().unwrap().ends_with("/hooks/aws/1"), "{made}");
    let shown = admin.api.get("/api/v1/hooks/1").await.expect(200).json();
    assert!(shown["secret"].is_null());
    let changed = admin.api.patch("/api/v1/hooks/1", &json!({"new_secret": true})).await.expect(200).json();
    let second = changed["secret"].as_str().unwrap();
    assert_ne!(first, second);
    let send = async |secret: &str| {
        call(&app, "/hooks/aws/1", &[("X-Abate-Secret", secret)], &event("e", 5.0)).await
    };
    assert_eq!(send(&first).await.status, 401);
    assert_eq!(send(second).await.status, 202);
    admin.api.patch("/api/v1/hooks/1", &json!({"enabled": false})).await.expect(200);
    assert_eq!(send(second).await.status, 404);
    admin.api.patch("/api/v1/hooks/1", &json!({"enabled": true})).await.expect(200);
    admin.api.delete("/api/v1/hooks/1").await.expect(204);
    assert_eq!(send(second).await.status, 404);
    admin.api.get("/api/v1/hooks/1").await.expect(404);
    assert_eq!(admin.api.get("/api/v1/hooks").await.expect(200).json()["items"], json!([]));
}

#[actix_web::test]
async fn what_cannot_be_a_hook_is_refused_by_field() {
    let app = TestApp::spawn().await;
    let admin = admin(&app).await;
    for (body, field) in [
        (json!({"kind": "fax", "name": "x"}), "kind"),
        (json!({"kind": "aws", "name": " "}), "name"),
        (json!({"kind": "aws", "name": "x", "format": "fax"}), "format"),
        (json!({"kind": "aws", "name": "x", "topic": "findings"}), "topic"),
    ] {
        let answer = admin.api.post("/api/v1/hooks", &body).await.expect(422).json();
        assert_eq!(answer["errors"][0]["field"], field, "{answer}");
    }
}

#[actix_web::test]
async fn each_address_is_for_its_own_kind() {
    let app = TestApp::spawn().await;
    let admin = admin(&app).await;
    let made = make(&admin, json!({"kind": "generic", "name": "x"})).await;
    let headers = [("X-Abate-Secret", made["secret"].as_str().unwrap())];
    for path in ["/hooks/aws/1", "/hooks/datadog/1", "/hooks/generic/2", "/hooks/generic/x"] {
        assert_eq!(call(&app, path, &headers, &event("e", 5.0)).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn the_page_makes_a_hook_and_switches_it_off() {
    let app = TestApp::spawn().await;
    let admin = admin(&app).await;
    let page = admin.browser.get("/settings/hooks").await.expect(200);
    assert!(page.text.contains("Make a hook"), "{}", page.text);
    make(&admin, json!({"kind": "aws", "name": "Events"})).await;
    let page = admin.browser.get("/settings/hooks").await.expect(200);
    assert!(page.text.contains("/hooks/aws/1") && page.text.contains("Switch off"), "{}", page.text);
    assert!(!page.text.contains("abh_"), "the secret is not on the list");
}
