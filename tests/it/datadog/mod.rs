//! Datadog, looked at on a schedule: what comes in, and what it is told.

mod manage;
mod pull;
mod tell;

use abate::access::role::Role;
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::harness::datadog::{API_KEY, APPLICATION_KEY, Datadog};

/// An application that reads an account of the double, and somebody who may see to it.
struct Stage {
    app: TestApp,
    datadog: Datadog,
    admin: Person,
}

impl Stage {
    async fn new() -> Self {
        let datadog = Datadog::start();
        let app = TestApp::spawn_with(&[("ABATE_DATADOG__ADDRESSES", &datadog.url())]).await;
        let admin = app.person("admin@example.org", &[Role::Admin, Role::Triager]).await;
        Self { app, datadog, admin }
    }

    /// With a connection, that is looked at for the first time when time passes.
    async fn connected() -> Self {
        let stage = Self::new().await;
        stage.admin.api.post("/api/v1/connections/datadog", &stage.form()).await.expect(201);
        stage
    }

    fn form(&self) -> Value {
        json!({
            "name": "SIEM", "site": self.datadog.url(), "api_key": API_KEY,
            "application_key": APPLICATION_KEY, "asset": "login",
        })
    }

    fn now(&self) -> DateTime<Utc> {
        self.app.state.clock.now()
    }

    /// Lets the next look happen.
    async fn look(&self) {
        self.app.pass(Duration::minutes(5)).await;
    }

    async fn shown(&self) -> Value {
        self.admin.api.get("/api/v1/connections/datadog/1").await.expect(200).json()
    }

    /// The only risk.
    async fn risk(&self) -> Value {
        let page = self.admin.api.get("/api/v1/risks").await.expect(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
        page["items"][0].clone()
    }

    async fn step(&self, key: &str, form: Value) {
        let first = self.app.first().await;
        first.api.post(&format!("/api/v1/risks/{key}/transitions"), &form).await.expect(200);
    }

    /// Opens a risk and begins to work on it.
    async fn start_work(&self, key: &str) {
        self.step(key, json!({"event": "start_triage"})).await;
        let confirm = json!({"event": "confirm", "owner": "first@example.org", "reason": "It is real."});
        self.step(key, confirm).await;
        self.step(key, json!({"event": "start", "plan": "Limit attempts."})).await;
    }

    /// Says that a risk never was there.
    async fn dismiss(&self, key: &str) {
        self.step(key, json!({"event": "start_triage"})).await;
        let dismiss = json!({
            "event": "dismiss", "resolution": "false_positive", "reason": "A load test.",
            "evidence": ["https://example.org/test"],
        });
        self.step(key, dismiss).await;
        // The second person, whom a high one needs.
        let path = format!("/api/v1/risks/{key}/transitions");
        self.admin.api.post(&path, &json!({"event": "dismiss"})).await.expect(200);
    }
}
