//! Which risks get a ticket, and what it says.

use chrono::Duration;
use serde_json::json;

use super::world::World;
use crate::fault_proxy::{Fault, Rule};

#[actix_web::test]
async fn a_confirmed_high_risk_gets_one_ticket_with_everything_on_it() {
    let world = World::start().await;
    let (key, issue_key) = world.ticketed("Anyone can read the orders").await;
    let risk = world.risk(&key).await;
    let issue = world.issue(&issue_key).await;
    assert_eq!(world.site.sandbox.issue_keys(), [issue_key.as_str()]);
    assert_eq!(issue.fields.summary.as_deref(), Some("R-1: Anyone can read the orders"));
    assert_eq!(issue.fields.priority.map(|priority| priority.name).as_deref(), Some("High"));
    assert_eq!(issue.fields.due_date.map(|day| day.to_string()), risk["due_on"].as_str().map(str::to_owned));
    let marker = issue.marker.expect("a marker");
    assert!(
        issue.fields.labels.contains(&format!("abate-{}-r-1", marker.instance)),
        "{:?}",
        issue.fields.labels
    );

    // Whatever is queued again changes nothing.
    world.app.pass(Duration::minutes(10)).await;
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);
    assert!(world.comments(&issue_key).await.is_empty());
    let ticket = world.ticket(&key).await;
    assert_eq!(ticket["problem"], json!(null), "{ticket}");
}

#[actix_web::test]
async fn other_risks_get_one_when_somebody_asks() {
    let world = World::start().await;
    let key = world.app.risk("shop", "Not confirmed").await;
    world.app.pass(Duration::minutes(10)).await;
    assert_eq!(world.ticket(&key).await, json!(null));

    let path = format!("/api/v1/risks/{key}/tickets");
    world.first.api.post(&path, &json!({})).await.expect(202);
    world.app.settle().await;
    world.first.api.post(&path, &json!({})).await.expect(202);
    world.app.pass(Duration::minutes(10)).await;
    assert_eq!(world.ticket(&key).await["state"], "linked");
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);
}

#[actix_web::test]
async fn many_tickets_are_created_in_few_calls() {
    let world = World::start().await;
    world.site.proxy.add(Rule::always("POST", "*/issue*", Fault::Answer { status: 429, headers: vec![] }));
    let mut keys = Vec::new();
    for number in 0..5 {
        keys.push(world.confirmed(&format!("Risk {number}")).await);
    }
    world.app.settle().await;
    world.site.proxy.clear();
    let before = world.site.proxy.seen("POST", "/rest/api/3/issue");
    let bulks = world.site.proxy.seen("POST", "/rest/api/3/issue/bulk");
    world.app.pass(Duration::minutes(2)).await;
    world.app.settle().await;
    for key in &keys {
        assert_eq!(world.ticket(key).await["state"], "linked", "{key}");
    }
    assert_eq!(world.site.sandbox.issue_keys().len(), 5);
    assert_eq!(world.site.proxy.seen("POST", "/rest/api/3/issue/bulk"), bulks + 1);
    assert_eq!(world.site.proxy.seen("POST", "/rest/api/3/issue"), before);
}

#[actix_web::test]
async fn only_what_changed_is_sent() {
    let world = World::start().await;
    let (key, issue_key) = world.ticketed("Old title").await;
    let edits = || world.site.proxy.seen("PUT", &format!("/rest/api/3/issue/{}", world.site.issue_id()));
    let before = edits();
    let path = format!("/api/v1/risks/{key}");
    world.first.api.patch(&path, &json!({"title": "New title", "reason": "clearer"})).await.expect(200);
    world.app.settle().await;
    assert_eq!(world.issue(&issue_key).await.fields.summary.as_deref(), Some("R-1: New title"));
    assert_eq!(edits(), before + 1);
    world.first.api.patch(&path, &json!({"plan": "Not on the ticket's title"})).await.expect(200);
    world.app.settle().await;
    assert_eq!(edits(), before + 2);
}

#[actix_web::test]
async fn a_refused_ticket_says_why_and_is_tried_again() {
    let world = World::start().await;
    world.site.proxy.add(Rule::once("POST", "/issue", Fault::Answer { status: 400, headers: vec![] }));
    let key = world.confirmed("Refused at first").await;
    world.app.settle().await;
    let ticket = world.ticket(&key).await;
    assert_eq!(ticket["state"], "wanted");
    assert!(ticket["problem"].as_str().is_some_and(|text| text.contains("refused")), "{ticket}");
    world.app.pass(Duration::minutes(20)).await;
    assert_eq!(world.ticket(&key).await["state"], "linked");
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);
}
