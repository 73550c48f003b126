//! Signals come in once, in pages, with an overlap, and as fast as Datadog allows.

use chrono::Duration;
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
