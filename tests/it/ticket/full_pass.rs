//! What no search shows is seen at night, and nobody is believed to be gone because we were not let in.

use std::time::Duration as StdDuration;

use abate_integrations::jira::IssueEdit;
use chrono::Duration;
use serde_json::json;

use super::world::World;

/// From nine in the morning to three at night.
const NIGHT: Duration = Duration::hours(18);

#[actix_web::test]
async fn lost_labels_and_deleted_issues_are_seen_at_night() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (_, labelled) = world.ticketed("Its labels are taken off").await;
    let (deleted, deleted_issue) = world.ticketed("Its issue is deleted").await;
    let (_, marked) = world.ticketed("Its marker is taken off").await;
    world.app.pass(Duration::minutes(3)).await;
    let edit = IssueEdit { labels: Some(vec!["theirs".to_owned()]), ..IssueEdit::default() };
    world.site.client.edit_issue(&labelled, &edit).await.expect("edited");
    world.site.sandbox.drop_property(&marked, "abate");
    world.site.sandbox.delete(&deleted_issue);
    world.app.pass(Duration::minutes(3)).await;
    assert_eq!(world.issue(&labelled).await.fields.labels, ["theirs"]);

    // A night in which we are not let in changes nothing.
    world.site.sandbox.accept_token(false);
    world.app.pass(NIGHT).await;
    assert_eq!(world.ticket(&deleted).await["broken"], false);
    world.site.sandbox.accept_token(true);
    let bulks = world.site.proxy.seen("POST", "/rest/api/3/issue/bulkfetch");
    for _ in 0..2 {
        world.app.pass(Duration::minutes(10)).await;
    }
    assert!(world.site.proxy.seen("POST", "/rest/api/3/issue/bulkfetch") > bulks);
    assert_eq!(world.issue(&labelled).await.fields.labels.len(), 3);
    assert!(world.issue(&marked).await.marker.is_some());
    let ticket = world.ticket(&deleted).await;
    assert_eq!(ticket["broken"], true, "{ticket}");
    assert_eq!(world.risk(&deleted).await["state"], "open");
    assert_eq!(world.site.sandbox.issue_keys().len(), 2);
    let connection = world.first.api.get("/api/v1/connections").await.expect(200).json();
    assert_ne!(connection["items"][0]["full_pass_at"], json!(null));
}
