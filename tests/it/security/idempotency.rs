//! Writes that carry an `Idempotency-Key` happen once.

use abate::access::role::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::harness::http::Answer;

async fn make(person: &Person, key: &str, team: &Value) -> Answer {
    let request = person.api.request(Method::POST, "/api/v1/teams").header("Idempotency-Key", key);
    person.api.send(request.json(team)).await
}

async fn count(person: &Person) -> usize {
    person.api.get("/api/v1/teams").await.expect(200).json()["items"].as_array().expect("items").len()
}

#[tokio::test]
async fn a_repeated_write_gets_the_first_answer_again() {
    let app = TestApp::spawn().await;
    let person = app.first().await;
    let before = count(&person).await;
    let team = json!({"key": "red", "name": "Red"});
    let first = make(&person, "a-key", &team).await.expect(201);
    let second = make(&person, "a-key", &team).await.expect(201);
    assert_eq!(first.json(), second.json());
    assert_eq!(first.header("idempotency-replayed"), "");
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(count(&person).await, before + 1);
    make(&person, "another-key", &team).await.problem(409);
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_user() {
    let app = TestApp::spawn().await;
    let (first, second) = (app.first().await, app.person("ben@example.org", &[Role::Admin]).await);
    make(&first, "a-key", &json!({"key": "red", "name": "Red"})).await.expect(201);
    make(&first, "a-key", &json!({"key": "blue", "name": "Blue"})).await.problem(422);
    make(&second, "a-key", &json!({"key": "blue", "name": "Blue"})).await.expect(201);
}

/// What was refused wrote nothing, so that the corrected request may use the same key.
#[tokio::test]
async fn a_refused_write_gives_its_key_back() {
    let app = TestApp::spawn().await;
    let person = app.first().await;
    make(&person, "a-key", &json!({"key": "Not A Key", "name": "Red"})).await.problem(422);
    make(&person, "a-key", &json!({"key": "red", "name": "Red"})).await.expect(201);
}

#[tokio::test]
async fn of_many_at_once_one_writes() {
    let app = TestApp::spawn().await;
    let person = app.first().await;
    let before = count(&person).await;
    let team = json!({"key": "red", "name": "Red"});
    let answers = futures_util::future::join_all((0..8).map(|_| make(&person, "a-key", &team))).await;
    for answer in answers {
        assert!(matches!(answer.status, 201 | 409), "{} {}", answer.status, answer.text);
    }
    assert_eq!(count(&person).await, before + 1);
}

/// A process that died between the write and its answer leaves a key of which nobody knows.
#[tokio::test]
async fn a_cut_off_write_is_not_repeated() {
    let app = TestApp::spawn().await;
    let person = app.first().await;
    let team = json!({"key": "red", "name": "Red"});
    make(&person, "a-key", &team).await.expect(201);
    app.database.tamper("UPDATE idempotent_answer SET status = 0, body = ''").await;
    let before = count(&person).await;
    let problem = make(&person, "a-key", &team).await.problem(409);
    assert!(
        problem["detail"].as_str().expect("a detail").contains("look whether the change is there"),
        "{problem}"
    );
    assert_eq!(count(&person).await, before);
}
