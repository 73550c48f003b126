//! Connections are made, tested, changed and ended by people; their secrets are never shown, and what one site says is
//! never taken for another's.

use std::sync::{Arc, OnceLock};
use std::time::Duration as StdDuration;

use abate::platform::clock::Clock;
use abate::sandbox::jira::{JiraSandboxKind, WebhookTarget};
use abate_entity::{audit_entry, connection};
use chrono::Duration;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use super::world::World;
use crate::fault_proxy::{Fault, Rule};
use crate::harness::app::{Person, TestApp, beginning};
use crate::jira::site::Site;

/// The application without a JIRA in its settings, and two sites.
struct Stage {
    app: TestApp,
    admin: Person,
    first: Site,
    second: Site,
}

impl Stage {
    async fn start() -> Self {
        let clock: Arc<OnceLock<Clock>> = Arc::default();
        let site = async || {
            let shared = Arc::clone(&clock);
            Site::start_at(
                JiraSandboxKind::Cloud,
                StdDuration::ZERO,
                Arc::new(move || shared.get().map_or_else(beginning, Clock::now)),
            )
            .await
        };
        let (first, second) = (site().await, site().await);
        let app = TestApp::spawn_with(&[("ABATE_OUTGOING_ALLOW", "127.0.0.0/8")]).await;
        assert!(clock.set(app.state.clock.clone()).is_ok());
        app.asset("shop", None).await;
        let admin = app.first().await;
        Self { app, admin, first, second }
    }

    fn form(&self, name: &str, site: &Site) -> Value {
        json!({
            "name": name, "url": site.proxy.url(), "user": "abate@sandbox.example", "token": "sandbox-token",
            "project": "SEC", "webhook_secret": format!("CANARY-{name}"), "gather_seconds": 0,
        })
    }

    async fn connect(&self, name: &str, site: &Site) -> i64 {
        let answer = self.admin.api.post("/api/v1/connections", &self.form(name, site)).await.expect(201);
        assert!(!answer.text.contains("CANARY") && !answer.text.contains("sandbox-token"), "{}", answer.text);
        let id = answer.json()["id"].as_i64().expect("a number");
        let url = format!("{}/hooks/jira/{id}", self.app.base());
        site.sandbox.send_webhooks_to(Some(WebhookTarget { url, secret: format!("CANARY-{name}") }));
        id
    }

    async fn confirmed(&self, title: &str) -> String {
        let key = self.app.risk("shop", title).await;
        for form in [
            json!({"event": "start_triage"}),
            json!({"event": "confirm", "owner": self.admin.email, "reason": "Seen in a test"}),
        ] {
            self.admin.api.post(&format!("/api/v1/risks/{key}/transitions"), &form).await.expect(200);
        }
        self.app.settle().await;
        key
    }

    async fn ticket(&self, key: &str) -> Value {
        let list = self.admin.api.get(&format!("/api/v1/risks/{key}/tickets")).await.expect(200).json();
        list["items"][0].clone()
    }

    async fn act(&self, id: i64, action: &str) -> Value {
        self.admin
            .api
            .post(&format!("/api/v1/connections/{id}/{action}"), &json!({}))
            .await
            .expect(200)
            .json()
    }
}

#[actix_web::test]
async fn a_connection_is_made_tested_changed_and_removed_and_its_secrets_stay_sealed() {
    let stage = Stage::start().await;
    let id = stage.connect("main", &stage.first).await;
    let key = stage.confirmed("A finding").await;
    let tested = stage.act(id, "test").await;
    assert_eq!(tested["ok"], true, "{tested}");
    let ticket = stage.ticket(&key).await;
    assert_eq!(ticket["state"], "linked", "{ticket}");

    let path = format!("/api/v1/connections/{id}");
    let elsewhere = json!({"api_url": stage.second.proxy.url()});
    let refused = stage.admin.api.patch(&path, &elsewhere).await.expect(422).json();
    assert_eq!(
        refused["errors"][0]["field"], "token",
        "a token is not sent to an address it was not given for"
    );
    let change = json!({"token": "CANARY-token", "poll_seconds": 60});
    let changed = stage.admin.api.patch(&path, &change).await.expect(200);
    assert_eq!(changed.json()["poll_seconds"], 60);
    assert_eq!(
        stage.act(id, "test").await["findings"][1]["ok"],
        false,
        "the sandbox does not know the new token"
    );

    let list = stage.admin.browser.get("/settings/jira").await.expect(200);
    let page = stage.admin.browser.get(&format!("/settings/jira/{id}")).await.expect(200);
    let tickets = stage.admin.browser.get("/tickets").await.expect(200);
    assert!(page.text.contains("make a new API token") && tickets.text.contains("A finding"));
    for text in [&changed.text, &list.text, &page.text] {
        assert!(text.contains("main") && !text.contains("CANARY"), "{text}");
    }
    let db = stage.app.state.database.reader();
    let row = connection::Entity::find_by_id(id).one(db).await.unwrap().unwrap();
    assert!(row.secrets.unwrap().windows(6).all(|part| part != b"CANARY" && part != b"sandbo"));

    stage.admin.api.delete(&path).await.expect(204);
    stage.admin.api.get(&path).await.expect(404);
    assert_eq!(stage.ticket(&key).await["key"], ticket["key"], "its tickets keep their links");
    let row = connection::Entity::find_by_id(id).one(db).await.unwrap().unwrap();
    assert_eq!(row.secrets, None);
    let entries = audit_entry::Entity::find().all(db).await.unwrap();
    assert!(!format!("{entries:?}").contains("CANARY"));
    assert_eq!(entries.iter().filter(|entry| entry.action.starts_with("connection.")).count(), 3);
}

#[actix_web::test]
async fn what_cannot_be_a_connection_is_refused_by_field() {
    let stage = Stage::start().await;
    for (field, value) in [
        ("name", json!(" ")),
        ("kind", json!("server")),
        ("url", json!("example.org")),
        ("url", json!("ftp://example.org")),
        ("url", json!("http://10.0.0.1")),
        ("api_url", json!("https://user:pw@127.0.0.1/")),
        ("token", json!("x")),
        ("project", json!("a project")),
        ("webhook_secret", json!("short")),
        ("poll_seconds", json!(5)),
        ("gather_seconds", json!(90)),
        ("text_limit", json!(10)),
    ] {
        let mut form = stage.form("main", &stage.first);
        form[field] = value;
        let answer = stage.admin.api.post("/api/v1/connections", &form).await.expect(422);
        assert_eq!(answer.json()["errors"][0]["field"], field, "{}", answer.text);
        assert!(!answer.text.contains("sandbox-token"));
    }
    stage.connect("main", &stage.first).await;
    let twice = stage.form("main", &stage.second);
    let answer = stage.admin.api.post("/api/v1/connections", &twice).await.expect(422).json();
    assert_eq!(answer["errors"][0]["field"], "name");
}

#[actix_web::test]
async fn issues_of_two_sites_with_one_number_stay_apart() {
    let stage = Stage::start().await;
    let first = stage.connect("first", &stage.first).await;
    let second = stage.connect("second", &stage.second).await;
    let one = stage.confirmed("Of the first").await;
    assert_eq!(stage.act(first, "pause").await["paused"], true);
    let two = stage.confirmed("Of the second").await;
    assert_eq!(stage.first.sandbox.issue_ids(), stage.second.sandbox.issue_ids(), "the same number twice");

    stage.act(first, "resume").await;
    let issue_key = stage.ticket(&two).await["key"].as_str().expect("a key").to_owned();
    let state_of = async |key: &str| {
        stage.admin.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json()["state"].clone()
    };
    stage.second.click(&issue_key, "11").await;
    for _ in 0..200 {
        if state_of(&two).await == "in_progress" {
            break;
        }
        tokio::time::sleep(StdDuration::from_millis(20)).await;
    }
    stage.app.pass(Duration::minutes(3)).await;
    assert_eq!((state_of(&one).await, state_of(&two).await), (json!("open"), json!("in_progress")));
    let list = stage.admin.api.get(&format!("/api/v1/tickets?connection={second}")).await.expect(200).json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!(list["items"][0]["risk"], two.as_str());
}

/// A pause loses nothing: what happened to a risk meanwhile is told afterwards.
#[actix_web::test]
async fn what_changed_during_a_pause_is_told_after_it() {
    let stage = Stage::start().await;
    let id = stage.connect("main", &stage.first).await;
    let key = stage.confirmed("Before the pause").await;
    stage.act(id, "pause").await;
    let path = format!("/api/v1/risks/{key}");
    stage.admin.api.patch(&path, &json!({"title": "During the pause"})).await.expect(200);
    stage.app.pass(Duration::minutes(10)).await;
    let issue = stage.ticket(&key).await["key"].as_str().expect("a key").to_owned();
    let summary = async || {
        stage
            .first
            .client
            .issue(&issue, &["summary"])
            .await
            .expect("an issue")
            .fields
            .summary
            .unwrap_or_default()
    };
    assert!(summary().await.contains("Before the pause"));
    stage.act(id, "resume").await;
    stage.app.pass(Duration::minutes(1)).await;
    assert!(summary().await.contains("During the pause"));
}

/// Nor does it lose a wish that was taken back before it and renewed while it lasted.
#[actix_web::test]
async fn a_wish_that_is_renewed_during_a_pause_is_granted_after_it() {
    let stage = Stage::start().await;
    let id = stage.connect("main", &stage.first).await;
    stage.first.proxy.add(Rule::always("POST", "/issue", Fault::Answer { status: 429, headers: Vec::new() }));
    let key = stage.confirmed("Wished for twice").await;
    let rules = async |ticket: bool| {
        let form = json!({"rules": [{"level": "high", "ticket": ticket}]});
        stage.admin.api.post("/api/v1/ticket-rules", &form).await.expect(201);
        let change = json!({"title": format!("Wished for: {ticket}")});
        stage.admin.api.patch(&format!("/api/v1/risks/{key}"), &change).await.expect(200);
        stage.app.settle().await;
    };
    rules(false).await;
    assert_eq!(stage.ticket(&key).await["state"], "cancelled");
    stage.act(id, "pause").await;
    rules(true).await;
    stage.first.proxy.clear();
    stage.act(id, "resume").await;
    stage.app.pass(Duration::minutes(2)).await;
    assert_eq!(stage.ticket(&key).await["state"], "linked");
}

/// A rule that names a connection which is gone does not keep its risks from having tickets, and can be left as it is.
#[actix_web::test]
async fn a_rule_that_names_a_removed_connection_falls_back_to_the_first_one() {
    let stage = Stage::start().await;
    stage.connect("first", &stage.first).await;
    let second = stage.connect("second", &stage.second).await;
    let rules = json!({"rules": [{"level": "high", "ticket": true, "connection": second}]});
    stage.admin.api.post("/api/v1/ticket-rules", &rules).await.expect(201);
    let one = stage.confirmed("At the second").await;
    assert_eq!(stage.second.sandbox.issue_keys().len(), 1, "{}", stage.ticket(&one).await);
    stage.admin.api.delete(&format!("/api/v1/connections/{second}")).await.expect(204);
    stage.confirmed("At the first").await;
    assert_eq!(stage.first.sandbox.issue_keys().len(), 1);
    let capped = json!({"rules": rules["rules"], "daily_cap": 9});
    stage.admin.api.post("/api/v1/ticket-rules", &capped).await.expect(201);
}

/// A number says nothing about another site's issue: what carries neither marker nor label is left alone.
#[actix_web::test]
async fn an_issue_without_marker_and_label_is_left_alone() {
    let stage = Stage::start().await;
    let id = stage.connect("main", &stage.first).await;
    let key = stage.confirmed("Ours").await;
    let issue = stage.ticket(&key).await["key"].as_str().expect("a key").to_owned();
    stage.first.sandbox.drop_property(&issue, "abate");
    let nothing = json!({"labels": ["theirs"]});
    stage.first.sandbox.edit_as_person(&issue, nothing.as_object().expect("an object")).expect("edited");
    let path = format!("/api/v1/risks/{key}");
    stage.admin.api.patch(&path, &json!({"title": "Changed"})).await.expect(200);
    stage.app.pass(Duration::minutes(3)).await;
    let ticket = stage.ticket(&key).await;
    assert_eq!(ticket["broken"], true, "{ticket}");
    assert!(ticket["problem"].as_str().is_some_and(|text| text.contains("neither our marker nor the label")));
    let read = stage.first.client.issue(&issue, &["summary", "labels"]).await.expect("an issue");
    assert_eq!((read.fields.labels, read.marker), (vec!["theirs".to_owned()], None));
    assert!(read.fields.summary.is_some_and(|summary| summary.contains("Ours")));
    assert_eq!(stage.act(id, "test").await["findings"][2]["ok"], true);
}

/// Two projects of one site are two connections, and each finds the tickets of the other by their label.
#[actix_web::test]
async fn tickets_of_another_connection_to_the_same_site_are_no_strangers() {
    let stage = Stage::start().await;
    let first = stage.connect("first", &stage.first).await;
    stage.confirmed("Of the first").await;
    let form = stage.form("second", &stage.first);
    let second = stage.admin.api.post("/api/v1/connections", &form).await.expect(201).json();
    stage.app.pass(Duration::minutes(5)).await;
    stage.app.pass(Duration::days(1)).await;
    for id in [first, second["id"].as_i64().expect("a number")] {
        let shown = stage.admin.api.get(&format!("/api/v1/connections/{id}")).await.expect(200).json();
        assert_eq!(shown["stranger_count"], 0, "{shown}");
        assert!(!shown["full_pass_at"].is_null(), "{shown}");
    }
    assert_eq!(stage.first.sandbox.issue_keys().len(), 1);
}

#[actix_web::test]
async fn administrators_hear_once_that_a_connection_is_ill_and_once_that_it_is_well() {
    let world = World::start().await;
    world.ticketed("Told").await;
    world.site.sandbox.accept_token(false);
    for _ in 0..6 {
        world.app.pass(Duration::minutes(2)).await;
    }
    let told = world.notices("connection").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("cannot be used") && told[0].contains("credentials"), "{told:?}");
    world.site.sandbox.accept_token(true);
    for _ in 0..3 {
        world.app.pass(Duration::minutes(2)).await;
    }
    let told = world.notices("connection").await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("can be used again"), "{told:?}");
}

/// One call that fails is no reason to tell anybody.
#[actix_web::test]
async fn nobody_hears_of_what_passes() {
    let world = World::start().await;
    let fault = Fault::Answer { status: 503, headers: Vec::new() };
    world.site.proxy.add(Rule::once("POST", "/issue", fault));
    world.confirmed("Passing").await;
    world.app.settle().await;
    for _ in 0..3 {
        world.app.pass(Duration::minutes(2)).await;
    }
    assert!(world.notices("connection").await.is_empty());
}
