//! A site of Cloud that lets us in by an app: a person consents, the token is renewed in time and by one process, and
//! webhooks are registered by themselves.

use std::sync::{Arc, OnceLock};
use std::time::Duration as StdDuration;

use abate::access::role::Role;
use abate::platform::clock::Clock;
use abate::sandbox::jira::JiraSandboxKind;
use abate::ticket::connection::app::renew;
use abate_entity::{audit_entry, connection, notice};
use chrono::Duration;
use futures_util::future::join_all;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use crate::fault_proxy::{Fault, Rule};
use crate::harness::app::{Person, TestApp, beginning};
use crate::harness::http::Answer;
use crate::jira::site::Site;

/// The application, and a site whose sign-in and gateway are behind its proxy.
struct Stage {
    app: TestApp,
    admin: Person,
    site: Site,
    id: i64,
}

impl Stage {
    /// A site that nobody has let us into yet.
    async fn start() -> Self {
        let clock: Arc<OnceLock<Clock>> = Arc::default();
        let shared = Arc::clone(&clock);
        let now = move || shared.get().map_or_else(beginning, Clock::now);
        let site = Site::start_at(JiraSandboxKind::Cloud, StdDuration::ZERO, Arc::new(now)).await;
        let app = TestApp::spawn_with(&[
            ("ABATE_OUTGOING_ALLOW", "127.0.0.0/8"),
            ("ABATE_ATLASSIAN__SIGN_IN_URL", &site.proxy.url()),
            ("ABATE_ATLASSIAN__GATEWAY_URL", &site.proxy.url()),
        ])
        .await;
        assert!(clock.set(app.state.clock.clone()).is_ok());
        app.asset("shop", None).await;
        let admin = app.first().await;
        let made = admin.api.post("/api/v1/connections", &form(&site)).await.expect(201);
        assert!(!made.text.contains("sandbox-app-secret"), "{}", made.text);
        let id = made.json()["id"].as_i64().expect("a number");
        Self { app, admin, site, id }
    }

    /// A site that somebody has let us into.
    async fn authorised() -> Self {
        let stage = Self::start().await;
        stage.authorise().await;
        stage
    }

    /// Goes to Atlassian, says yes, and comes back.
    async fn authorise(&self) -> Answer {
        let way_back = self.consent(&self.admin).await;
        self.admin.browser.get(&way_back).await.expect(303)
    }

    /// Goes to Atlassian and says yes; answers where that leads back to.
    async fn consent(&self, person: &Person) -> String {
        let path = format!("/settings/jira/{}/authorise", self.id);
        let away = person.browser.get(&path).await.expect(303).header("location").to_owned();
        assert!(away.starts_with(&self.site.proxy.url()), "{away}");
        let calm = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        let back = calm.expect("a client").get(away).send().await.expect("an answer");
        let back = back.headers()["location"].to_str().expect("an address").to_owned();
        back.strip_prefix(self.app.base()).expect("back to us").to_owned()
    }

    async fn view(&self) -> Value {
        self.admin.api.get(&format!("/api/v1/connections/{}", self.id)).await.expect(200).json()
    }

    async fn findings(&self) -> Value {
        let path = format!("/api/v1/connections/{}/test", self.id);
        self.admin.api.post(&path, &json!({})).await.expect(200).json()
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

    async fn state_of(&self, key: &str) -> Value {
        self.admin.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json()["state"].clone()
    }

    async fn alerts(&self) -> Vec<String> {
        let rows = notice::Entity::find().filter(notice::Column::Kind.eq("connection"));
        let rows = rows.all(self.app.state.database.reader()).await.expect("notices");
        rows.into_iter().map(|row| row.text).collect()
    }
}

fn form(site: &Site) -> Value {
    json!({
        "name": "main", "url": site.url, "client_id": "sandbox-app", "client_secret": "sandbox-app-secret",
        "project": "SEC", "gather_seconds": 0,
    })
}

#[actix_web::test]
async fn a_site_is_used_once_somebody_has_let_the_app_in() {
    let stage = Stage::start().await;
    let before = stage.view().await;
    assert_eq!((&before["sign_in"], &before["usable"]), (&json!("app"), &json!(false)), "{before}");
    assert_eq!(
        before["authorise"]["callback_url"],
        format!("{}/settings/jira/consent", stage.app.base()),
        "{before}"
    );
    let key = stage.confirmed("A finding").await;
    stage.app.pass(Duration::minutes(3)).await;
    assert_eq!(stage.site.proxy.seen("POST", "*/issue*"), 0, "nothing is sent before");
    let found = stage.findings().await;
    assert_eq!(found["findings"][0]["check"], "jira consent", "{found}");

    let back = stage.authorise().await;
    assert_eq!(back.header("location"), format!("/settings/jira/{}", stage.id));
    stage.app.pass(Duration::seconds(10)).await;
    assert_eq!(stage.ticket(&key).await["state"], "linked");
    let after = stage.view().await;
    assert_eq!(after["usable"], true, "{after}");
    assert!(after["api_url"].as_str().is_some_and(|url| url.contains("/ex/jira/")), "{after}");
    let found = stage.findings().await;
    assert_eq!(found["ok"], true, "{found}");

    let page = stage.admin.browser.get(&format!("/settings/jira/{}", stage.id)).await.expect(200);
    let db = stage.app.state.database.reader();
    let entries = audit_entry::Entity::find().all(db).await.unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.action == "connection.authorise").count(), 1);
    let row = connection::Entity::find_by_id(stage.id).one(db).await.unwrap().unwrap();
    let sealed = String::from_utf8_lossy(row.secrets.as_deref().unwrap_or_default()).into_owned();
    for text in [after.to_string(), page.text, format!("{entries:?}"), sealed] {
        for secret in ["sandbox-app-secret", "access-", "refresh-"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[actix_web::test]
async fn a_consent_is_taken_from_the_person_who_began_it_and_soon() {
    let stage = Stage::start().await;
    let other = stage.app.person("other@example.org", &[Role::Admin]).await;
    let way_back = stage.consent(&stage.admin).await;
    other.browser.get(&way_back).await.expect(400);
    let engineer = stage.app.person("engineer@example.org", &[Role::Engineer]).await;
    engineer.browser.get(&way_back).await.expect(403);
    stage.app.pass(Duration::minutes(16)).await;
    stage.admin.browser.get(&way_back).await.expect(400);
    stage.admin.browser.get("/settings/jira/consent?state=AAAA&code=x").await.expect(400);
    assert_eq!(stage.view().await["usable"], false);

    // Who says no is told so, and nothing changes.
    let way_back = stage.consent(&stage.admin).await;
    let state = way_back.split(['?', '&']).find(|part| part.starts_with("state=")).expect("a state");
    let denied = format!("/settings/jira/consent?{state}&error=access_denied");
    stage.admin.browser.get(&denied).await.expect(303);
    let page = stage.admin.browser.get(&format!("/settings/jira/{}", stage.id)).await.expect(200);
    assert!(page.text.contains("access_denied"), "{}", page.text);
    assert_eq!(stage.view().await["usable"], false);
}

#[actix_web::test]
async fn a_consent_for_another_site_is_refused_by_its_name() {
    let stage = Stage::start().await;
    let path = format!("/api/v1/connections/{}", stage.id);
    stage.admin.api.patch(&path, &json!({"url": "http://127.0.0.1:9"})).await.expect(200);
    let back = stage.authorise().await;
    assert_eq!(back.header("location"), format!("/settings/jira/{}", stage.id));
    let page = stage.admin.browser.get(&format!("/settings/jira/{}", stage.id)).await.expect(200);
    assert!(page.text.contains(&format!("given for {}", stage.site.url)), "{}", page.text);
    assert_eq!(stage.view().await["usable"], false);
}

#[actix_web::test]
async fn a_token_is_renewed_in_time_and_by_one_process() {
    let stage = Stage::authorised().await;
    stage.app.pass(Duration::minutes(45)).await;
    assert_eq!(stage.site.sandbox.renewals(), 0);
    stage.site.proxy.add(Rule::always(
        "POST",
        "/oauth/token",
        Fault::DelayBefore(StdDuration::from_millis(200)),
    ));
    // Past the application's own timer, so that eight ask at the same moment.
    stage.app.time.advance(Duration::minutes(6));
    let all = (0..8).map(|_| (renew::TIMER.run)(&stage.app.state));
    for renewed in join_all(all).await {
        renewed.expect("a timer");
    }
    stage.app.pass(Duration::seconds(30)).await;
    assert_eq!(stage.site.sandbox.renewals(), 1, "a refresh token works once");
    for _ in 0..5 {
        stage.app.pass(Duration::minutes(30)).await;
    }
    assert_eq!(stage.view().await["problem"], Value::Null);
    let key = stage.confirmed("Hours later").await;
    assert_eq!(stage.ticket(&key).await["state"], "linked");
    assert!(stage.alerts().await.is_empty(), "{:?}", stage.alerts().await);
}

#[actix_web::test]
async fn a_sign_in_that_does_not_answer_costs_nothing_but_time() {
    let stage = Stage::authorised().await;
    stage.site.proxy.add(Rule::always(
        "POST",
        "/oauth/token",
        Fault::Answer { status: 503, headers: Vec::new() },
    ));
    stage.app.pass(Duration::minutes(55)).await;
    let key = stage.confirmed("While the token holds").await;
    assert_eq!(stage.ticket(&key).await["state"], "linked");
    stage.app.pass(Duration::minutes(30)).await;
    let key = stage.confirmed("Once it has ended").await;
    stage.app.pass(Duration::minutes(3)).await;
    assert_eq!(stage.ticket(&key).await["state"], "wanted", "nothing is sent with a token that has ended");
    assert_eq!(stage.view().await["problem_kind"], "down");
    stage.site.proxy.clear();
    stage.app.pass(Duration::minutes(2)).await;
    stage.app.pass(Duration::minutes(2)).await;
    assert_eq!(stage.ticket(&key).await["state"], "linked");
    assert_eq!(stage.view().await["problem"], Value::Null);
}

#[actix_web::test]
async fn a_consent_that_is_over_stops_everything_and_is_told_once() {
    let stage = Stage::authorised().await;
    let linked = stage.confirmed("Before").await;
    assert_eq!(stage.ticket(&linked).await["state"], "linked");
    stage.site.sandbox.take_consent_back();
    stage.app.pass(Duration::minutes(55)).await;
    let waiting = stage.confirmed("Meanwhile").await;
    for _ in 0..3 {
        stage.app.pass(Duration::hours(2)).await;
    }
    let view = stage.view().await;
    assert_eq!((&view["usable"], &view["problem_kind"]), (&json!(false), &json!("credentials")), "{view}");
    assert_eq!(stage.state_of(&linked).await, "open", "nothing is closed");
    assert_eq!(stage.site.sandbox.issue_keys().len(), 1, "nothing is made again");
    let alerts = stage.alerts().await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert!(alerts[0].contains("Authorise"), "{alerts:?}");

    // A change of something else mends nothing, and nobody is told that it did.
    let path = format!("/api/v1/connections/{}", stage.id);
    stage.admin.api.patch(&path, &json!({"name": "renamed"})).await.expect(200);
    stage.app.pass(Duration::minutes(5)).await;
    assert_eq!(stage.view().await["problem_kind"], "credentials");
    assert_eq!(stage.alerts().await.len(), 1);

    stage.authorise().await;
    stage.app.pass(Duration::minutes(3)).await;
    stage.app.pass(Duration::minutes(3)).await;
    assert_eq!(stage.ticket(&waiting).await["state"], "linked");
    assert_eq!(stage.site.sandbox.issue_keys().len(), 2);
    assert_eq!(stage.alerts().await.len(), 2, "one alert and one all-clear");
}

#[actix_web::test]
async fn a_token_that_is_not_taken_any_more_is_renewed_and_nobody_is_troubled() {
    let stage = Stage::authorised().await;
    stage.site.sandbox.end_access_tokens();
    let key = stage.confirmed("With a token that was ended").await;
    for _ in 0..3 {
        stage.app.pass(Duration::minutes(1)).await;
    }
    assert_eq!(stage.ticket(&key).await["state"], "linked");
    assert_eq!(stage.view().await["problem"], Value::Null);
    assert!(stage.alerts().await.is_empty(), "{:?}", stage.alerts().await);

    // Where a new token is not taken either, that is told.
    let refused = Fault::Answer { status: 401, headers: Vec::new() };
    stage.site.proxy.add(Rule::always("", "*/rest/api/*", refused));
    for _ in 0..15 {
        stage.app.pass(Duration::seconds(20)).await;
    }
    let alerts = stage.alerts().await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert!(stage.site.sandbox.renewals() < 15, "{}", stage.site.sandbox.renewals());
}

#[actix_web::test]
async fn a_wrong_client_secret_is_told_once_the_token_has_ended_and_mended_by_the_right_one() {
    let stage = Stage::authorised().await;
    let path = format!("/api/v1/connections/{}", stage.id);
    stage.admin.api.patch(&path, &json!({"client_secret": "not the secret"})).await.expect(200);
    stage.app.pass(Duration::minutes(55)).await;
    let key = stage.confirmed("While the token holds").await;
    assert_eq!(stage.ticket(&key).await["state"], "linked");
    assert_eq!(stage.view().await["problem"], Value::Null);
    for _ in 0..3 {
        stage.app.pass(Duration::minutes(10)).await;
    }
    let view = stage.view().await;
    assert_eq!((&view["usable"], &view["problem_kind"]), (&json!(true), &json!("credentials")), "{view}");
    assert_eq!(stage.alerts().await.len(), 1, "{:?}", stage.alerts().await);
    let found = stage.findings().await;
    assert!(found.to_string().contains("the token has ended"), "{found}");
    let right = json!({"client_secret": "sandbox-app-secret"});
    stage.admin.api.patch(&path, &right).await.expect(200);
    for _ in 0..2 {
        stage.app.pass(Duration::minutes(3)).await;
    }
    assert_eq!(stage.view().await["problem"], Value::Null);
    assert_eq!(stage.alerts().await.len(), 2, "{:?}", stage.alerts().await);
}

#[actix_web::test]
async fn what_somebody_enters_during_a_renewal_costs_no_token() {
    let stage = Stage::authorised().await;
    let slow = Fault::DelayAnswer(StdDuration::from_millis(600));
    stage.site.proxy.add(Rule::once("POST", "/oauth/token", slow));
    let path = format!("/api/v1/connections/{}", stage.id);
    let meanwhile = async {
        while stage.site.sandbox.renewals() == 0 {
            tokio::time::sleep(StdDuration::from_millis(5)).await;
        }
        stage.admin.api.patch(&path, &json!({"webhook_secret": "a new secret"})).await.expect(200);
    };
    tokio::join!(stage.app.pass(Duration::minutes(51)), meanwhile);
    for _ in 0..3 {
        stage.app.pass(Duration::minutes(45)).await;
    }
    assert_eq!(stage.view().await["usable"], true);
    let key = stage.confirmed("Hours later").await;
    assert_eq!(stage.ticket(&key).await["state"], "linked");
}

#[actix_web::test]
async fn tickets_wait_for_the_first_site_and_do_not_go_elsewhere() {
    let stage = Stage::start().await;
    let token = json!({
        "name": "second", "url": stage.site.url, "user": "abate@sandbox.example", "token": "sandbox-token",
        "project": "SEC", "gather_seconds": 0,
    });
    stage.admin.api.post("/api/v1/connections", &token).await.expect(201);
    let key = stage.confirmed("For the first site").await;
    stage.app.pass(Duration::minutes(3)).await;
    stage.app.pass(Duration::minutes(6)).await;
    assert_eq!(stage.ticket(&key).await, Value::Null);
    let wish = stage.admin.api.post(&format!("/api/v1/risks/{key}/tickets"), &json!({})).await;
    assert!(wish.status < 300, "{}", wish.text);
    stage.authorise().await;
    stage.app.pass(Duration::seconds(10)).await;
    stage.app.pass(Duration::seconds(10)).await;
    assert_eq!(stage.ticket(&key).await["state"], "linked");
    assert_eq!(stage.view().await["linked"], 1);
}

#[actix_web::test]
async fn its_webhooks_are_registered_renewed_and_made_again() {
    let stage = Stage::authorised().await;
    stage.app.pass(Duration::minutes(2)).await;
    let registered = stage.site.sandbox.registered_webhooks();
    assert_eq!(registered.len(), 1, "{registered:?}");
    assert_eq!(registered[0].0, format!("{}/hooks/jira/{}", stage.app.base(), stage.id));

    // What happens in JIRA is known without a poll.
    let key = stage.confirmed("Told by a webhook").await;
    let issue = stage.ticket(&key).await["key"].as_str().expect("a key").to_owned();
    stage.site.click(&issue, "11").await;
    for _ in 0..200 {
        if stage.state_of(&key).await == "in_progress" {
            break;
        }
        tokio::time::sleep(StdDuration::from_millis(20)).await;
    }
    assert_eq!(stage.state_of(&key).await, "in_progress");

    for _ in 0..40 {
        stage.app.pass(Duration::days(1)).await;
    }
    let later = stage.site.sandbox.registered_webhooks();
    assert_eq!(later.len(), 1);
    assert!(later[0].1 > stage.app.state.clock.now() + Duration::days(14), "{later:?}");

    stage.site.sandbox.end_registered_webhooks();
    stage.app.pass(Duration::hours(25)).await;
    assert_eq!(stage.site.sandbox.registered_webhooks().len(), 1);

    // A registration without an answer is not made twice.
    stage.site.sandbox.end_registered_webhooks();
    stage.site.proxy.add(Rule::once("POST", "/webhook", Fault::LoseAnswer));
    stage.app.pass(Duration::hours(25)).await;
    assert!(stage.view().await["registered_webhook"]["problem"].is_string());
    stage.app.pass(Duration::hours(2)).await;
    assert_eq!(stage.site.sandbox.registered_webhooks().len(), 1);
    assert_eq!(stage.view().await["registered_webhook"]["problem"], Value::Null);
}

#[actix_web::test]
async fn a_webhook_without_the_apps_token_is_refused() {
    let stage = Stage::authorised().await;
    let path = format!("/hooks/jira/{}", stage.id);
    let visitor = stage.app.visitor();
    let body = json!({"webhookEvent": "jira:issue_updated", "issue": {"id": "1", "key": "SEC-1"}});
    visitor.post(&path, &body).await.expect(401);
    for token in ["Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTl9."] {
        let request =
            visitor.request(reqwest::Method::POST, &path).header("Authorization", token).json(&body);
        visitor.send(request).await.expect(401);
    }
}

#[actix_web::test]
async fn what_cannot_be_an_app_is_refused_by_field() {
    let stage = Stage::start().await;
    for (field, changes) in [
        ("kind", json!({"kind": "data_center"})),
        ("token", json!({"token": "a-token"})),
        ("api_url", json!({"api_url": "http://127.0.0.1:7"})),
        ("client_secret", json!({"client_secret": ""})),
        ("client_id", json!({"client_id": ""})),
    ] {
        let mut form = form(&stage.site);
        form["name"] = json!("another");
        for (name, value) in changes.as_object().expect("fields") {
            form[name] = value.clone();
        }
        let answer = stage.admin.api.post("/api/v1/connections", &form).await.expect(422);
        assert_eq!(answer.json()["errors"][0]["field"], field, "{}", answer.text);
    }
    stage.authorise().await;
    let path = format!("/api/v1/connections/{}", stage.id);
    for (field, change) in [
        ("token", json!({"token": "a-token"})),
        ("api_url", json!({"api_url": "http://127.0.0.1:7"})),
        ("api_url", json!({"api_url": stage.site.url})),
        ("client_secret", json!({"client_id": "another-app"})),
    ] {
        let answer = stage.admin.api.patch(&path, &change).await.expect(422);
        assert_eq!(answer.json()["errors"][0]["field"], field, "{}", answer.text);
    }
    assert_eq!(stage.view().await["usable"], true);
}

#[actix_web::test]
async fn another_app_needs_another_consent_and_the_pages_lead_through_it() {
    let stage = Stage::authorised().await;
    let edit = format!("/settings/jira/{}/edit", stage.id);
    let form = stage.admin.browser.get(&edit).await.expect(200);
    assert!(form.text.contains("client_secret") && !form.text.contains("name=\"token\""), "{}", form.text);
    let url = stage.site.url.clone();
    let mut fields = vec![
        ("name", "main"),
        ("url", url.as_str()),
        ("project", "SEC"),
        ("issue_type", "Task"),
        ("poll_seconds", "60"),
        ("gather_seconds", "0"),
        ("text_limit", "32767"),
    ];
    stage.admin.browser.submit(&edit, &fields).await.expect(303);
    let view = stage.view().await;
    assert_eq!((&view["usable"], &view["poll_seconds"]), (&json!(true), &json!(60)), "{view}");
    fields.extend([("client_id", "another-app"), ("client_secret", "another-secret")]);
    stage.admin.browser.submit(&edit, &fields).await.expect(303);
    assert_eq!(stage.view().await["usable"], false);
    let page = stage.admin.browser.get(&format!("/settings/jira/{}", stage.id)).await.expect(200);
    assert!(page.text.contains("Not authorised") && page.text.contains("/authorise"), "{}", page.text);

    let new = stage.admin.browser.get("/settings/jira/app").await.expect(200);
    assert!(new.text.contains("/settings/jira/consent"), "{}", new.text);
    let fields = [
        ("name", "second"),
        ("url", url.as_str()),
        ("client_id", "sandbox-app"),
        ("client_secret", "sandbox-app-secret"),
        ("project", "SEC"),
        ("issue_type", "Task"),
    ];
    let made = stage.admin.browser.submit("/settings/jira/app", &fields).await.expect(303);
    let page = stage.admin.browser.get(made.header("location")).await.expect(200);
    assert!(page.text.contains("Press Authorise"), "{}", page.text);
}
