//! `abate doctor` on a JIRA that works, one that does not, and a connection that a restore has paused.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use abate::platform::clock::Clock;
use abate::sandbox::jira::JiraSandboxKind;
use chrono::Duration;
use serde_json::json;

use super::world::{World, settings};
use crate::fault_proxy::{Fault, Rule};
use crate::harness::database::TestDatabase;
use crate::harness::process;
use crate::jira::site::Site;

#[actix_web::test]
async fn it_says_what_is_wrong_and_how_to_mend_it() {
    // A process of its own tells the time by the machine's clock.
    let clock = Clock::system();
    let site = Site::start_at(JiraSandboxKind::Cloud, StdDuration::ZERO, Arc::new(move || clock.now())).await;
    let database = TestDatabase::create().await;
    let settings = settings(&site);
    let variables: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let doctor = async |arguments: &[&str]| process::run_with(&database, arguments, &variables, "").await;

    let well = doctor(&["doctor"]).await.success();
    assert!(well.contains("jira permissions") && !well.contains("BAD"), "{well}");
    site.sandbox.accept_token(false);
    let ill = doctor(&["doctor", "--json"]).await;
    assert_eq!(ill.code, Some(1), "{ill:?}");
    let said: serde_json::Value = serde_json::from_str(&ill.stdout).expect("JSON");
    let account =
        said["findings"].as_array().into_iter().flatten().find(|one| one["check"] == "jira account");
    let detail = account.and_then(|one| one["detail"].as_str()).unwrap_or_default();
    assert!(detail.contains("make a new API token"), "{said}");
}

#[actix_web::test]
async fn it_finds_rows_that_lead_nowhere() {
    let database = TestDatabase::create().await;
    let well = process::run_with(&database, &["doctor"], &[], "").await.success();
    assert!(well.contains("references") && !well.contains("BAD"), "{well}");
    database.tamper("INSERT INTO risk_tag (risk_id, kind, value) VALUES (404, 'cve', 'CVE-2026-1')").await;
    let ill = process::run_with(&database, &["doctor"], &[], "").await;
    assert_eq!(ill.code, Some(1), "{ill:?}");
    assert!(ill.stdout.contains("risk_tag.risk_id: 1 rows lead nowhere"), "{ill:?}");
}

/// The backup knows a ticket as wanted; JIRA has it by now.
#[actix_web::test]
async fn a_resumed_connection_looks_before_it_creates() {
    let world = World::start().await;
    world.site.proxy.add(Rule::once("POST", "/issue", Fault::LoseAnswer));
    let key = world.confirmed("Restored").await;
    world.app.settle().await;
    let restored = "UPDATE connection SET paused = TRUE; \
                    UPDATE ticket SET state = 'wanted', attempt = 0, unknown_since = NULL";
    world.app.database.tamper(restored).await;
    world.app.pass(Duration::minutes(2)).await;
    assert_eq!(world.ticket(&key).await["state"], "wanted");

    let now = world.app.state.clock.now();
    let resumed = world.app.state.database.write(async |tx| abate::ticket::resume::run(tx, now).await).await;
    assert_eq!(resumed.expect("resumed"), 1);
    world.app.pass(Duration::minutes(1)).await;
    assert_eq!(world.ticket(&key).await["state"], "linked");
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);
}

/// The backup knows the risk and not its ticket, which JIRA has by now. Nobody says that it was restored.
#[actix_web::test]
async fn a_ticket_from_after_the_backup_is_found_and_not_made_again() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    world.app.pass(Duration::minutes(3)).await;
    let (key, issue_key) = world.ticketed("Restored without its ticket").await;
    world.app.pass(Duration::hours(1)).await;
    let earlier = "UPDATE connection SET polled_until = created_at; DELETE FROM ticket_drift; \
                   DELETE FROM ticket_comment; DELETE FROM ticket";
    let time_goes_by = async || {
        for _ in 0..6 {
            world.app.pass(Duration::minutes(5)).await;
        }
    };
    world.app.database.tamper(earlier).await;
    time_goes_by().await;
    let ticket = world.ticket(&key).await;
    assert_eq!((&ticket["state"], &ticket["key"]), (&json!("linked"), &json!(issue_key)), "{ticket}");
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);

    // Nor does one that is gone by the time it is looked for keep the risk from having one.
    world.site.sandbox.delete(&issue_key);
    world.app.database.tamper(earlier).await;
    let orphan = format!(
        "INSERT INTO ticket_stranger (connection_id, issue_id, issue_key, kind, uuid, found_at) \
         SELECT connection.id, '404', '{issue_key}', 'orphan', risk.uuid, connection.created_at FROM connection, risk"
    );
    world.app.database.tamper(&orphan).await;
    time_goes_by().await;
    assert_eq!(world.ticket(&key).await["state"], "linked");
}
