//! What came in and is not read: it is sealed, given up in the end, and forgotten.

use abate_entity::{hook_delivery, job};
use chrono::Duration;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use serde_json::{Value, json};

use super::aws::{Amazon, TOPIC, app, send};
use super::{admin, call, event, make};
use crate::harness::app::{Person, TestApp};

/// A confirmation whose address nobody answers at, so that it waits and is tried again.
async fn waiting(app: &TestApp, admin: &Person) -> hook_delivery::Model {
    let amazon = Amazon::start();
    make(admin, json!({"kind": "aws", "name": "aws", "topic": TOPIC})).await;
    let mut message = amazon.unsigned("SubscriptionConfirmation", "c-1", app.state.clock.now());
    message["SubscribeURL"] = json!("http://127.0.0.1:1/confirm?Token=CANARY-token");
    super::aws::sign(&mut message);
    assert_eq!(send(app, &message).await, 202);
    app.settle().await;
    only(app).await
}

async fn only(app: &TestApp) -> hook_delivery::Model {
    let db = app.state.database.reader();
    hook_delivery::Entity::find().one(db).await.unwrap().unwrap()
}

async fn shown(admin: &Person) -> Value {
    admin.api.get("/api/v1/hooks/1").await.expect(200).json()
}

/// Regressions: what waits was kept as it came, and the address with the token of a subscription stood in the log and
/// with the job when it could not be called.
#[actix_web::test]
async fn what_waits_is_sealed_and_its_token_is_said_nowhere() {
    let app = app().await;
    let admin = admin(&app).await;
    let row = waiting(&app, &admin).await;
    assert_eq!(row.state, "stored");
    assert!(!row.body.windows(6).any(|part| part == b"CANARY"));
    let jobs = job::Entity::find().all(app.state.database.reader()).await.unwrap();
    // What the job keeps of its failure is what the log got.
    let said = jobs.iter().find(|job| job.kind == "hook").and_then(|job| job.problem.clone());
    assert!(said.as_ref().is_some_and(|said| !said.contains("CANARY")), "{said:?}");
}

/// A regression: what could not be read for good stayed, took room, and was never told.
#[actix_web::test]
async fn what_nothing_reads_any_more_is_given_up_and_told() {
    let app = app().await;
    let admin = admin(&app).await;
    waiting(&app, &admin).await;
    app.database.tamper("UPDATE job SET state = 'parked' WHERE kind = 'hook'").await;
    app.pass(Duration::days(1)).await;
    assert_eq!(only(&app).await.state, "stored", "somebody may still see to the job");
    app.pass(Duration::days(2)).await;
    let row = only(&app).await;
    assert_eq!((row.state.as_str(), row.body.len()), ("failed", 0));
    let hook = shown(&admin).await;
    assert!(hook["problem"].as_str().unwrap().contains("could not be read"), "{hook}");
    assert_eq!(hook["failed"], 1);
}

/// A regression: a hook that was switched off still read what had come in before.
#[actix_web::test]
async fn a_hook_that_was_switched_off_reads_nothing() {
    let app = app().await;
    let admin = admin(&app).await;
    waiting(&app, &admin).await;
    admin.api.patch("/api/v1/hooks/1", &json!({"enabled": false})).await.expect(200);
    app.pass(Duration::hours(1)).await;
    let hook = shown(&admin).await;
    assert!(hook["problem"].as_str().unwrap().contains("switched off"), "{hook}");
    assert!(only(&app).await.body.is_empty());
}

/// A regression: rows of deliveries stayed for ever.
#[actix_web::test]
async fn what_was_read_is_forgotten_after_a_while() {
    let app = TestApp::spawn().await;
    let admin = admin(&app).await;
    let hook = make(&admin, json!({"kind": "aws", "name": "events"})).await;
    let headers = [("X-Abate-Secret", hook["secret"].as_str().unwrap())];
    let deliveries =
        || async { hook_delivery::Entity::find().count(app.state.database.reader()).await.unwrap() };
    assert_eq!(call(&app, "/hooks/aws/1", &headers, &event("e-1", 8.0)).await.status, 202);
    app.pass(Duration::days(89)).await;
    assert_eq!(deliveries().await, 1);
    app.pass(Duration::days(2)).await;
    assert_eq!(deliveries().await, 0);
}
