//! The whole way with JIRA Data Center: texts, users by name, a token alone, searches in place of bulk reads.

use std::time::Duration as StdDuration;

use abate::sandbox::jira::JiraSandboxKind;
use chrono::Duration;
use serde_json::json;

use super::world::World;
use crate::fault_proxy::{Fault, Rule};

async fn world() -> World {
    World::of(JiraSandboxKind::DataCenter, StdDuration::ZERO, &[]).await
}

#[actix_web::test]
async fn a_risk_has_its_ticket_in_text_and_done_is_a_claim() {
    let world = world().await;
    world.send_webhooks();
    let key = world.app.risk("shop", "Said by [~admin] in {code}").await;
    let path = format!("/api/v1/risks/{key}");
    let text = json!({"description": "h1. Not a heading\n* not an item", "reason": "test"});
    world.first.api.patch(&path, &text).await.expect(200);
    world.step(&world.first, &key, json!({"event": "start_triage"})).await;
    let confirm = json!({"event": "confirm", "owner": world.owner.email, "reason": "Seen in a test"});
    world.step(&world.first, &key, confirm).await;
    world.app.settle().await;
    let ticket = world.ticket(&key).await;
    assert_eq!((&ticket["state"], &ticket["problem"]), (&json!("linked"), &json!(null)), "{ticket}");
    let issue_key = ticket["key"].as_str().expect("a key").to_owned();

    let fields = ["summary", "description", "priority", "duedate"];
    let issue = world.site.client.issue(&issue_key, &fields).await.expect("an issue");
    assert_eq!(issue.fields.summary.as_deref(), Some("R-1: Said by [~admin] in {code}"));
    assert_eq!(issue.fields.priority.map(|priority| priority.name).as_deref(), Some("High"));
    assert!(issue.fields.due_date.is_some() && issue.marker.is_some());
    let description = issue.fields.description.expect("a description");
    let description = description.as_str().expect("a text");
    assert!(description.starts_with("||Fact||Value||\n|Risk|[R-1|http"), "{description}");
    assert!(
        description.contains("h3. What is wrong\n\nh1\\. Not a heading\n\\* not an item"),
        "{description}"
    );

    // Somebody who is known by name moves it, and a webhook tells.
    for (transition, state) in [("11", "in_progress"), ("31", "verification")] {
        world.app.time.advance(Duration::minutes(1));
        world.site.click(&issue_key, transition).await;
        world.until_state(&key, state).await;
    }
    let said = world.ticket(&key).await;
    assert_eq!((&said["status_category"], &said["problem"]), (&json!("done"), &json!(null)), "{said}");
    let findings = world.first.api.post("/api/v1/connections/1/test", &json!({})).await.expect(200).json();
    assert_eq!(findings["ok"], true, "{findings}");
}

#[actix_web::test]
async fn lost_answers_lead_to_one_ticket_each() {
    let world = world().await;
    world.site.proxy.add(Rule::once("POST", "/issue", Fault::LoseAnswer));
    let first = world.confirmed("Lost answer").await;
    world.app.settle().await;
    assert_eq!(world.ticket(&first).await["state"], "unknown");
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);
    for _ in 0..5 {
        world.app.pass(Duration::seconds(61)).await;
    }
    assert_eq!(world.ticket(&first).await["state"], "linked");

    world.site.proxy.add(Rule::always("POST", "*/issue*", Fault::Answer { status: 429, headers: vec![] }));
    let keys = [world.confirmed("One").await, world.confirmed("Two").await, world.confirmed("Three").await];
    world.app.settle().await;
    world.site.proxy.clear();
    for _ in 0..3 {
        world.app.pass(Duration::seconds(61)).await;
    }
    for key in &keys {
        assert_eq!(world.ticket(key).await["state"], "linked", "{key}");
    }
    assert_eq!(world.site.sandbox.issue_keys().len(), 4);
    assert!(world.site.proxy.seen("POST", "/rest/api/2/issue/bulk") > 0);
}

#[actix_web::test]
async fn a_poll_and_the_night_follow_what_nobody_told_in_few_calls() {
    let world = world().await;
    let (moved, moved_issue) = world.ticketed("Moved in silence").await;
    let (deleted, deleted_issue) = world.ticketed("Deleted in silence").await;
    world.ticketed("Left alone").await;
    world.app.pass(Duration::minutes(3)).await;
    world.app.time.advance(Duration::seconds(10));
    world.site.click(&moved_issue, "11").await;
    world.app.pass(Duration::seconds(121)).await;
    world.until_state(&moved, "in_progress").await;

    // What did not change is not read one by one, by day or by night.
    world.app.pass(Duration::hours(1)).await;
    let left = format!("/rest/api/2/issue/{}", world.site.sandbox.issue_ids()[2]);
    let reads = world.site.proxy.seen("GET", &left);
    let searches = world.site.proxy.seen("POST", "/rest/api/2/search");
    world.app.pass(Duration::hours(17)).await;
    world.app.pass(Duration::minutes(10)).await;
    assert_eq!(world.site.proxy.seen("GET", &left), reads);
    assert!(world.site.proxy.seen("POST", "/rest/api/2/search") > searches);
    world.site.sandbox.delete(&deleted_issue);
    world.app.pass(Duration::hours(24)).await;
    world.app.pass(Duration::minutes(10)).await;
    assert_eq!(world.ticket(&deleted).await["broken"], true);
    assert_eq!(world.risk(&deleted).await["state"], "open");
}

#[actix_web::test]
async fn a_wrong_token_is_no_absence() {
    let world = world().await;
    let (key, _) = world.ticketed("Token taken away").await;
    world.site.sandbox.accept_token(false);
    world.app.pass(Duration::seconds(121)).await;
    assert_eq!(world.ticket(&key).await["broken"], false);
    let connection = world.first.api.get("/api/v1/connections").await.expect(200).json();
    let problem = connection["items"][0]["problem"].as_str().expect("a problem").to_owned();
    assert!(problem.contains("credentials"), "{problem}");
}

#[actix_web::test]
async fn fields_and_comments_cross_once_and_then_all_is_quiet() {
    let world = world().await;
    let (key, issue) = world.ticketed("Edited on both sides").await;
    world.app.pass(Duration::seconds(121)).await;
    let (id, due) = (world.site.issue_id(), world.issue(&issue).await.fields.due_date);
    // What the site shows of it is not what was typed, and the answer that would name it is lost.
    world.site.proxy.add(Rule::once("POST", &format!("/issue/{id}/comment"), Fault::LoseAnswer));
    let path = format!("/api/v1/risks/{key}/comments");
    let typed = "C:\\temp & {code} *x* &lt;";
    world.first.api.post(&path, &json!({"body": typed})).await.expect(201);
    world.app.settle().await;
    let edit = json!({"duedate": "2030-01-01", "description": "Rewritten by hand"});
    world.site.sandbox.edit_as_person(&issue, edit.as_object().expect("fields")).expect("edited");
    world.site.sandbox.comment_as_person(&issue, "Said there");
    for _ in 0..5 {
        world.app.pass(Duration::seconds(121)).await;
    }
    assert_eq!(world.issue(&issue).await.fields.due_date, due);
    let read = world.site.client.issue(&issue, &["description"]).await.expect("an issue");
    let description = read.fields.description.expect("a description");
    assert!(description.as_str().is_some_and(|text| text.starts_with("||Fact||")), "{description}");
    let there = world.site.client.newest_comments(&issue).await.expect("comments");
    let texts: Vec<&str> = there.iter().filter_map(|comment| comment.body.as_str()).collect();
    let ours = texts.iter().filter(|text| text.contains("C:&#92;temp & \\{code\\} \\*x\\* &amp;lt;")).count();
    assert_eq!(ours, 1, "{texts:?}");
    let here = world.first.api.get(&path).await.expect(200).json();
    let said: Vec<&str> =
        here["items"].as_array().into_iter().flatten().filter_map(|item| item["body"].as_str()).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said.iter().any(|text| text.ends_with("Said there")), "{said:?}");

    let edits = || world.site.proxy.seen("PUT", &format!("/rest/api/2/issue/{id}"));
    let (before, comments) = (edits(), there.len());
    for _ in 0..3 {
        world.app.pass(Duration::seconds(121)).await;
    }
    let there = world.site.client.newest_comments(&issue).await.expect("comments");
    assert_eq!((edits(), there.len()), (before, comments));
}
