//! A risk that is owned by the first user, on its way into an acceptance.

use abate::acceptance::expire::expire;
use abate::access::role::Role;
use abate_entity::{acceptance, risk_event};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};

/// An application with one risk in it.
pub(super) struct Stage {
    pub(super) app: TestApp,
    pub(super) first: Person,
    pub(super) path: String,
}

impl Stage {
    /// An open risk of level high whose owner is the first user.
    pub(super) async fn open_risk() -> Self {
        Self::open_risk_in("Europe/London").await
    }

    pub(super) async fn open_risk_in(zone: &str) -> Self {
        let app = TestApp::spawn_with(&[("ABATE_ZONE", zone)]).await;
        app.asset("shop", None).await;
        let key = app.risk("shop", "Anyone can read the orders").await;
        let first = app.first().await;
        let stage = Self { app, first, path: format!("/api/v1/risks/{key}") };
        stage.step(&stage.first, json!({"event": "start_triage"})).await;
        let confirm = json!({"event": "confirm", "owner": "first@example.org", "reason": "seen it"});
        stage.step(&stage.first, confirm).await;
        stage
    }

    pub(super) async fn step(&self, person: &Person, form: Value) -> Value {
        person.api.post(&format!("{}/transitions", self.path), &form).await.expect(200).json()
    }

    pub(super) async fn state(&self) -> Value {
        self.first.api.get(&self.path).await.expect(200).json()["state"].clone()
    }

    pub(super) async fn accepted_until(last_day: &str) -> Self {
        Self::accepted_in("Europe/London", last_day).await
    }

    pub(super) async fn accepted_in(zone: &str, last_day: &str) -> Self {
        let stage = Self::open_risk_in(zone).await;
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

    pub(super) async fn go_to(&self, moment: &str) {
        self.app.time.set(moment.parse::<DateTime<Utc>>().unwrap());
        expire(&self.app.state).await.unwrap();
    }

    pub(super) async fn ended(&self) -> u64 {
        risk_event::Entity::find()
            .filter(risk_event::Column::Transition.eq("T17"))
            .count(self.app.state.database.reader())
            .await
            .unwrap()
    }

    /// Every acceptance of the database, oldest first.
    pub(super) async fn rows(&self) -> Vec<acceptance::Model> {
        let rows = acceptance::Entity::find().order_by_asc(acceptance::Column::Id);
        rows.all(self.app.state.database.reader()).await.unwrap()
    }

    /// Where each of them stands.
    pub(super) async fn standing(&self) -> Vec<String> {
        self.rows().await.into_iter().map(|row| row.state).collect()
    }
}
