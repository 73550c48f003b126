//! What `/sla` says of a clock through its life.

use abate_entity::risk_event;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use super::owned::Stage;

async fn state(stage: &Stage) -> (Value, Value, Value) {
    let sla = stage.sla().await;
    assert_eq!(sla["stored_equals_replay"], true, "{sla}");
    let state = sla["state"].clone();
    (state["is"].clone(), state["since"].clone(), state["until"].clone())
}

#[tokio::test]
async fn it_names_versions_and_what_the_clock_does() {
    let stage = Stage::open_risk().await;
    let none = Value::Null;
    assert_eq!(state(&stage).await, (json!("running"), none.clone(), none.clone()));
    // The calendar of another zone than the first one is its second version.
    let sla = stage.sla().await;
    assert_eq!((&sla["policies"], &sla["calendar"]), (&json!(["standard@1"]), &json!("standard@2")));
    assert_eq!(sla["zone"], "Europe/London");
    assert!(sla["tzdata"].as_str().unwrap().starts_with("20"), "{sla}");
    for line in sla["because"].as_array().unwrap() {
        assert_eq!((&line["policies"], &line["calendar"]), (&json!(["standard@1"]), &json!("standard@2")));
    }
    let blocked = Stage::blocked(10, "2026-11-05").await;
    blocked.approve().await;
    assert_eq!(state(&blocked).await, (json!("paused"), json!("2026-10-12"), json!("2026-10-22")));
    assert_eq!(blocked.sla().await["paused_days"], 10);
    blocked.go_to("2026-10-22T09:00:00Z");
    assert_eq!(state(&blocked).await.0, "running", "the approved days are over");
    blocked.step(&blocked.owner, json!({"event": "unblock"})).await;
    let claim = json!({"event": "claim_fixed", "evidence": ["https://example.org/change/1"]});
    blocked.step(&blocked.owner, claim).await;
    assert_eq!(state(&blocked).await.0, "running", "until it is verified");

    let fresh = stage.app.risk("shop", "Another hole").await;
    let sla = stage.owner.api.get(&format!("/api/v1/risks/{fresh}/sla")).await.expect(200).json();
    assert_eq!((&sla["state"]["is"], &sla["due_on"]), (&json!("not_started"), &none));
    assert_eq!(sla["stored_equals_replay"], true);
}

/// A regression: an event whose clock could not be read counted as none, and the next one wrote a wrong date.
#[tokio::test]
async fn a_clock_that_cannot_be_read_is_an_error_and_moves_no_date() {
    let stage = Stage::open_risk().await;
    let before = stage.row().await;
    let events = risk_event::Entity::find().filter(risk_event::Column::Transition.eq("T04"));
    let confirmed = events.one(stage.app.state.database.reader()).await.unwrap().unwrap();
    let unreadable = risk_event::ActiveModel {
        id: NotSet,
        version: Set(before.version + 10),
        data: Set(json!({"clock": [{"happening": "eaten"}]})),
        ..confirmed.into()
    };
    let broken = stage.app.state.database.write(async |tx| {
        risk_event::Entity::insert(unreadable.clone()).exec_without_returning(tx).await?;
        Ok(())
    });
    broken.await.unwrap();
    let rated = json!({"likelihood": 5, "impact": 5, "reason": "looked again"});
    stage.app.first().await.api.patch(&stage.path, &rated).await.problem(500);
    stage.owner.api.get(&format!("{}/sla", stage.path)).await.problem(500);
    let after = stage.row().await;
    assert_eq!((after.due_on, after.level), (before.due_on, before.level));
}
