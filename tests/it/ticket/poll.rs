//! Lost webhooks change nothing in the end.

use std::time::Duration as StdDuration;

use abate_integrations::jira::IssueEdit;
use chrono::Duration;

use super::world::World;

#[actix_web::test]
async fn a_poll_follows_what_no_webhook_told() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue_key) = world.ticketed("Silent JIRA").await;
    for transition in ["11", "31"] {
        world.app.time.advance(Duration::seconds(10));
        world.site.click(&issue_key, transition).await;
    }
    assert_eq!(world.risk(&key).await["state"], "open");
    world.app.pass(Duration::seconds(61)).await;
    world.until_state(&key, "verification").await;
}

#[actix_web::test]
async fn level_and_due_date_belong_to_the_risk() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue_key) = world.ticketed("Drifting").await;
    let due = world.issue(&issue_key).await.fields.due_date;
    let edit = IssueEdit {
        due_date: Some(chrono::NaiveDate::from_ymd_opt(2030, 1, 1)),
        labels: Some(vec!["theirs".to_owned(), world.issue(&issue_key).await.fields.labels[0].clone()]),
        ..IssueEdit::default()
    };
    world.site.client.edit_issue(&issue_key, &edit).await.expect("edited");
    world.app.pass(Duration::seconds(61)).await;
    world.app.pass(Duration::seconds(61)).await;
    let issue = world.issue(&issue_key).await;
    assert_eq!(issue.fields.due_date, due);
    assert_eq!(issue.fields.labels.len(), 3, "{:?}", issue.fields.labels);
    let comments = world.comments(&issue_key).await;
    assert!(comments.len() == 1 && comments[0].contains("due date"), "{comments:?}");
    assert_eq!(world.risk(&key).await["state"], "open");
}
