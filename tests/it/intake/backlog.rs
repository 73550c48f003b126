//! The first import of a source, taken as its backlog.

use abate_entity::{message, ticket};
use chrono::Duration;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;

use super::report::{import, many, risks, send, trivy};
use crate::harness::app::TestApp;

#[tokio::test]
async fn a_first_import_that_waited_too_long_is_offered_as_a_backlog() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let report = trivy(&many(1, 210, "CRITICAL"));
    let planned = import(&app, &first, &report, &[("asset", "web"), ("mode", "plan")]).await;
    assert_eq!(planned["backlog_offered"], true, "{planned}");
    let path = format!("/api/v1/imports/{}", planned["id"]);
    // High risks leave triage within three days, so by now all of them would be late at once.
    app.pass(Duration::days(3)).await;
    let asks = first.api.post(&format!("{path}/apply"), &json!({})).await.expect(202).json();
    assert_eq!(asks["status"], "needs_approval", "{asks}");
    assert_eq!(asks["questions"][0]["check"], "backlog");
    assert_eq!(risks(&first, "").await.len(), 0);
    // Sessions do not last that long.
    let first = app.first().await;
    let page = first.browser.get(&format!("/imports/{}", planned["id"])).await.expect(200);
    assert!(page.text.contains("Apply as a backlog"), "{}", page.text);
    first
        .browser
        .submit(&format!("/imports/{}/apply", planned["id"]), &[("backlog", "true")])
        .await
        .expect(303);
    app.settle().await;
    let applied = first.api.get(&path).await.expect(200).json();
    assert_eq!((&applied["status"], &applied["mode"]), (&json!("applied"), &json!("backlog")));
    let made = risks(&first, "").await;
    assert_eq!(made.len(), 200);
    assert!(made.iter().all(|risk| risk["late"] == false));
    // The clock starts on the day it was applied: three days from then, not from the upload.
    assert_eq!(made[0]["triage_due_at"], "2026-03-08T09:00:00Z", "{}", made[0]);
    let key = made[0]["key"].as_str().unwrap();
    let sla = first.api.get(&format!("/api/v1/risks/{key}/sla")).await.expect(200).text;
    assert!(sla.contains("2026-03-08"), "{sla}");
}

#[tokio::test]
async fn only_a_first_import_can_be_a_backlog() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let fields = [("asset", "web"), ("mode", "backlog")];
    let taken = import(&app, &first, &trivy(&many(1, 3, "HIGH")), &fields).await;
    assert_eq!((&taken["status"], &taken["mode"]), (&json!("applied"), &json!("backlog")), "{taken}");
    app.pass(Duration::hours(1)).await;
    let again = send(&first, trivy(&many(1, 4, "HIGH")), &fields).await.problem(422);
    assert_eq!(again["errors"][0]["field"], "mode");
    let fields = [("asset", "web"), ("mode", "plan"), ("run", "2")];
    let planned = import(&app, &first, &trivy(&many(1, 4, "HIGH")), &fields).await;
    assert_eq!(planned["backlog_offered"], false);
    let path = format!("/api/v1/imports/{}/apply", planned["id"]);
    let refused = first.api.post(&path, &json!({ "backlog": true })).await.problem(422);
    assert_eq!(refused["errors"][0]["field"], "backlog");
}

/// A backlog is told in one message, and its risks get tickets only when somebody asks.
#[actix_web::test]
async fn a_backlog_is_one_message_and_no_ticket() {
    let workspace = crate::slack::workspace::Workspace::start().await;
    let app = &workspace.app;
    let first = app.first().await;
    let fields = [("asset", "web"), ("mode", "backlog")];
    import(app, &first, &trivy(&many(1, 5, "CRITICAL")), &fields).await;
    let said = workspace.messages(crate::slack::workspace::CHANNEL).await;
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("The backlog of trivy on web came in: 5 risks"), "{said:?}");
    let db = app.state.database.reader();
    assert_eq!(message::Entity::find().count(db).await.unwrap(), 1);
    assert_eq!(ticket::Entity::find().count(db).await.unwrap(), 0);
}
