//! What people see and do on the page of a group.

use std::time::Duration as StdDuration;

use chrono::Duration;
use serde_json::{Value, json};

use super::world::World;
use crate::intake::report::{import, risks, trivy};

async fn group(world: &World, key: &str) -> Value {
    world.first.api.get(&format!("/api/v1/groups/{key}")).await.expect(200).json()
}

#[actix_web::test]
async fn a_group_gets_another_title_on_its_page_and_the_ticket_follows() {
    let world = World::start().await;
    let keys = [world.confirmed("One").await, world.confirmed("Two").await];
    let form = json!({"title": "Update openssl", "risks": keys});
    world.first.api.post("/api/v1/groups", &form).await.expect(201);
    world.app.settle().await;
    let (page, browser) = ("/groups/G-1", &world.first.browser);
    let shown = browser.get(page).await.expect(200).text;
    assert!(shown.contains("value=\"Update openssl\"") && shown.contains("/groups/G-1/title"), "{shown}");
    browser.submit("/groups/G-1/title", &[("title", "Replace openssl")]).await.expect(303);
    world.app.settle().await;
    let detail = group(&world, "G-1").await;
    assert_eq!(detail["title"], "Replace openssl");
    let issue = detail["ticket"]["key"].as_str().expect("a key").to_owned();
    assert_eq!(world.issue(&issue).await.fields.summary.as_deref(), Some("G-1: Replace openssl (2 risks)"));

    // A title that cannot be is refused, and a closed group has none.
    browser.submit("/groups/G-1/title", &[("title", "  ")]).await.expect(303);
    assert_eq!(group(&world, "G-1").await["title"], "Replace openssl");
    let said = browser.get(page).await.expect(200).text;
    assert!(said.contains("Say in one line what is to be changed."), "{said}");
    browser.submit("/groups/G-1/close", &[]).await.expect(303);
    let closed = browser.get(page).await.expect(200).text;
    assert!(!closed.contains("/groups/G-1/title"), "{closed}");
}

/// The ticket of a group counts once against the cap of its team, and waits like any other.
#[actix_web::test]
async fn a_group_over_the_cap_is_held_shown_and_made_on_another_day() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let rules = json!({"rules": [{"level": "high", "ticket": true}], "daily_cap": 1});
    world.first.api.post("/api/v1/ticket-rules", &rules).await.expect(201);
    world.ticketed("Takes the place of today").await;
    let seen = [(1, "HIGH"), (2, "HIGH"), (3, "CRITICAL")];
    let report = seen
        .iter()
        .fold(trivy(&seen), |report, (number, _)| report.replace(&format!("lib{number}"), "openssl"));
    import(&world.app, &world.first, &report, &[("asset", "shop")]).await;
    for (number, _) in seen {
        let found = risks(&world.first, &format!("cve=CVE-2026-{number}")).await;
        let key = found[0]["key"].as_str().expect("a key").to_owned();
        world.step(&world.first, &key, json!({"event": "start_triage"})).await;
        let confirm = json!({"event": "confirm", "owner": world.owner.email, "reason": "Seen in a test"});
        world.step(&world.first, &key, confirm).await;
    }
    let form = json!({"kind": "library", "asset": "shop", "name": "openssl"});
    world.first.api.post("/api/v1/groups", &form).await.expect(201);
    world.app.settle().await;
    world.app.pass(Duration::minutes(10)).await;

    let ticket = group(&world, "G-1").await["ticket"].clone();
    assert_eq!((&ticket["state"], &ticket["key"]), (&json!("held"), &json!(null)), "{ticket}");
    let said = ticket["problem"].as_str().unwrap_or_default();
    assert!(said.contains("its 1 tickets of today"), "{ticket}");
    let page = world.first.browser.get("/groups/G-1").await.expect(200).text;
    assert!(page.contains("Held") && page.contains("its 1 tickets of today"), "{page}");
    let held = world.first.api.get("/api/v1/tickets?state=held").await.expect(200).json();
    assert!(held.to_string().contains("G-1"), "{held}");
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);

    for _ in 0..2 {
        world.app.pass(Duration::days(1)).await;
        world.app.pass(Duration::minutes(5)).await;
    }
    let ticket = group(&world, "G-1").await["ticket"].clone();
    assert_eq!((&ticket["state"], &ticket["problem"]), (&json!("linked"), &json!(null)), "{ticket}");
    assert_eq!(world.site.sandbox.issue_keys().len(), 2);
}
