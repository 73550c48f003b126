//! Whatever fails between us and JIRA, there is one ticket in the end, or a quarantine that people see.

use std::time::Duration as StdDuration;

use chrono::Duration;
use serde_json::json;

use super::world::World;
use crate::fault_proxy::{Fault, Rule};

/// Lets enough time pass for everything that waits, in steps that a worker would live through.
async fn wait_it_out(world: &World) {
    for _ in 0..5 {
        world.app.pass(Duration::seconds(61)).await;
    }
}

#[actix_web::test]
async fn a_lost_answer_after_the_commit_leads_to_one_ticket() {
    let world = World::start().await;
    world.site.proxy.add(Rule::once("POST", "/issue", Fault::LoseAnswer));
    let key = world.confirmed("Lost answer").await;
    world.app.settle().await;
    assert_eq!(world.ticket(&key).await["state"], "unknown");
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);
    wait_it_out(&world).await;
    assert_eq!(world.ticket(&key).await["state"], "linked");
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);
}

#[actix_web::test]
async fn a_search_that_lags_does_not_lead_to_a_second_ticket() {
    let world = World::without_webhooks(StdDuration::from_secs(150)).await;
    world.site.proxy.add(Rule::once("POST", "/issue", Fault::AnswerAfter { status: 502 }));
    let key = world.confirmed("Lagging search").await;
    world.app.settle().await;
    wait_it_out(&world).await;
    assert_eq!(world.ticket(&key).await["state"], "linked");
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);
}

#[actix_web::test]
async fn a_request_that_never_arrived_is_made_again() {
    let world = World::start().await;
    world.site.proxy.add(Rule::once("POST", "/issue", Fault::CloseBefore));
    let key = world.confirmed("Lost request").await;
    world.app.settle().await;
    assert_eq!(world.ticket(&key).await["state"], "unknown");
    assert!(world.site.sandbox.issue_keys().is_empty());
    wait_it_out(&world).await;
    assert_eq!(world.ticket(&key).await["state"], "linked");
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);
}

#[actix_web::test]
async fn a_revoked_token_while_a_create_is_uncertain_is_no_proof_of_absence() {
    let world = World::start().await;
    world.site.proxy.add(Rule::once("POST", "/issue", Fault::LoseAnswer));
    let key = world.confirmed("Revoked token").await;
    world.app.settle().await;
    world.site.sandbox.accept_token(false);
    wait_it_out(&world).await;
    assert_eq!(world.ticket(&key).await["state"], "unknown");
    let connection = world.first.api.get("/api/v1/connections").await.expect(200).json();
    let problem = connection["items"][0]["problem"].as_str().expect("a problem").to_owned();
    assert!(problem.contains("credentials"), "{problem}");

    world.site.sandbox.accept_token(true);
    wait_it_out(&world).await;
    assert_eq!(world.ticket(&key).await["state"], "linked");
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);
    let connection = world.first.api.get("/api/v1/connections").await.expect(200).json();
    assert_eq!(connection["items"][0]["problem"], json!(null));
}

#[actix_web::test]
async fn a_limit_is_waited_for() {
    let world = World::start().await;
    let headers = vec![("Retry-After", "40".to_owned())];
    world.site.proxy.add(Rule::once("POST", "/issue", Fault::Answer { status: 429, headers }));
    let key = world.confirmed("Limited").await;
    world.app.settle().await;
    world.app.pass(Duration::seconds(20)).await;
    assert_eq!(world.ticket(&key).await["state"], "wanted");
    assert_eq!(world.site.proxy.seen("POST", "/rest/api/3/issue"), 1);
    world.app.pass(Duration::seconds(30)).await;
    assert_eq!(world.ticket(&key).await["state"], "linked");
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);
}

#[actix_web::test]
async fn a_create_that_never_arrives_is_made_again_without_an_end() {
    let world = World::start().await;
    world.site.proxy.add(Rule::always("POST", "/issue", Fault::CloseBefore));
    let key = world.confirmed("Never answered").await;
    world.app.settle().await;
    for _ in 0..10 {
        world.app.pass(Duration::minutes(5)).await;
    }
    let ticket = world.ticket(&key).await;
    assert!(ticket["state"] == "unknown" || ticket["state"] == "wanted", "{ticket}");
    let creates = world.site.proxy.seen("POST", "/rest/api/3/issue");
    assert!((4..=9).contains(&creates), "{creates} creates in 50 minutes");

    world.site.proxy.clear();
    for _ in 0..3 {
        world.app.pass(Duration::minutes(10)).await;
    }
    assert_eq!(world.ticket(&key).await["state"], "linked");
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);
}

#[actix_web::test]
async fn an_issue_with_our_label_and_no_marker_is_never_doubled() {
    let world = World::start().await;
    world.site.proxy.add(Rule::once("POST", "/issue", Fault::LoseAnswer));
    let key = world.confirmed("Perhaps created").await;
    world.app.settle().await;
    let issue_key = world.site.sandbox.issue_keys().remove(0);
    let marker = world.issue(&issue_key).await.marker.expect("a marker");
    world.site.sandbox.drop_property(&issue_key, "abate");
    for _ in 0..3 {
        world.app.pass(Duration::minutes(5)).await;
    }
    let ticket = world.ticket(&key).await;
    assert_eq!(ticket["state"], "quarantined", "{ticket}");
    assert!(ticket["problem"].as_str().is_some_and(|text| text.contains(&issue_key)), "{ticket}");
    let path = format!("/api/v1/risks/{key}/tickets");
    world.first.api.post(&path, &json!({})).await.problem(409);
    world.first.api.post(&path, &json!({"again": true})).await.expect(202);
    for _ in 0..3 {
        world.app.pass(Duration::minutes(5)).await;
    }
    assert_eq!(world.ticket(&key).await["state"], "quarantined");
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);

    // Once it can be known it is adopted, and nobody has to ask.
    world.site.client.set_marker(&issue_key, &marker).await.expect("a property");
    world.app.pass(Duration::minutes(61)).await;
    assert_eq!(world.ticket(&key).await["state"], "linked");
    assert_eq!(world.ticket(&key).await["problem"], json!(null));
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);
}

#[actix_web::test]
async fn a_bulk_answer_that_is_lost_leads_to_one_ticket_each() {
    let world = World::start().await;
    world.site.proxy.add(Rule::always("POST", "*/issue*", Fault::Answer { status: 429, headers: vec![] }));
    let keys = [world.confirmed("One").await, world.confirmed("Two").await, world.confirmed("Three").await];
    world.app.settle().await;
    world.site.proxy.clear();
    world.site.proxy.add(Rule::once("POST", "/issue/bulk", Fault::LoseAnswer));
    wait_it_out(&world).await;
    for key in &keys {
        assert_eq!(world.ticket(key).await["state"], "linked", "{key}");
    }
    assert_eq!(world.site.sandbox.issue_keys().len(), 3);
}

#[actix_web::test]
async fn an_issue_that_is_gone_breaks_the_link_and_leaves_the_risk() {
    let world = World::start().await;
    let (key, issue_key) = world.ticketed("Deleted ticket").await;
    let issue = format!("*/issue/{}*", world.site.issue_id());
    world.site.proxy.add(Rule::always("GET", &issue, Fault::Answer { status: 404, headers: vec![] }));
    world.site.click(&issue_key, "11").await;
    world.until("the link is broken", async || world.ticket(&key).await["broken"] == true).await;
    assert_eq!(world.risk(&key).await["state"], "open");
    world.site.proxy.clear();
    world.app.pass(Duration::minutes(3)).await;
    assert_eq!(world.ticket(&key).await["broken"], false);
}

#[actix_web::test]
async fn a_comment_whose_answer_is_lost_is_written_once() {
    let world = World::start().await;
    let (key, issue_key) = world.ticketed("Won't be done").await;
    world.site.click(&issue_key, "11").await;
    world.until_state(&key, "in_progress").await;
    world.site.proxy.add(Rule::once("POST", "/comment", Fault::LoseAnswer));
    world.site.click(&issue_key, "61").await;
    world.until("the comment is there", async || !world.comments(&issue_key).await.is_empty()).await;
    wait_it_out(&world).await;
    assert_eq!(world.comments(&issue_key).await.len(), 1);
}
