//! What is not a change of a risk is written down too.

use abate_entity::audit_entry;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::json;

use crate::harness::app::TestApp;
use crate::harness::process;

/// The entries so far: who, what, to what.
async fn entries(app: &TestApp) -> Vec<(Option<i64>, String, String)> {
    let rows = audit_entry::Entity::find().order_by_asc(audit_entry::Column::Id);
    let rows = rows.all(app.state.database.reader()).await.unwrap();
    rows.into_iter().map(|row| (row.actor_id, row.action, row.subject)).collect()
}

#[tokio::test]
async fn who_came_in_who_did_not_and_who_left() {
    let app = TestApp::spawn().await;
    let create = ["user", "create", "--email", "ana@example.org", "--name", "Ana"];
    process::run_with(&app.database, &create, &[], "a long enough phrase\n").await.success();
    let visitor = app.visitor();
    let sign_in = async |email: &str, password: &str| {
        visitor
            .submit_from(app.base(), "/sign-in", &[("email", email), ("password", password), ("next", "/")])
            .await
            .status
    };
    assert_eq!(sign_in("ana@example.org", "not this one").await, 403);
    assert_eq!(sign_in("my-secret-phrase", "whatever").await, 403);
    assert_eq!(sign_in("ana@example.org", "a long enough phrase").await, 303);
    let first = app.first().await;
    first.browser.submit("/sign-out", &[]).await.expect(303);
    let all = entries(&app).await;
    let ana = all[0].2.trim_start_matches("user-").parse::<i64>().unwrap();
    let expected = [
        (None, "user.create", format!("user-{ana}")),
        (None, "session.refuse", format!("user-{ana}")),
        (None, "session.refuse", "sign-in".to_owned()),
        (Some(ana), "session.begin", format!("user-{ana}")),
        (Some(first.id), "session.end", format!("user-{}", first.id)),
    ];
    assert_eq!(all, expected.map(|(actor, action, subject)| (actor, action.to_owned(), subject)));
    let rows = audit_entry::Entity::find().all(app.state.database.reader()).await.unwrap();
    assert!(
        rows.iter().all(|row| !format!("{row:?}").contains("phrase")),
        "nothing that was typed: {rows:?}"
    );
}

#[tokio::test]
async fn what_a_workshop_says_and_what_resumes_connections() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let post = async |path: &str, body| first.api.post(path, &body).await.expect(201).json();
    let made = post("/api/v1/workshops", json!({"title": "Checkout"})).await;
    let path = format!("/api/v1/workshops/{}", made["id"]);
    first.api.patch(&path, &json!({"title": "The checkout"})).await.expect(200);
    post(&format!("{path}/scenarios"), json!({"name": "Stolen card"})).await;
    first.api.patch(&format!("{path}/scenarios/S1"), &json!({"name": "Stolen cards"})).await.expect(200);
    process::run(&app.database, &["doctor", "--resume"]).await;
    let actions: Vec<_> = entries(&app).await.into_iter().map(|(_, action, _)| action).collect();
    let expected =
        ["workshop.begin", "workshop.edit", "scenario.create", "scenario.edit", "connection.resume"];
    assert_eq!(actions, expected);
}
