//! The timer: every run exists once, whenever it gets to look.

use abate::obligation::broken_ceiling::raise;
use abate::obligation::tick::tick;
use abate_entity::{audit_entry, cadence};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _,
};

use super::{go_to, keeper, runs, weekly};
use crate::harness::app::TestApp;

#[tokio::test]
async fn after_downtime_every_missed_run_is_there_once() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let cadence = weekly(&app, &keeper).await;
    go_to(&app, "2026-04-01T12:00:00Z").await;
    tick(&app.state).await.unwrap();
    let expected = [
        ("2026-04-06", "planned"),
        ("2026-03-30", "due"),
        ("2026-03-23", "missed"),
        ("2026-03-16", "missed"),
        ("2026-03-09", "missed"),
    ];
    assert_eq!(runs(&keeper, &cadence).await, expected.map(|(day, state)| (day.into(), state.into())));
}

/// Several processes, or a timer that is late: each date is made once all the same.
#[tokio::test]
async fn looks_at_the_same_time_make_each_run_once() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let cadence = weekly(&app, &keeper).await;
    app.time.set("2026-05-20T12:00:00Z".parse().unwrap());
    let looks = tokio::join!(tick(&app.state), tick(&app.state), tick(&app.state));
    for look in [looks.0, looks.1, looks.2] {
        look.unwrap();
    }
    let found = runs(&keeper, &cadence).await;
    assert_eq!(found.len(), 12);
    assert_eq!(found.iter().filter(|(_, state)| state == "planned").count(), 1);
    let missed = audit_entry::Entity::find()
        .filter(audit_entry::Column::Action.eq("run.missed"))
        .all(app.state.database.reader())
        .await
        .unwrap();
    let subjects: std::collections::BTreeSet<_> = missed.iter().map(|entry| &entry.subject).collect();
    assert_eq!(subjects.len(), missed.len(), "each miss is written down once");
}

#[tokio::test]
async fn a_cadence_that_cannot_be_read_does_not_hold_up_the_others() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let cadence = weekly(&app, &keeper).await;
    let broken = cadence::ActiveModel {
        id: Set(cadence["id"].as_i64().unwrap()),
        rule: Set("FREQ=NEVER".to_owned()),
        ..Default::default()
    };
    app.state.database.write(async |tx| Ok(broken.clone().update(tx).await?)).await.unwrap();
    let form = serde_json::json!({"name": "Other", "rule": "FREQ=DAILY", "zone": "UTC"});
    let other = keeper.api.post("/api/v1/cadences", &form).await.expect(201).json();
    go_to(&app, "2026-03-20T12:00:00Z").await;
    assert!(runs(&keeper, &other).await.len() > 10);
}

/// A ceiling that is broken is a risk of its own, once, and again only after it was met in between.
#[tokio::test]
async fn a_broken_ceiling_raises_one_medium_risk() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let form = serde_json::json!({
        "name": "Management review", "rule": "FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=10", "starts_on": "2026-03-10",
        "ceiling_months": 6, "grace_days": 60, "zone": "UTC", "last_done_on": "2025-09-11",
    });
    let cadence = keeper.api.post("/api/v1/cadences", &form).await.expect(201).json();
    let risks = async || {
        raise(&app.state).await.unwrap();
        let found = keeper.api.get("/api/v1/risks?asset=obligations-security").await.expect(200).json();
        found["items"].as_array().unwrap().clone()
    };
    go_to(&app, "2026-03-11T12:00:00Z").await;
    raise(&app.state).await.unwrap();
    keeper.api.get("/api/v1/risks?asset=obligations-security").await.problem(422);
    go_to(&app, "2026-03-12T12:00:00Z").await;
    assert_eq!(risks().await[0]["level"], "medium");
    go_to(&app, "2026-03-20T12:00:00Z").await;
    assert_eq!(risks().await.len(), 1);
    let run = super::path_of(&keeper, &cadence, "2026-03-10").await;
    let proof = serde_json::json!({"evidence": "minutes"});
    keeper.api.post(&format!("{run}/complete"), &proof).await.expect(200);
    go_to(&app, "2026-09-20T12:00:00Z").await;
    assert_eq!(risks().await.len(), 1);
    go_to(&app, "2026-09-21T12:00:00Z").await;
    assert_eq!(risks().await.len(), 2);
}
