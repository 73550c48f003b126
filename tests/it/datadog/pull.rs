//! Signals come in once, in pages, with an overlap, and as fast as Datadog allows.

use abate_entity::{datadog_connection, datadog_signal};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _};
use serde_json::json;

use super::Stage;

#[actix_web::test]
async fn signals_come_in_once_and_the_list_goes_on_where_it_was() {
    let stage = Stage::connected().await;
    let began = stage.now();
    stage.datadog.add("old", "rule-0", began - Duration::days(2));
    stage.datadog.add("s-1", "rule-1", began - Duration::hours(2));
    stage.look().await;
    let risk = stage.risk().await;
    assert!(risk["title"].as_str().unwrap().contains("rule-1"), "{risk}");
    let shown = stage.shown().await;
    assert_eq!((&shown["signals"], &shown["problem"]), (&json!(1), &json!(null)), "{shown}");
    stage.look().await;
    let imports = stage.admin.api.get("/api/v1/imports").await.expect(200).json();
    let imports = imports["items"].as_array().unwrap();
    assert_eq!(imports.len(), 1, "what is known is no import: {imports:?}");
    assert_eq!((&imports[0]["complete"], &imports[0]["format"]), (&json!(false), &json!("datadog")));
    let searches = stage.datadog.searches();
    let from = |at: usize| searches[at]["filter"]["from"].as_str().unwrap().to_owned();
    let to = searches[0]["filter"]["to"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let second = from(1).parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert_eq!(to - second, Duration::minutes(15));
    // One that turned up late, and is older than the last look.
    stage.datadog.add("late", "rule-2", to - Duration::minutes(10));
    stage.look().await;
    assert_eq!(stage.shown().await["signals"], 2);
}

#[actix_web::test]
async fn a_long_list_is_read_in_pages_and_more_than_one_look() {
    let stage = Stage::connected().await;
    stage.datadog.page(2);
    for number in 0..23 {
        let at = stage.now() - Duration::minutes(600 - number);
        stage.datadog.add(&format!("s-{number}"), &format!("rule-{number}"), at);
    }
    stage.look().await;
    assert_eq!(stage.shown().await["signals"], 23);
    let searches = stage.datadog.searches();
    assert_eq!(searches.len(), 12);
    assert!(searches.iter().all(|search| search["filter"] == searches[0]["filter"]), "{searches:?}");
    let risks = stage.admin.api.get("/api/v1/risks?limit=100").await.expect(200).json();
    assert_eq!(risks["items"].as_array().unwrap().len(), 23);
}

#[actix_web::test]
async fn a_page_that_datadog_has_forgotten_is_no_loss() {
    let stage = Stage::connected().await;
    stage.datadog.page(2);
    for number in 0..9 {
        let at = stage.now() - Duration::minutes(600 - 40 * number);
        stage.datadog.add(&format!("s-{number}"), &format!("rule-{number}"), at);
    }
    // The third page breaks; its name means nothing any more when it is asked for again.
    stage.datadog.fail_after(2, "POST /api/v2/security_monitoring/signals/search", 502);
    stage.datadog.fail_after(0, "POST /api/v2/security_monitoring/signals/search", 400);
    stage.look().await;
    assert_eq!(stage.shown().await["signals"], 4);
    stage.look().await;
    assert_eq!(stage.shown().await["signals"], 9);
    let searches = stage.datadog.searches();
    assert_eq!(searches.len(), 5, "it went on where it had got to: {searches:?}");
}

#[actix_web::test]
async fn a_signal_brings_a_closed_risk_back_only_when_something_more_happened() {
    let stage = Stage::connected().await;
    stage.datadog.add("s-1", "rule-1", stage.now());
    stage.look().await;
    let key = stage.risk().await["key"].as_str().unwrap().to_owned();
    stage.start_work(&key).await;
    stage.step(&key, json!({"event": "claim_fixed", "evidence": ["https://example.org/change"]})).await;
    stage.look().await;
    assert_eq!(stage.risk().await["state"], "verification", "the overlap shows the signal again");
    stage.app.time.advance(Duration::minutes(1));
    stage.datadog.grow("s-1", stage.now());
    stage.look().await;
    assert_eq!(stage.risk().await["state"], "in_progress");
}

#[actix_web::test]
async fn the_wait_that_datadog_asks_for_is_kept() {
    let stage = Stage::connected().await;
    stage.datadog.add("s-1", "rule-1", stage.now());
    stage.datadog.fail("POST", 429, "X-RateLimit-Reset: 1200");
    stage.look().await;
    let shown = stage.shown().await;
    assert!(shown["problem"].as_str().unwrap().contains("fewer requests"), "{shown}");
    for _ in 0..3 {
        stage.look().await;
    }
    assert_eq!((stage.datadog.searches().len(), stage.shown().await["signals"].clone()), (0, json!(0)));
    stage.look().await;
    let shown = stage.shown().await;
    assert_eq!((&shown["signals"], &shown["problem"]), (&json!(1), &json!(null)), "{shown}");
}

#[actix_web::test]
async fn keys_that_are_refused_are_told_without_the_keys() {
    let stage = Stage::new().await;
    let mut form = stage.form();
    form["api_key"] = json!("wrong-CANARY-key");
    stage.admin.api.post("/api/v1/connections/datadog", &form).await.expect(201);
    stage.look().await;
    let shown = stage.shown().await.to_string();
    assert!(shown.contains("security_monitoring_signals_read") && !shown.contains("CANARY"), "{shown}");
    assert_eq!(stage.datadog.refused(), 1);
    let keys = json!({"api_key": crate::harness::datadog::API_KEY, "application_key": crate::harness::datadog::APPLICATION_KEY});
    stage.admin.api.patch("/api/v1/connections/datadog/1", &keys).await.expect(200);
    stage.look().await;
    assert!(stage.shown().await["problem"].is_null());
    stage.admin.api.patch("/api/v1/connections/datadog/1", &json!({"enabled": false})).await.expect(200);
    let searches = stage.datadog.searches().len();
    stage.look().await;
    assert_eq!(stage.datadog.searches().len(), searches);
}

/// A regression: what failed on our side came back with each tick of the timer, and nobody was shown why.
#[actix_web::test]
async fn a_failure_of_our_own_is_shown_and_comes_back_ever_later() {
    let stage = Stage::connected().await;
    let unreadable = stage.app.state.database.write(async |tx| {
        let row =
            datadog_connection::ActiveModel { id: Set(1), keys: Set(vec![0; 40]), ..Default::default() };
        row.update(tx).await?;
        Ok(())
    });
    unreadable.await.unwrap();
    let mut waits = Vec::new();
    for _ in 0..6 {
        let next: DateTime<Utc> = stage.shown().await["next_at"].as_str().unwrap().parse().unwrap();
        let wait = (next - stage.now()).max(Duration::minutes(5));
        waits.push(wait.num_minutes());
        stage.app.pass(wait).await;
        let shown = stage.shown().await;
        assert!(shown["problem"].as_str().unwrap().contains("a fault of Abate"), "{shown}");
    }
    assert_eq!(waits, [5, 5, 10, 20, 40, 60]);
    assert!(stage.datadog.searches().is_empty());
}

/// A regression: a look that was under way wrote its page of the old list over a query that was changed meanwhile.
#[actix_web::test]
async fn another_query_begins_its_list_from_the_first_page() {
    let stage = Stage::connected().await;
    stage.datadog.page(2);
    for number in 0..23 {
        let at = stage.now() - Duration::minutes(600 - number);
        stage.datadog.add(&format!("s-{number}"), &format!("rule-{number}"), at);
    }
    stage.datadog.hold(true);
    stage.app.time.advance(Duration::minutes(5));
    stage.datadog.asked().await;
    let change = json!({"query": "status:high"});
    stage.admin.api.patch("/api/v1/connections/datadog/1", &change).await.expect(200);
    stage.datadog.hold(false);
    stage.look().await;
    let searches = stage.datadog.searches();
    let first = searches.iter().position(|search| search["filter"]["query"] == "status:high").unwrap();
    assert_eq!(first, 1, "{searches:?}");
    assert!(searches[first]["page"]["cursor"].is_null(), "{searches:?}");
    assert_eq!(stage.shown().await["signals"], 23);
}

/// A regression: rows of signals stayed for ever.
#[actix_web::test]
async fn signals_of_which_nothing_is_to_be_told_any_more_are_forgotten() {
    let stage = Stage::connected().await;
    stage.datadog.add("s-1", "rule-1", stage.now());
    stage.look().await;
    let key = stage.risk().await["key"].as_str().unwrap().to_owned();
    stage.dismiss(&key).await;
    stage.datadog.add("s-2", "rule-2", stage.now());
    stage.look().await;
    // Until no look reaches back to them.
    stage.app.pass(Duration::hours(1)).await;
    stage.app.pass(Duration::days(91)).await;
    let left = datadog_signal::Entity::find().all(stage.app.state.database.reader()).await.unwrap();
    let left: Vec<&str> = left.iter().map(|row| row.signal.as_str()).collect();
    assert_eq!(left, ["s-2"], "that of an open risk stays");
}
