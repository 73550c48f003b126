//! The process dies while a ticket is created.

use std::time::Duration as StdDuration;

use abate::platform::clock::Clock;
use abate::sandbox::jira::JiraSandboxKind;
use serde_json::json;

use super::world::settings;
use crate::fault_proxy::{Fault, Rule};
use crate::harness::database::TestDatabase;
use crate::harness::process::{self, Server};
use crate::jira::site::Site;

/// As if the leases of the dead process had run out.
const LATER: &str = "UPDATE job SET leased_until = '2000-01-01 00:00:00+00:00'; \
                     UPDATE ticket SET next_try_at = '2000-01-01 00:00:00+00:00' WHERE state = 'creating'";

#[actix_web::test]
async fn a_killed_process_leaves_one_ticket() {
    let clock = Clock::system();
    let site =
        Site::start_at(JiraSandboxKind::Cloud, StdDuration::ZERO, std::sync::Arc::new(move || clock.now()))
            .await;
    let database = TestDatabase::create().await;
    let settings = settings(&site);
    let variables: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let user = ["user", "create", "--email", "ana@example.org", "--name", "Ana", "--role", "triager"];
    process::run_with(&database, &user, &[], "a password of Ana's").await.success();
    let token = process::run(&database, &["token", "create", "--user", "ana@example.org"]).await.success();

    // JIRA has created the issue, and its answer is on the way when the process dies.
    site.proxy.add(Rule::always("POST", "/issue", Fault::DelayAnswer(StdDuration::from_secs(3600))));
    let mut server = Server::start_with(&["serve"], &database, &variables).await;
    let ana = server.client().with_token(token.trim());
    let asset = json!({"key": "shop", "name": "Shop", "kind": "service", "tier": "important"});
    ana.post("/api/v1/assets", &asset).await.expect(201);
    let risk = json!({"asset": "shop", "title": "Killed", "likelihood": 4, "impact": 4});
    ana.post("/api/v1/risks", &risk).await.expect(201);
    for step in [
        json!({"event": "start_triage"}),
        json!({"event": "confirm", "owner": "ana@example.org", "reason": "Seen"}),
    ] {
        ana.post("/api/v1/risks/R-1/transitions", &step).await.expect(200);
    }
    while site.sandbox.issue_keys().is_empty() {
        tokio::time::sleep(StdDuration::from_millis(20)).await;
    }
    server.kill().await;
    site.proxy.clear();
    database.tamper(LATER).await;

    server.restart().await;
    let state =
        async || ana.get("/api/v1/risks/R-1/tickets").await.expect(200).json()["items"][0]["state"].clone();
    let mut seen = Vec::new();
    while seen.last() != Some(&json!("linked")) {
        let now = state().await;
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        tokio::time::sleep(StdDuration::from_millis(100)).await;
    }
    assert!(!seen.contains(&json!("wanted")), "{seen:?}");
    assert_eq!(site.sandbox.issue_keys().len(), 1);
}
