//! Connections are made, changed and ended; their keys are never shown.

use abate_entity::{audit_entry, datadog_connection};
use sea_orm::EntityTrait as _;
use serde_json::json;

use super::Stage;
use crate::harness::app::TestApp;

#[actix_web::test]
async fn keys_are_sealed_shown_nowhere_and_forgotten_at_the_end() {
    let stage = Stage::connected().await;
    let db = stage.app.state.database.reader();
    let row = datadog_connection::Entity::find_by_id(1).one(db).await.unwrap().unwrap();
    assert!(!row.keys.windows(6).any(|part| part == b"CANARY"));
    let change = json!({
        "query": "status:high", "interval_minutes": 30, "asset": "shop",
        "api_key": "other-CANARY-1", "application_key": "other-CANARY-2",
    });
    let changed = stage.admin.api.patch("/api/v1/connections/datadog/1", &change).await.expect(200).text;
    let list = stage.admin.api.get("/api/v1/connections/datadog").await.expect(200).text;
    let page = stage.admin.browser.get("/settings/datadog").await.expect(200).text;
    for text in [&changed, &list, &page] {
        assert!(text.contains("siem") && !text.contains("CANARY"), "{text}");
    }
    let changed: serde_json::Value = serde_json::from_str(&changed).unwrap();
    assert_eq!((&changed["query"], &changed["interval_minutes"]), (&json!("status:high"), &json!(30)));
    stage.admin.api.delete("/api/v1/connections/datadog/1").await.expect(204);
    stage.admin.api.get("/api/v1/connections/datadog/1").await.expect(404);
    let row = datadog_connection::Entity::find_by_id(1).one(db).await.unwrap().unwrap();
    assert!(row.keys.is_empty());
    let entries = audit_entry::Entity::find().all(db).await.unwrap();
    assert!(!format!("{entries:?}").contains("CANARY"));
    assert_eq!(entries.iter().filter(|entry| entry.action.starts_with("datadog.")).count(), 3);
}

#[actix_web::test]
async fn what_cannot_be_a_connection_is_refused_by_field_without_its_keys() {
    let stage = Stage::new().await;
    for (field, value) in [
        ("site", json!("example.org")),
        ("site", json!("datadoghq.com@evil.example")),
        ("site", json!("http://127.0.0.1:1")),
        ("name", json!(" ")),
        ("api_key", json!("short")),
        ("application_key", json!("CANARY with spaces")),
        ("interval_minutes", json!(0)),
        ("query", json!("a\u{0}b")),
    ] {
        let mut form = stage.form();
        form[field] = value;
        let answer = stage.admin.api.post("/api/v1/connections/datadog", &form).await.expect(422);
        assert!(!answer.text.contains("CANARY"), "{}", answer.text);
        assert_eq!(answer.json()["errors"][0]["field"], field, "{}", answer.text);
    }
    stage.admin.api.post("/api/v1/connections/datadog", &stage.form()).await.expect(201);
    let half = json!({"api_key": "another-key"});
    let answer = stage.admin.api.patch("/api/v1/connections/datadog/1", &half).await.expect(422).json();
    assert_eq!(answer["errors"][0]["field"], "application_key");
}

/// A regression: an address of the settings with a capital letter in its path could not be chosen.
#[actix_web::test]
async fn a_site_is_known_however_it_is_spelled() {
    let address = "http://127.0.0.1:9/Account";
    let app = TestApp::spawn_with(&[("ABATE_DATADOG__ADDRESSES", address)]).await;
    let admin = app.person("admin@example.org", &[abate::access::role::Role::Admin]).await;
    for (site, known) in
        [(address, address), ("HTTP://127.0.0.1:9/account/", address), (" DatadogHQ.eu ", "datadoghq.eu")]
    {
        let form = json!({
            "name": site.len().to_string(), "site": site, "api_key": "key-of-the-test",
            "application_key": "key-of-the-test",
        });
        let made = admin.api.post("/api/v1/connections/datadog", &form).await.expect(201).json();
        assert_eq!(made["site"], known);
    }
}

#[actix_web::test]
async fn the_page_adds_an_account_and_switches_it_off() {
    let stage = Stage::new().await;
    let url = stage.datadog.url();
    let fields = [
        ("name", "SIEM"),
        ("site", url.as_str()),
        ("api_key", crate::harness::datadog::API_KEY),
        ("application_key", crate::harness::datadog::APPLICATION_KEY),
        ("asset", "login"),
        ("query", ""),
    ];
    stage.admin.browser.submit("/settings/datadog", &fields).await.expect(303);
    stage.admin.browser.submit("/settings/datadog/1", &[("enabled", "false")]).await.expect(303);
    assert_eq!(stage.shown().await["enabled"], false);
}

/// Sites are Datadog's own, unless the settings name more.
#[actix_web::test]
async fn the_usual_sites_can_be_chosen() {
    let app = TestApp::spawn().await;
    let admin = app.person("admin@example.org", &[abate::access::role::Role::Admin]).await;
    let form = json!({
        "name": "eu", "site": "datadoghq.eu", "api_key": "0123456789abcdef",
        "application_key": "0123456789abcdef",
    });
    admin.api.post("/api/v1/connections/datadog", &form).await.expect(201);
}
