//! Edits that JIRA does not take hold up no other, and are not sent again and again.

use std::time::Duration as StdDuration;

use chrono::Duration;
use serde_json::json;

use super::world::World;
use crate::fault_proxy::{Fault, Rule};

/// A little longer than from one poll to the next.
const CYCLE: Duration = Duration::seconds(121);

/// A ticket that got another issue type has another screen, which says nothing about that of the others.
#[actix_web::test]
async fn the_edit_screen_of_one_issue_type_is_not_that_of_another() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (story, story_issue) = world.ticketed("Became a story").await;
    let (_, issue) = world.ticketed("Stayed a task").await;
    world.app.pass(CYCLE).await;
    let due = world.issue(&issue).await.fields.due_date;
    world.site.sandbox.make_story(&story_issue);
    // What was learned about the screens is old by now, and the story is the first to be asked about.
    world.app.pass(Duration::hours(2)).await;
    world.edit_there(&story_issue, json!({"duedate": "2030-01-01"}));
    world.app.pass(CYCLE).await;
    let problem = world.ticket(&story).await["problem"].clone();
    assert!(problem.as_str().is_some_and(|text| text.contains("edit screen in JIRA lacks it")), "{problem}");
    world.edit_there(&issue, json!({"duedate": "2030-01-01"}));
    world.app.pass(CYCLE).await;
    assert_eq!(world.issue(&issue).await.fields.due_date, due);
}

#[actix_web::test]
async fn an_edit_that_is_refused_is_not_sent_again_every_hour() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue) = world.ticketed("Refused").await;
    world.app.pass(CYCLE).await;
    let id = world.site.issue_id();
    let no = Fault::Answer { status: 400, headers: Vec::new() };
    world.site.proxy.add(Rule::always("PUT", &format!("/issue/{id}"), no));
    let edits = || world.site.proxy.seen("PUT", &format!("/rest/api/3/issue/{id}"));
    let quiet = edits();
    world.edit_there(&issue, json!({"duedate": "2030-01-01"}));
    for _ in 0..5 {
        world.app.pass(Duration::hours(1)).await;
        // Nor when the ticket is looked at for another reason.
        world.site.sandbox.comment_as_person(&issue, "Still there");
        world.app.pass(CYCLE).await;
    }
    assert_eq!(edits(), quiet + 1);
    let problem = world.ticket(&key).await["problem"].clone();
    assert!(problem.as_str().is_some_and(|text| text.contains("JIRA refused")), "{problem}");
    let ledger = world.ledger().await;
    assert!(ledger.len() == 1 && ledger[0].winner == "jira" && ledger[0].settled_at.is_none(), "{ledger:?}");

    // What is new is worth another try, and so is a new day.
    world.patch(&key, json!({"title": "Said better"})).await;
    world.app.settle().await;
    assert_eq!(edits(), quiet + 2);
    world.site.proxy.clear();
    world.app.pass(Duration::hours(25)).await;
    world.app.pass(CYCLE).await;
    assert_eq!(edits(), quiet + 3);
    assert_eq!(world.issue(&issue).await.fields.summary, Some(format!("{key}: Said better")));
    assert_eq!(world.ticket(&key).await["problem"], json!(null));
    assert!(world.ledger().await.iter().all(|row| row.winner == "abate" && row.settled_at.is_some()));
}
