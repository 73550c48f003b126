//! Rules say which risks get a ticket and where; a cap spreads them over days.

use std::time::Duration as StdDuration;

use abate_entity::job;
use chrono::Duration;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use super::world::World;

async fn rules(world: &World, form: Value) {
    world.first.api.post("/api/v1/ticket-rules", &form).await.expect(201);
}

async fn tickets(world: &World, state: &str) -> Vec<String> {
    let list = world.first.api.get(&format!("/api/v1/tickets?state={state}")).await.expect(200).json();
    let items = list["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["risk"].as_str().unwrap_or_default().to_owned()).collect()
}

#[actix_web::test]
async fn the_first_rule_that_fits_decides_and_a_wish_is_over_and_above() {
    let world = World::start().await;
    rules(
        &world,
        json!({"rules": [{"assets": ["shop"], "ticket": false}, {"level": "high", "ticket": true}], "note": "Quiet"}),
    )
    .await;
    let key = world.confirmed("Left out").await;
    world.app.settle().await;
    assert_eq!(world.ticket(&key).await, json!(null));
    world.first.api.post(&format!("/api/v1/risks/{key}/tickets"), &json!({})).await.expect(202);
    world.app.settle().await;
    assert_eq!(world.ticket(&key).await["state"], "linked");

    let page = world.first.browser.get("/settings/tickets").await.expect(200);
    assert!(page.text.contains("Any level, on shop") && page.text.contains("No ticket"));
    for (field, form) in [
        ("rules[0].teams", json!({"rules": [{"teams": ["nobody"], "ticket": true}]})),
        ("rules[0].connection", json!({"rules": [{"connection": 99, "ticket": true}]})),
        ("daily_cap", json!({"rules": [], "daily_cap": 0})),
    ] {
        let answer = world.first.api.post("/api/v1/ticket-rules", &form).await.expect(422).json();
        assert_eq!(answer["errors"][0]["field"], field, "{answer}");
    }
    let stale = json!({"base": 1, "rules": []});
    world.first.api.post("/api/v1/ticket-rules", &stale).await.expect(412);
}

/// The pages make the same versions as scripts do.
#[actix_web::test]
async fn rules_are_added_and_removed_on_a_page() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let add = [
        ("wish", "add"),
        ("version", "1"),
        ("level", "low"),
        ("team", "security"),
        ("asset", ""),
        ("then", "first"),
    ];
    world.first.browser.submit("/settings/tickets", &add).await.expect(303);
    let cap = [("wish", "cap"), ("version", "2"), ("daily_cap", "7")];
    world.first.browser.submit("/settings/tickets", &cap).await.expect(303);
    let now = world.first.api.get("/api/v1/ticket-rules").await.expect(200).json();
    assert_eq!((&now["version"], &now["daily_cap"]), (&json!(3), &json!(7)));
    assert_eq!(now["rules"][0]["level"], "low");
    assert_eq!(now["rules"][0]["teams"], json!(["security"]));
    let remove = [("wish", "remove"), ("version", "3"), ("index", "0")];
    world.first.browser.submit("/settings/tickets", &remove).await.expect(303);
    let now = world.first.api.get("/api/v1/ticket-rules").await.expect(200).json();
    assert_eq!(now["rules"].as_array().map(Vec::len), Some(1), "{now}");
}

#[actix_web::test]
async fn what_is_over_the_cap_waits_for_its_day_and_nothing_is_lost() {
    let world = World::start().await;
    rules(&world, json!({"rules": [{"level": "high", "ticket": true}], "daily_cap": 2})).await;
    let mut keys = Vec::new();
    for number in 0..5 {
        keys.push(world.confirmed(&format!("Risk {number}")).await);
        world.app.settle().await;
    }
    assert_eq!(tickets(&world, "linked").await.len(), 2);
    let held = tickets(&world, "held").await;
    assert_eq!(held.len(), 3);
    let said = world.ticket(&held[0]).await["problem"].as_str().unwrap_or_default().to_owned();
    assert!(said.contains("its 2 tickets of today"), "{said}");

    world.first.api.post(&format!("/api/v1/risks/{}/tickets", held[0]), &json!({})).await.expect(202);
    world.app.settle().await;
    assert_eq!(world.ticket(&held[0]).await["state"], "linked", "a person's wish is over and above");
    for expected in [2, 2] {
        assert_eq!(tickets(&world, "held").await.len(), expected, "{expected}");
        world.app.pass(Duration::hours(1)).await;
    }
    world.app.pass(Duration::days(1)).await;
    world.app.pass(Duration::minutes(2)).await;
    assert_eq!(tickets(&world, "linked").await.len(), 5);
    assert_eq!(world.site.sandbox.issue_keys().len(), 5);
}

/// A change of a risk that neither has a ticket nor is to have one queues nothing.
#[actix_web::test]
async fn changes_of_risks_without_a_ticket_queue_no_work() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let key = world.app.risk("shop", "Not yet confirmed").await;
    world.app.settle().await;
    let db = world.app.state.database.reader();
    let count =
        async || job::Entity::find().filter(job::Column::Kind.eq("ticket")).count(db).await.expect("a count");
    let before = count().await;
    world.step(&world.first, &key, json!({"event": "start_triage"})).await;
    assert_eq!(count().await, before);
}
