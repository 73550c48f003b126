//! The application with a JIRA sandbox behind a proxy, both telling the same time.

use std::sync::{Arc, OnceLock};
use std::time::Duration as StdDuration;

use abate::access::role::Role;
use abate::platform::clock::Clock;
use abate::sandbox::jira::{JiraSandboxKind, WebhookTarget};
use abate_entity::{notice, ticket_drift};
use abate_integrations::jira::{Issue, plain_text};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp, beginning};
use crate::jira::site::Site;

/// Signs the sandbox's webhooks.
pub(crate) const SECRET: &str = "webhook-secret";

/// The settings that lead to a site.
pub(crate) fn settings(site: &Site) -> Vec<(&'static str, String)> {
    let of_kind = match site.kind {
        JiraSandboxKind::Cloud => ("ABATE_JIRA__EMAIL", "abate@sandbox.example".to_owned()),
        JiraSandboxKind::DataCenter => ("ABATE_JIRA__KIND", "data_center".to_owned()),
    };
    vec![
        ("ABATE_JIRA__URL", site.proxy.url()),
        of_kind,
        ("ABATE_JIRA__TOKEN", "sandbox-token".to_owned()),
        ("ABATE_JIRA__PROJECT", "SEC".to_owned()),
        ("ABATE_JIRA__WEBHOOK_SECRET", SECRET.to_owned()),
        ("ABATE_JIRA__GATHER_SECONDS", "0".to_owned()),
    ]
}

/// The application, its JIRA, and two people.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) site: Site,
    pub(crate) first: Person,
    pub(crate) owner: Person,
}

impl World {
    /// A world whose JIRA sends webhooks and whose search does not lag.
    pub(crate) async fn start() -> Self {
        let world = Self::without_webhooks(StdDuration::ZERO).await;
        world.send_webhooks();
        world
    }

    /// JIRA sends webhooks from now on.
    pub(crate) fn send_webhooks(&self) {
        let url = format!("{}/hooks/jira/jira", self.app.base());
        self.site.sandbox.send_webhooks_to(Some(WebhookTarget { url, secret: SECRET.to_owned() }));
    }

    /// A world whose JIRA sends no webhooks and whose search lags.
    pub(crate) async fn without_webhooks(lag: StdDuration) -> Self {
        Self::with(lag, &[]).await
    }

    /// As [`Self::without_webhooks`], with other settings.
    pub(crate) async fn with(lag: StdDuration, others: &[(&'static str, &str)]) -> Self {
        Self::of(JiraSandboxKind::Cloud, lag, others).await
    }

    /// As [`Self::with`], with a JIRA of either kind.
    pub(crate) async fn of(kind: JiraSandboxKind, lag: StdDuration, others: &[(&'static str, &str)]) -> Self {
        let clock: Arc<OnceLock<Clock>> = Arc::default();
        let shared = Arc::clone(&clock);
        let now = move || shared.get().map_or_else(beginning, Clock::now);
        let site = Site::start_at(kind, lag, Arc::new(now)).await;
        let mut settings = settings(&site);
        settings.retain(|(name, _)| others.iter().all(|(other, _)| other != name));
        settings.extend(others.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let settings: Vec<(&str, &str)> =
            settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let app = TestApp::spawn_with(&settings).await;
        assert!(clock.set(app.state.clock.clone()).is_ok());
        app.asset("shop", None).await;
        let first = app.first().await;
        let owner = app.person("owner@example.org", &[Role::Engineer]).await;
        Self { app, site, first, owner }
    }

    /// Records a high risk and confirms it; the background work is still to be done.
    pub(crate) async fn confirmed(&self, title: &str) -> String {
        let key = self.app.risk("shop", title).await;
        self.step(&self.first, &key, json!({"event": "start_triage"})).await;
        self.step(
            &self.first,
            &key,
            json!({"event": "confirm", "owner": self.owner.email, "reason": "Seen in a test"}),
        )
        .await;
        key
    }

    /// A confirmed risk and the key of its ticket.
    pub(crate) async fn ticketed(&self, title: &str) -> (String, String) {
        let key = self.confirmed(title).await;
        self.app.settle().await;
        let ticket = self.ticket(&key).await;
        assert_eq!(ticket["state"], "linked", "{ticket}");
        (key, ticket["key"].as_str().expect("a key").to_owned())
    }

    /// Takes a step that is open.
    pub(crate) async fn step(&self, person: &Person, key: &str, form: Value) {
        person.api.post(&format!("/api/v1/risks/{key}/transitions"), &form).await.expect(200);
    }

    /// Changes a risk.
    pub(crate) async fn patch(&self, key: &str, form: Value) {
        self.first.api.patch(&format!("/api/v1/risks/{key}"), &form).await.expect(200);
    }

    /// The person in JIRA changes fields of an issue.
    pub(crate) fn edit_there(&self, issue: &str, edit: Value) {
        let fields = edit.as_object().cloned().unwrap_or_default();
        self.site.sandbox.edit_as_person(issue, &fields).expect("edited");
    }

    /// What somebody gave fields against their owners.
    pub(crate) async fn ledger(&self) -> Vec<ticket_drift::Model> {
        ticket_drift::Entity::find().all(self.app.state.database.reader()).await.expect("the ledger")
    }

    /// The risk as scripts see it.
    pub(crate) async fn risk(&self, key: &str) -> Value {
        self.first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json()
    }

    /// The risk's only ticket, or null.
    pub(crate) async fn ticket(&self, key: &str) -> Value {
        let list = self.first.api.get(&format!("/api/v1/risks/{key}/tickets")).await.expect(200).json();
        list["items"][0].clone()
    }

    /// The issue as JIRA has it.
    pub(crate) async fn issue(&self, key: &str) -> Issue {
        let fields = ["summary", "labels", "status", "resolution", "priority", "duedate"];
        self.site.client.issue_with_history(key, &fields).await.expect("an issue")
    }

    /// The texts of the comments on an issue, oldest first.
    pub(crate) async fn comments(&self, key: &str) -> Vec<String> {
        let mut comments = self.site.client.newest_comments(key).await.expect("comments");
        comments.reverse();
        comments.iter().map(|comment| comment.body["content"][0]["content"][0]["text"].to_string()).collect()
    }

    /// How many comments on an issue hold a text.
    pub(crate) async fn comments_with(&self, key: &str, text: &str) -> usize {
        let comments = self.site.client.newest_comments(key).await.expect("comments");
        let ends = |comment: &str| comment.lines().any(|line| line == text);
        comments.iter().filter(|comment| ends(&plain_text(&comment.body))).count()
    }

    /// What people are told of the kind, oldest first.
    pub(crate) async fn notices(&self, kind: &str) -> Vec<String> {
        let rows =
            notice::Entity::find().filter(notice::Column::Kind.eq(kind)).order_by_asc(notice::Column::Id);
        let rows = rows.all(self.app.state.database.reader()).await.expect("notices");
        rows.into_iter().map(|row| row.text).collect()
    }

    /// Waits until the application has taken in everything that JIRA has sent.
    pub(crate) async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        for _ in 0..1500 {
            if holds().await {
                return;
            }
            tokio::time::sleep(StdDuration::from_millis(20)).await;
        }
        panic!("waited in vain until {what}");
    }

    /// Waits until the risk is in a state.
    pub(crate) async fn until_state(&self, key: &str, state: &str) {
        self.until(state, async || self.risk(key).await["state"] == state).await;
        self.app.settle().await;
    }
}
