//! An application in some zone with an asset, and the people whom a risk needs on its way.

use abate::access::role::Role;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::harness::http::Answer;

/// Noon of a local day.
pub(super) fn noon(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    let local = day.and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap());
    zone.from_local_datetime(&local).unwrap().to_utc()
}

pub(super) struct Stage {
    pub(super) app: TestApp,
    pub(super) first: Person,
    pub(super) zone: Tz,
    head: Person,
    vera: Person,
}

impl Stage {
    pub(super) async fn new() -> Self {
        Self::within("Europe/London").await
    }

    pub(super) async fn within(zone: &str) -> Self {
        let app = TestApp::spawn_with(&[("ABATE_ZONE", zone)]).await;
        app.asset("shop", None).await;
        let first = app.first().await;
        let head = app.person("head@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
        let vera = app.person("vera@example.org", &[Role::Viewer, Role::Verifier]).await;
        Self { app, first, zone: zone.parse().unwrap(), head, vera }
    }

    /// Noon of that day.
    pub(super) fn at(&self, day: &str) {
        self.app.time.set(noon(self.zone, day.parse().unwrap()));
    }

    /// A risk of a level on the asset, confirmed at once; gives its path.
    pub(super) async fn open(&self, asset: &str, level: &str) -> String {
        let path = self.record(asset, level).await;
        self.step(&self.first, &path, json!({"event": "start_triage"})).await;
        let confirm = json!({"event": "confirm", "owner": "first@example.org", "reason": "seen it"});
        self.step(&self.first, &path, confirm).await;
        path
    }

    /// A risk of a level on the asset, in state new; gives its path.
    pub(super) async fn record(&self, asset: &str, level: &str) -> String {
        let score = match level {
            "critical" => 5,
            "high" => 4,
            "medium" => 3,
            _ => 2,
        };
        let form =
            json!({"asset": asset, "title": format!("A {level} hole"), "likelihood": score, "impact": score});
        let made = self.first.api.post("/api/v1/risks", &form).await.expect(201).json();
        assert_eq!(made["level"], level);
        format!("/api/v1/risks/{}", made["key"].as_str().unwrap())
    }

    pub(super) async fn step(&self, person: &Person, path: &str, form: Value) {
        person.api.post(&format!("{path}/transitions"), &form).await.expect(200);
    }

    pub(super) async fn accept(&self, path: &str, until: &str) {
        let form = json!({
            "event": "accept", "justification": "few users", "compensating_controls": "a firewall", "expires_on": until,
        });
        self.step(&self.first, path, form.clone()).await;
        self.step(&self.head, path, form).await;
    }

    pub(super) async fn close(&self, path: &str) {
        let proof = json!(["https://example.org/change/1"]);
        self.step(&self.first, path, json!({"event": "claim_fixed", "evidence": proof})).await;
        self.step(&self.vera, path, json!({"event": "verify_pass", "evidence": proof})).await;
    }

    pub(super) async fn reopen(&self, path: &str) {
        self.step(&self.vera, path, json!({"event": "reopen", "reason": "it is back"})).await;
    }

    pub(super) async fn show(&self, path: &str) -> Value {
        self.first.api.get(path).await.expect(200).json()
    }

    /// What says why the due date is what it is, in one text.
    pub(super) async fn because(&self, path: &str) -> String {
        let sla = self.first.api.get(&format!("{path}/sla")).await.expect(200).json();
        let lines = sla["because"].as_array().unwrap().iter();
        lines.map(|line| line["text"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
    }

    /// The newest version of a policy or calendar.
    pub(super) async fn in_force(&self, kind: &str, name: &str) -> Value {
        let list = self.first.api.get(&format!("/api/v1/{kind}")).await.expect(200).json();
        let items = list["items"].as_array().unwrap();
        items.iter().find(|item| item["name"] == name).cloned().unwrap_or_default()
    }

    pub(super) async fn look(&self, kind: &str, name: &str, data: &Value) -> Answer {
        let form = json!({"name": name, "data": data});
        self.first.api.post(&format!("/api/v1/{kind}/preview"), &form).await
    }

    /// Looks at a version and publishes it, and waits until the open risks were worked out again; gives what was seen.
    pub(super) async fn publish(&self, kind: &str, name: &str, data: Value) -> Value {
        let preview = self.look(kind, name, &data).await.expect(200).json();
        let mut form = json!({"data": data, "digest": preview["digest"], "reason": "we agreed on it"});
        if self.in_force(kind, name).await.is_null() {
            form["name"] = json!(name);
            self.first.api.post(&format!("/api/v1/{kind}"), &form).await.expect(201);
        } else {
            self.first.api.post(&format!("/api/v1/{kind}/{name}/publish"), &form).await.expect(200);
        }
        self.app.settle().await;
        preview
    }

    /// Publishes another version of the standard policy, with other days.
    pub(super) async fn days(&self, changes: &[(&str, i64)]) -> Value {
        let mut data = self.in_force("sla-policies", "standard").await["data"].clone();
        for (level, days) in changes {
            data["remediation"][*level] = json!(days);
        }
        self.publish("sla-policies", "standard", data).await
    }
}
