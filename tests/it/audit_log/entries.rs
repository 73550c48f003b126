//! What is not a change of a risk is written down too.

use abate_entity::audit_entry;
use sea_orm::{Database, EntityTrait as _, QueryOrder as _};
use serde_json::json;

use crate::harness::app::TestApp;
use crate::harness::process;
use crate::intake::report::{import, many, trivy};

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

/// The entries with that action: what they say.
async fn said(app: &TestApp, action: &str) -> Vec<serde_json::Value> {
    let rows = audit_entry::Entity::find().order_by_asc(audit_entry::Column::Id);
    let rows = rows.all(app.state.database.reader()).await.unwrap();
    rows.into_iter().filter(|row| row.action == action).map(|row| row.data).collect()
}

#[tokio::test]
async fn settings_that_are_others_than_at_the_last_start_are_told_without_secrets() {
    let app = TestApp::spawn().await;
    app.end().await;
    let start = async |variables: &[(&str, &str)]| {
        let mut server = process::Server::start_with(&["serve"], &app.database, variables).await;
        assert_eq!(server.terminate().await, Some(0));
    };
    let mail = [
        ("ABATE_ZONE", "Europe/Berlin"),
        ("ABATE_BASE_URL", "http://abate.example.org"),
        ("ABATE_SMTP__URL", "smtps://user:hunter2@mail.example.org"),
        ("ABATE_SMTP__FROM", "abate@example.org"),
    ];
    start(&mail).await;
    start(&mail).await;
    let other = [mail[0], mail[1], mail[3], ("ABATE_SMTP__URL", "smtps://user:hunter3@mail.example.org")];
    start(&other).await;
    let database = Database::connect(app.database.url()).await.unwrap();
    let rows =
        audit_entry::Entity::find().order_by_asc(audit_entry::Column::Id).all(&database).await.unwrap();
    let told: Vec<_> = rows.iter().filter(|row| row.action == "configuration.change").collect();
    let [first, second] = told.as_slice() else { panic!("{told:?}") };
    let zone = &first.data["changed"]["zone"];
    assert_eq!((&zone["from"], &zone["to"]), (&json!("UTC"), &json!("Europe/Berlin")));
    assert_eq!(first.data["changed"]["smtp.url"], json!({"from": null, "to": "set"}));
    assert_eq!(second.data, json!({"changed": {"smtp.url": {"from": "set", "to": "set"}}}));
    assert!(!format!("{rows:?}").contains("hunter"), "no secret: {rows:?}");
}

#[tokio::test]
async fn an_import_is_two_entries_with_the_digest_of_its_plan() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let report = trivy(&many(5000, 3, "HIGH"));
    import(&app, &first, &report, &[("asset", "web"), ("mode", "plan")]).await;
    let applied = import(&app, &first, &report, &[("asset", "web"), ("run", "2")]).await;
    let other = trivy(&many(5000, 4, "HIGH"));
    import(&app, &first, &other, &[("asset", "web"), ("mode", "plan"), ("run", "3")]).await;
    let received = said(&app, "import.receive").await;
    let plans: Vec<&str> = received.iter().map(|entry| entry["plan"].as_str().unwrap()).collect();
    assert_eq!((plans.len(), plans[0].len(), plans[0]), (3, 64, plans[1]));
    assert_ne!(plans[1], plans[2]);
    let ended = said(&app, "import.applied").await;
    assert_eq!(ended.len(), 1, "one was applied: {ended:?}");
    assert_eq!((&ended[0]["created"], &ended[0]["file"]), (&json!(3), &received[1]["file"]));
    assert_eq!(applied["status"], "applied");
}

#[tokio::test]
async fn doctor_says_whether_the_log_can_be_changed() {
    let app = TestApp::spawn().await;
    let doctor = async || process::run(&app.database, &["doctor"]).await;
    let well = doctor().await.success();
    assert!(well.contains("audit log") && well.contains("insert-only"), "{well}");
    super::unguard(&app).await;
    let ill = doctor().await;
    assert_eq!(ill.code, Some(1));
    assert!(
        ill.stdout.contains("audit_entry and audit_seal") && ill.stdout.contains("verify-log"),
        "{}",
        ill.stdout
    );
}
