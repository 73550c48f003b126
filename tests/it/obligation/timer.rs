//! The timer: every run exists once, whenever it gets to look.

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
