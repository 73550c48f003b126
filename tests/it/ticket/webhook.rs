//! Webhooks are verified before they are believed, and believed once.

use abate_entity::webhook_delivery;
use abate_integrations::jira::sign;
use reqwest::Method;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;

use super::world::{SECRET, World};
use crate::harness::app::TestApp;

const PATH: &str = "/hooks/jira/1";

fn body(issue_id: &str) -> String {
    json!({
        "timestamp": 1_772_442_000_000_i64, "webhookEvent": "jira:issue_updated",
        "user": { "accountId": "sandbox:person" }, "issue": { "id": issue_id, "key": "SEC-1" },
    })
    .to_string()
}

async fn send(app: &TestApp, path: &str, signature: Option<&str>, name: &str, body: &str) -> u16 {
    let client = app.visitor();
    let mut request = client.request(Method::POST, path).header("Content-Type", "application/json");
    if let Some(signature) = signature {
        request = request.header("X-Hub-Signature", signature);
    }
    client.send(request.header("X-Atlassian-Webhook-Identifier", name).body(body.to_owned())).await.status
}

async fn deliveries(app: &TestApp) -> u64 {
    webhook_delivery::Entity::find().count(app.state.database.reader()).await.expect("a count")
}

#[actix_web::test]
async fn only_the_right_signature_is_taken_and_each_delivery_once() {
    let world = World::without_webhooks(std::time::Duration::ZERO).await;
    let app = &world.app;
    let body = body("1");
    let right = sign(SECRET.as_bytes(), body.as_bytes()).expect("a signature");
    let wrong = sign(b"another", body.as_bytes()).expect("a signature");
    for signature in [None, Some(wrong.as_str()), Some("sha256=00"), Some("")] {
        assert_eq!(send(app, PATH, signature, "one", &body).await, 401, "{signature:?}");
    }
    assert_eq!(send(app, PATH, Some(&right), "one", &format!("{body} ")).await, 401);
    assert_eq!(deliveries(app).await, 0);
    assert_eq!(send(app, PATH, Some(&right), "one", &body).await, 200);
    assert_eq!(send(app, PATH, Some(&right), "one", &body).await, 200);
    assert_eq!(send(app, PATH, Some(&right), "two", &body).await, 200);
    assert_eq!(deliveries(app).await, 2);
    assert_eq!(send(app, "/hooks/jira/99", Some(&right), "one", &body).await, 404);
    assert_eq!(send(app, "/hooks/jira/x", Some(&right), "one", &body).await, 404);
}

#[actix_web::test]
async fn a_signed_body_that_is_no_webhook_is_a_problem_and_not_a_failure() {
    let world = World::without_webhooks(std::time::Duration::ZERO).await;
    for body in ["", "{", "[]", "{\"webhookEvent\":\"jira:issue_updated\"}", "\u{0}"] {
        let signature = sign(SECRET.as_bytes(), body.as_bytes()).expect("a signature");
        assert_eq!(send(&world.app, PATH, Some(&signature), "one", body).await, 400, "{body:?}");
    }
    assert_eq!(deliveries(&world.app).await, 0);
}

#[actix_web::test]
async fn what_was_recorded_once_cannot_be_sent_for_ever() {
    let world = World::without_webhooks(std::time::Duration::ZERO).await;
    let body = body("1");
    let signature = sign(SECRET.as_bytes(), body.as_bytes()).expect("a signature");
    world.app.time.advance(chrono::Duration::hours(23));
    assert_eq!(send(&world.app, PATH, Some(&signature), "late", &body).await, 200);
    world.app.time.advance(chrono::Duration::hours(2));
    assert_eq!(send(&world.app, PATH, Some(&signature), "too late", &body).await, 400);
    assert_eq!(deliveries(&world.app).await, 1);
}

#[actix_web::test]
async fn without_a_secret_nothing_is_taken() {
    let site = crate::jira::site::Site::start(std::time::Duration::ZERO).await;
    let url = site.proxy.url();
    let app = TestApp::spawn_with(&[
        ("ABATE_JIRA__URL", &url),
        ("ABATE_JIRA__EMAIL", "a@example.org"),
        ("ABATE_JIRA__TOKEN", "t"),
        ("ABATE_JIRA__PROJECT", "SEC"),
    ])
    .await;
    // Anybody can make a signature with an empty key.
    let forged = "sha256=b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
    assert_eq!(send(&app, PATH, Some(forged), "one", "").await, 401);
}
