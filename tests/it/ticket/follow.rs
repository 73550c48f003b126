//! What people do to a ticket, and what becomes of the risk.

use std::time::Duration as StdDuration;

use abate::access::role::Role;
use abate_integrations::jira::{Hop, Marker};
use chrono::Duration;
use serde_json::json;

use super::world::World;

#[actix_web::test]
async fn done_claims_the_fix_and_never_closes_the_risk() {
    let world = World::start().await;
    let (key, issue_key) = world.ticketed("To be fixed").await;
    world.app.time.advance(Duration::minutes(1));
    world.site.click(&issue_key, "11").await;
    world.until_state(&key, "in_progress").await;
    world.app.time.advance(Duration::minutes(1));
    let moved_at = world.app.state.clock.now();
    world.site.click(&issue_key, "31").await;
    world.until_state(&key, "verification").await;

    let risk = world.risk(&key).await;
    assert_eq!(risk["claimed_by"], json!([world.owner.email]));
    assert_eq!(risk["claimed_at"].as_str().and_then(|at| at.parse().ok()), Some(moved_at));
    let evidence = world.first.api.get(&format!("/api/v1/risks/{key}/evidence")).await.expect(200).json();
    assert_eq!(evidence["items"][0]["kind"], "jira");
    assert!(
        evidence["items"][0]["title"].as_str().is_some_and(|title| title.contains(&issue_key)),
        "{evidence}"
    );
    assert_eq!(world.ticket(&key).await["status_category"], "done");

    // The owner counts as the one who claimed it, so a verifier has to be somebody else.
    let verify = json!({"event": "verify_pass", "evidence": ["https://example.org/retest"]});
    let path = format!("/api/v1/risks/{key}/transitions");
    let verifier = world.app.person("vera@example.org", &[Role::Verifier]).await;
    verifier.api.post(&path, &verify).await.expect(200);
    world.app.pass(Duration::minutes(2)).await;
    assert_eq!(world.risk(&key).await["state"], "closed");
    assert!(world.comments(&issue_key).await.is_empty());
}

#[actix_web::test]
async fn our_own_echo_writes_nothing() {
    let world = World::start().await;
    let (key, issue_key) = world.ticketed("Echo").await;
    world.step(&world.owner, &key, json!({"event": "start"})).await;
    world.app.settle().await;
    assert_eq!(world.ticket(&key).await["status_category"], "indeterminate");
    let version = world.risk(&key).await["version"].clone();
    let history = world.issue(&issue_key).await.status_change;
    for _ in 0..3 {
        world.app.pass(Duration::minutes(2)).await;
    }
    assert_eq!(world.risk(&key).await["version"], version);
    assert_eq!(world.issue(&issue_key).await.status_change, history);
    assert!(world.comments(&issue_key).await.is_empty());
}

#[actix_web::test]
async fn leaving_done_takes_the_claim_back_and_closing_moves_the_ticket() {
    let world = World::start().await;
    let (key, issue_key) = world.ticketed("Not fixed after all").await;
    for (transition, state) in [("11", "in_progress"), ("31", "verification"), ("41", "in_progress")] {
        world.app.time.advance(Duration::minutes(1));
        world.site.click(&issue_key, transition).await;
        world.until_state(&key, state).await;
    }
    let claim = json!({"event": "claim_fixed", "evidence": ["https://example.org/commit"]});
    world.step(&world.owner, &key, claim).await;
    let verifier = world.app.person("vera@example.org", &[Role::Verifier]).await;
    world
        .step(&verifier, &key, json!({"event": "verify_pass", "evidence": ["https://example.org/retest"]}))
        .await;
    world.app.settle().await;
    let issue = world.issue(&issue_key).await;
    assert_eq!(issue.fields.resolution.map(|resolution| resolution.name).as_deref(), Some("Done"));

    // Moved back by a person after it was closed: open again, with the reason.
    world.app.time.advance(Duration::minutes(1));
    world.site.click(&issue_key, "41").await;
    world.until_state(&key, "open").await;
    assert_eq!(world.ticket(&key).await["status_category"], "new");
}

#[actix_web::test]
async fn will_not_do_is_answered_once_and_accepts_nothing() {
    let world = World::start().await;
    let (key, issue_key) = world.ticketed("Left alone").await;
    world.site.click(&issue_key, "11").await;
    world.until_state(&key, "in_progress").await;
    world.app.time.advance(Duration::minutes(1));
    world.site.click(&issue_key, "61").await;
    world.until("the answer is there", async || !world.comments(&issue_key).await.is_empty()).await;
    world.app.pass(Duration::minutes(5)).await;
    assert_eq!(world.risk(&key).await["state"], "in_progress");
    let comments = world.comments(&issue_key).await;
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains("accept"), "{comments:?}");
    assert!(world.ticket(&key).await["problem"].as_str().is_some_and(|text| text.contains("accept")));

    // It waits at the risk, for the owner, who is told once.
    let asked = world.risk(&key).await["ticket_proposal"].clone();
    assert_eq!(asked["wish"], "accept");
    assert!(asked["reason"].as_str().is_some_and(|reason| reason.contains("Won't Do")), "{asked}");
    assert_eq!(
        world.notices("ticket").await,
        [format!("The ticket of {key} asks for it to be accepted instead of fixed.")]
    );
    let path = format!("/api/v1/risks/{key}/ticket-proposal");
    let stranger = world.app.person("mate@example.org", &[Role::Engineer]).await;
    stranger.api.delete(&path).await.problem(403);
    world.owner.api.delete(&path).await.expect(204);
    world.owner.api.delete(&path).await.problem(404);
    world.app.pass(Duration::minutes(5)).await;
    assert_eq!(world.risk(&key).await["ticket_proposal"], json!(null));
}

#[actix_web::test]
async fn a_ticket_that_is_lost_is_told_to_the_owner_once() {
    let world = World::start().await;
    let (key, issue_key) = world.ticketed("Carries the marker of another").await;
    let issue = world.issue(&issue_key).await;
    let marker =
        Marker { uuid: "00000000-0000-7000-8000-000000000000".to_owned(), ..issue.marker.expect("a marker") };
    world.site.client.set_marker(&issue.id, &marker).await.expect("a property");
    for _ in 0..3 {
        world
            .first
            .api
            .patch(&format!("/api/v1/risks/{key}"), &json!({"plan": "Another plan"}))
            .await
            .expect(200);
        world.app.pass(Duration::minutes(5)).await;
    }
    let told = world.notices("ticket").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("has lost its ticket"), "{told:?}");
}

#[actix_web::test]
async fn a_step_whose_guard_fails_leaves_the_risk_and_says_so_once() {
    let world = World::start().await;
    let key = world.app.risk("shop", "Still in triage").await;
    world.first.api.post(&format!("/api/v1/risks/{key}/tickets"), &json!({})).await.expect(202);
    world.app.settle().await;
    let issue_key = world.ticket(&key).await["key"].as_str().expect("a key").to_owned();
    for transition in ["11", "31"] {
        world.app.time.advance(Duration::minutes(1));
        world.site.click(&issue_key, transition).await;
    }
    world.until("the answer is there", async || !world.comments(&issue_key).await.is_empty()).await;
    world.app.pass(Duration::minutes(5)).await;
    assert_eq!(world.risk(&key).await["state"], "new");
    assert_eq!(world.comments(&issue_key).await.len(), 1);
}

#[actix_web::test]
async fn comments_on_the_risk_are_copied_once() {
    let world = World::start().await;
    let key = world.confirmed("Talked about").await;
    let path = format!("/api/v1/risks/{key}/comments");
    world.app.settle().await;
    let issue_key = world.ticket(&key).await["key"].as_str().expect("a key").to_owned();
    world.first.api.post(&path, &json!({"body": "Look at the gateway first"})).await.expect(201);
    world.app.settle().await;
    world.app.pass(Duration::minutes(5)).await;
    let comments = world.site.client.newest_comments(&issue_key).await.expect("comments");
    assert_eq!(comments.len(), 1);
    assert!(comments[0].body.to_string().contains("Look at the gateway first"));
}

#[actix_web::test]
async fn what_a_person_moves_with_our_account_is_followed() {
    let world = World::start().await;
    let (key, issue_key) = world.ticketed("Moved with the token's own account").await;
    for (to, state) in [("In Progress", "in_progress"), ("Done", "verification")] {
        world.app.time.advance(Duration::minutes(1));
        let offered = world.site.client.transitions(&issue_key).await.expect("transitions");
        let transition = offered.iter().find(|transition| transition.to.name == to).expect("a way");
        let resolution = transition.resolutions.first().map(|resolution| resolution.id.clone());
        let (id, to) = (transition.id.clone(), transition.to.clone());
        let hop = Hop { transition: id, to, resolution, fields: transition.given.clone() };
        world.site.client.do_transition(&issue_key, &hop).await.expect("moved");
        world.until_state(&key, state).await;
    }
    assert_eq!(world.ticket(&key).await["status_category"], "done");
}

#[actix_web::test]
async fn a_workflow_without_a_way_is_walked_once_and_says_what_is_missing() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue_key) = world.ticketed("Fixed, but not to be closed").await;
    world.site.sandbox.offer_done(false);
    world.step(&world.owner, &key, json!({"event": "start"})).await;
    world.app.settle().await;
    let claim = json!({"event": "claim_fixed", "evidence": ["https://example.org/commit"]});
    world.step(&world.owner, &key, claim).await;
    let verifier = world.app.person("vera@example.org", &[Role::Verifier]).await;
    world
        .step(&verifier, &key, json!({"event": "verify_pass", "evidence": ["https://example.org/retest"]}))
        .await;
    world.app.settle().await;
    let moves = || {
        let path = format!("/rest/api/3/issue/{}/transitions", world.site.issue_id());
        world.site.proxy.seen("POST", &path)
    };
    let problem = async || world.ticket(&key).await["problem"].as_str().unwrap_or_default().to_owned();
    assert!(problem().await.contains("no way from \"To Do\""), "{}", problem().await);
    let walked = moves();
    for _ in 0..2 {
        world.app.pass(Duration::minutes(3)).await;
    }
    world.app.pass(Duration::hours(25)).await;
    world.app.pass(Duration::minutes(3)).await;
    assert_eq!(moves(), walked);
    assert!(problem().await.contains("no way from \"To Do\""), "{}", problem().await);

    // Somebody mends the workflow, and it is found without a word.
    world.site.sandbox.offer_done(true);
    world.app.pass(Duration::days(8)).await;
    world.app.pass(Duration::minutes(3)).await;
    assert_eq!(world.ticket(&key).await["status_category"], "done");
    assert_eq!(problem().await, "");
    assert_eq!(
        world.issue(&issue_key).await.fields.resolution.map(|said| said.name).as_deref(),
        Some("Done")
    );
}
