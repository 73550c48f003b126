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
    world.app.pass(Duration::seconds(121)).await;
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
    world.app.pass(Duration::seconds(121)).await;
    world.app.pass(Duration::seconds(121)).await;
    let issue = world.issue(&issue_key).await;
    assert_eq!(issue.fields.due_date, due);
    assert_eq!(issue.fields.labels.len(), 3, "{:?}", issue.fields.labels);
    let comments = world.comments(&issue_key).await;
    assert!(comments.len() == 1 && comments[0].contains("due date"), "{comments:?}");
    assert_eq!(world.risk(&key).await["state"], "open");
}

#[actix_web::test]
async fn a_poll_is_one_search_and_reads_in_bulk_what_changed() {
    let world = World::with(StdDuration::ZERO, &[("ABATE_JIRA__POLL_SECONDS", "600")]).await;
    let mut issues = Vec::new();
    for number in 0..8 {
        issues.push(world.ticketed(&format!("Risk {number}")).await.1);
    }
    for _ in 0..2 {
        world.app.pass(Duration::minutes(11)).await;
    }
    let searches = || world.site.proxy.seen("POST", "/rest/api/3/search/jql");
    let bulks = || world.site.proxy.seen("POST", "/rest/api/3/issue/bulkfetch");
    let reads = || -> usize {
        let ids = world.site.sandbox.issue_ids();
        ids.iter().map(|id| world.site.proxy.seen("GET", &format!("/rest/api/3/issue/{id}"))).sum()
    };
    let due = world.issue(&issues[0]).await.fields.due_date;
    let edit =
        IssueEdit { due_date: Some(chrono::NaiveDate::from_ymd_opt(2030, 1, 1)), ..IssueEdit::default() };
    for issue in &issues {
        world.site.client.edit_issue(issue, &edit).await.expect("edited");
    }
    let before = (searches(), bulks());
    world.app.pass(Duration::minutes(5)).await;
    assert_eq!((searches(), bulks()), before);
    world.app.pass(Duration::minutes(6)).await;
    assert_eq!((searches(), bulks()), (before.0 + 1, before.1 + 1));
    for issue in &issues {
        assert_eq!(world.issue(issue).await.fields.due_date, due);
    }
    // Our own writes are looked at once more, and then there is silence.
    world.app.pass(Duration::minutes(11)).await;
    let quiet = reads();
    for _ in 0..2 {
        world.app.pass(Duration::minutes(11)).await;
    }
    assert_eq!(reads(), quiet);
}
