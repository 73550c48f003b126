//! A risk of level high in October, whose owner is no risk manager; another is one, who owns nothing.

use abate::access::role::Role;
use abate_entity::lifecycle::State;
use abate_entity::risk;
use chrono::{DateTime, Utc};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};

/// An application with one risk in it.
pub(super) struct Stage {
    pub(super) app: TestApp,
    pub(super) owner: Person,
    pub(super) manager: Person,
    pub(super) path: String,
}

impl Stage {
    /// An open risk that counts from 5 October 2026, due on 4 November in London.
    pub(super) async fn open_risk() -> Self {
        let app = TestApp::spawn_with(&[("ABATE_ZONE", "Europe/London")]).await;
        app.time.set(at("2026-10-05T10:00:00Z"));
        app.asset("shop", None).await;
        let owner = app.person("owner@example.org", &[Role::Viewer, Role::Engineer]).await;
        let manager = app.person("manager@example.org", &[Role::Viewer, Role::RiskManager]).await;
        let key = app.risk("shop", "Anyone can read the orders").await;
        let first = app.first().await;
        let stage = Self { app, owner, manager, path: format!("/api/v1/risks/{key}") };
        stage.step(&first, json!({"event": "start_triage"})).await;
        stage
            .step(&first, json!({"event": "confirm", "owner": "owner@example.org", "reason": "seen it"}))
            .await;
        assert_eq!(stage.due_on().await, "2026-11-04");
        stage
    }

    /// The same, blocked on 12 October by a vendor until a review; a pause of so many days is asked for.
    pub(super) async fn blocked(days: u32, review_on: &str) -> Self {
        let stage = Self::open_risk().await;
        stage.go_to("2026-10-12T09:00:00Z");
        stage.step(&stage.owner, json!({"event": "start", "plan": "wait for the patch"})).await;
        stage.step(&stage.owner, block(days, review_on)).await;
        stage
    }

    pub(super) fn go_to(&self, moment: &str) {
        self.app.time.set(at(moment));
    }

    pub(super) async fn step(&self, person: &Person, form: Value) -> Value {
        person.api.post(&format!("{}/transitions", self.path), &form).await.expect(200).json()
    }

    /// Answers the pause that is asked for.
    pub(super) async fn approve(&self) -> Value {
        let path = format!("{}/pause/approve", self.path);
        self.manager.api.post(&path, &json!({"reason": "no patch yet"})).await.expect(200).json()
    }

    pub(super) async fn risk(&self) -> Value {
        self.owner.api.get(&self.path).await.expect(200).json()
    }

    pub(super) async fn due_on(&self) -> Value {
        self.risk().await["due_on"].clone()
    }

    pub(super) async fn sla(&self) -> Value {
        self.owner.api.get(&format!("{}/sla", self.path)).await.expect(200).json()
    }

    /// The risk's row.
    pub(super) async fn row(&self) -> risk::Model {
        let rows = risk::Entity::find().all(self.app.state.database.reader()).await.unwrap();
        rows.into_iter().next().unwrap()
    }

    pub(super) async fn state(&self) -> State {
        self.row().await.state
    }
}

pub(super) fn at(moment: &str) -> DateTime<Utc> {
    moment.parse().unwrap()
}

/// The form of a block by a vendor.
pub(super) fn block(days: u32, review_on: &str) -> Value {
    json!({"event": "block", "blocker_kind": "vendor", "review_on": review_on, "pause_days": days,
        "reason": "the vendor has no patch"})
}
