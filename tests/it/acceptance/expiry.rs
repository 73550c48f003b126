//! The timer that ends acceptances after their last day, and unblocks risks on their review day.

use abate::acceptance::expire::expire;
use abate::access::role::Role;
use abate_entity::{acceptance, risk_event};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};

struct Stage {
    app: TestApp,
    first: Person,
    path: String,
}

impl Stage {
    /// An open risk of level high whose owner is the first user.
    async fn open_risk() -> Self {
        let app = TestApp::spawn_with(&[("ABATE_ZONE", "Europe/London")]).await;
        app.asset("shop", None).await;
        let key = app.risk("shop", "Anyone can read the orders").await;
        let first = app.first().await;
        let stage = Self { app, first, path: format!("/api/v1/risks/{key}") };
        stage.step(&stage.first, json!({"event": "start_triage"})).await;
        let confirm = json!({"event": "confirm", "owner": "first@example.org", "reason": "seen it"});
        stage.step(&stage.first, confirm).await;
        stage
    }

    async fn step(&self, person: &Person, form: Value) -> Value {
        person.api.post(&format!("{}/transitions", self.path), &form).await.expect(200).json()
    }

    async fn state(&self) -> Value {
        self.first.api.get(&self.path).await.expect(200).json()["state"].clone()
    }

    async fn accepted_until(last_day: &str) -> Self {
        let stage = Self::open_risk().await;
        let head = stage.app.person("head@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
        let form = json!({
            "event": "accept", "justification": "few users", "compensating_controls": "a firewall",
            "expires_on": last_day,
        });
        stage.step(&stage.first, form.clone()).await;
        assert_eq!(stage.state().await, "open", "asking accepts nothing");
        stage.step(&head, form).await;
        assert_eq!(stage.state().await, "accepted");
        stage
    }

    async fn go_to(&self, moment: &str) {
        self.app.time.set(moment.parse::<DateTime<Utc>>().unwrap());
        expire(&self.app.state).await.unwrap();
    }

    async fn ended(&self) -> u64 {
        risk_event::Entity::find()
            .filter(risk_event::Column::Transition.eq("T17"))
            .count(self.app.state.database.reader())
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn an_acceptance_holds_to_the_last_second_of_its_last_local_day() {
    let stage = Stage::accepted_until("2026-04-15").await;
    // London is an hour ahead of UTC by then.
    stage.go_to("2026-04-15T22:59:59Z").await;
    assert_eq!(stage.state().await, "accepted");
    stage.go_to("2026-04-15T23:00:00Z").await;
    assert_eq!(stage.state().await, "open");
    let risk = stage.first.api.get(&stage.path).await.json();
    // Accepted on day 0 of 30, so 30 days are left.
    assert_eq!(risk["due_on"], "2026-05-15");
}

#[tokio::test]
async fn after_downtime_it_ends_once_and_counts_from_its_last_day() {
    let stage = Stage::accepted_until("2026-04-15").await;
    stage.app.time.set("2026-05-02T08:00:00Z".parse().unwrap());
    let (one, two) = tokio::join!(expire(&stage.app.state), expire(&stage.app.state));
    one.unwrap();
    two.unwrap();
    expire(&stage.app.state).await.unwrap();
    assert_eq!((stage.state().await, stage.ended().await), (json!("open"), 1));
    assert_eq!(stage.first.api.get(&stage.path).await.json()["due_on"], "2026-05-15");
    let rows = acceptance::Entity::find().all(stage.app.state.database.reader()).await.unwrap();
    assert!(rows.iter().all(|row| row.state != "in_force"), "{rows:?}");
}

#[tokio::test]
async fn a_blocked_risk_goes_on_at_its_review_day() {
    let stage = Stage::open_risk().await;
    stage.step(&stage.first, json!({"event": "start", "plan": "ask the vendor"})).await;
    let block = json!({
        "event": "block", "blocker_kind": "vendor", "review_on": "2026-03-12", "reason": "no patch yet",
    });
    stage.step(&stage.first, block).await;
    stage.go_to("2026-03-11T12:00:00Z").await;
    assert_eq!(stage.state().await, "blocked");
    stage.go_to("2026-03-12T00:00:00Z").await;
    assert_eq!(stage.state().await, "in_progress");
}
