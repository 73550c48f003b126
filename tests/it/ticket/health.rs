//! What one failed call moves, and what several do.

use std::time::Duration as StdDuration;

use abate::ticket::connection;
use abate_integrations::jira::{JiraError, Limit};
use chrono::Duration;
use serde_json::{Value, json};

use super::world::World;
use crate::fault_proxy::{Fault, Rule};

async fn connection(world: &World) -> Value {
    world.first.api.get("/api/v1/connections").await.expect(200).json()["items"][0].clone()
}

async fn retitle(world: &World, key: &str, title: &str) {
    let form = json!({"title": title, "reason": "Said better"});
    world.first.api.patch(&format!("/api/v1/risks/{key}"), &form).await.expect(200);
}

#[actix_web::test]
async fn a_failed_call_moves_its_own_ticket_only() {
    let world = World::start().await;
    let (one, one_issue) = world.ticketed("One").await;
    let (two, two_issue) = world.ticketed("Two").await;
    let title = async |issue: &str| world.issue(issue).await.fields.summary.unwrap_or_default();
    let path = format!("*/issue/{}*", world.site.issue_id());
    let per_issue =
        vec![("Retry-After", "30".to_owned()), ("RateLimit-Reason", "jira-per-issue-on-write".to_owned())];
    let faults = [
        Fault::Answer { status: 500, headers: vec![] },
        Fault::LoseAnswer,
        Fault::Answer { status: 409, headers: vec![] },
        Fault::Answer { status: 429, headers: per_issue },
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        world.site.proxy.add(Rule::always("PUT", &path, fault));
        retitle(&world, &one, &format!("One {number}")).await;
        retitle(&world, &two, &format!("Two {number}")).await;
        world.app.settle().await;
        assert_eq!(title(&two_issue).await, format!("R-2: Two {number}"));
        let connection = connection(&world).await;
        assert_eq!(connection["retry_at"], json!(null), "{connection}");
        assert_eq!(connection["problem"], json!(null), "{connection}");
        world.site.proxy.clear();
        world.app.pass(Duration::seconds(50)).await;
        assert_eq!(title(&one_issue).await, format!("R-1: One {number}"));
    }
}

#[actix_web::test]
async fn several_failures_in_a_row_rest_the_connection_for_a_while() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue_key) = world.ticketed("While it is down").await;
    let path = format!("/rest/api/3/issue/{}", world.site.issue_id());
    let down = Fault::Answer { status: 503, headers: vec![] };
    world.site.proxy.add(Rule::always("", "*/rest/*", down));
    retitle(&world, &key, "Changed meanwhile").await;
    world.app.settle().await;
    assert_eq!(connection(&world).await["retry_at"], json!(null));
    for _ in 0..12 {
        world.app.pass(Duration::seconds(30)).await;
    }
    let resting = connection(&world).await;
    assert!(resting["problem"].as_str().is_some_and(|text| text.contains("503")), "{resting}");
    // What the rest has kept back is not asked again and again.
    let asked = world.site.proxy.seen("GET", &path);
    assert!(asked < 12, "{asked} reads while JIRA is down");

    world.site.proxy.clear();
    for _ in 0..4 {
        world.app.pass(Duration::minutes(3)).await;
    }
    let connection = connection(&world).await;
    assert_eq!((&connection["problem"], &connection["retry_at"]), (&json!(null), &json!(null)));
    let title = world.issue(&issue_key).await.fields.summary;
    assert_eq!(title.as_deref(), Some("R-1: Changed meanwhile"));
}

#[actix_web::test]
async fn a_success_does_not_erase_a_wait_that_somebody_wrote_meanwhile() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let state = &world.app.state;
    let active = async || connection::first(state).await.expect("a database").expect("a connection");
    let row = async || active().await.row;
    let id = row().await.id;
    let lost = JiraError::UnknownOutcome { detail: "lost".to_owned(), retry_after: None };
    assert_eq!(connection::note_failure(state, &active().await, &lost).await.expect("noted"), None);
    let limited = JiraError::RateLimited {
        retry_after: Some(StdDuration::from_secs(600)),
        limit: Limit::Quota,
        reason: "jira-quota-global-based".to_owned(),
    };
    let until =
        connection::note_failure(state, &active().await, &limited).await.expect("noted").expect("a rest");
    assert!(until >= state.clock.now() + Duration::seconds(600));
    connection::note_success(state, id, connection::Shows::Tickets).await.expect("noted");
    assert_eq!(row().await.retry_at, Some(until));
    // Nor does a call that was under way and fails now make it shorter.
    connection::note_failure(state, &active().await, &lost).await.expect("noted");
    assert_eq!(row().await.retry_at, Some(until));
    world.app.time.advance(Duration::minutes(20));
    connection::note_success(state, id, connection::Shows::Tickets).await.expect("noted");
    assert_eq!((row().await.retry_at, row().await.failures), (None, 0));
}

#[actix_web::test]
async fn risks_confirmed_one_by_one_are_created_together() {
    let world = World::with(StdDuration::ZERO, &[("ABATE_JIRA__GATHER_SECONDS", "3")]).await;
    for number in 0..4 {
        world.confirmed(&format!("Risk {number}")).await;
        world.app.settle().await;
    }
    assert!(world.site.sandbox.issue_keys().is_empty());
    world.app.pass(Duration::seconds(6)).await;
    assert_eq!(world.site.sandbox.issue_keys().len(), 4);
    assert_eq!(world.site.proxy.seen("POST", "/rest/api/3/issue/bulk"), 1);
    assert_eq!(world.site.proxy.seen("POST", "/rest/api/3/issue"), 0);
}

#[actix_web::test]
async fn a_project_that_is_hidden_is_one_problem_and_breaks_no_ticket() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue_key) = world.ticketed("Still there").await;
    let hidden = Fault::Answer { status: 404, headers: vec![] };
    world.site.proxy.add(Rule::always("GET", "*/project/*", hidden.clone()));
    world.site.proxy.add(Rule::always("GET", "*/issue/*", hidden));
    retitle(&world, &key, "Renamed meanwhile").await;
    world.app.settle().await;
    assert_eq!(world.ticket(&key).await["broken"], false);
    let resting = connection(&world).await;
    assert!(resting["problem"].as_str().is_some_and(|text| text.contains("project SEC")), "{resting}");
    assert_eq!(world.notices("ticket").await, Vec::<String>::new());
    world.site.proxy.clear();
    for _ in 0..3 {
        world.app.pass(Duration::minutes(3)).await;
    }
    assert_eq!(connection(&world).await["problem"], json!(null));
    let title = world.issue(&issue_key).await.fields.summary;
    assert_eq!(title.as_deref(), Some("R-1: Renamed meanwhile"));
}
