//! The timer that ends acceptances after their last day, and unblocks risks on their review day.

use abate::acceptance::expire::expire;
use abate_entity::lifecycle::State;
use abate_entity::{acceptance, risk, risk_event};
use chrono::{DateTime, Days, Utc};
use sea_orm::ActiveValue::NotSet;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _,
};
use serde_json::json;
use uuid::Uuid;

use super::stage::Stage;

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
    let db = stage.app.state.database.reader();
    let rows = acceptance::Entity::find().all(db).await.unwrap();
    assert!(rows.iter().all(|row| row.state != "in_force"), "{rows:?}");
    let event = risk_event::Entity::find().filter(risk_event::Column::Transition.eq("T17")).one(db).await;
    let (took_effect, recorded) =
        event.unwrap().map(|event| (event.effective_at, event.recorded_at)).unwrap();
    assert_eq!(took_effect, "2026-04-15T23:00:00Z".parse::<DateTime<Utc>>().unwrap());
    assert_eq!(recorded, "2026-05-02T08:00:00Z".parse::<DateTime<Utc>>().unwrap());
}

/// A regression: where the clocks skip midnight, an acceptance held into the next day, or ended hours early.
#[tokio::test]
async fn an_acceptance_ends_with_its_day_also_where_the_next_one_has_no_midnight() {
    for (zone, last_day, holds, over) in [
        ("Africa/Cairo", "2026-04-23", "2026-04-23T21:59:59Z", "2026-04-23T22:00:00Z"),
        ("America/Havana", "2026-03-07", "2026-03-08T04:59:59Z", "2026-03-08T05:00:00Z"),
        ("Asia/Beirut", "2026-03-28", "2026-03-28T21:59:59Z", "2026-03-28T22:00:00Z"),
    ] {
        let stage = Stage::accepted_in(zone, last_day).await;
        stage.go_to(holds).await;
        assert_eq!(stage.state().await, "accepted", "{zone}");
        stage.go_to(over).await;
        assert_eq!(stage.state().await, "open", "{zone}");
    }
}

/// A regression: each tick took only the 200 acceptances of the lowest numbers, so that a midnight of a thousand took
/// minutes, and 200 that could not be ended kept all others from ending for ever.
#[tokio::test]
async fn a_thousand_end_at_one_midnight_and_those_that_cannot_hold_up_none() {
    const STUCK: i64 = 250;
    let stage = Stage::accepted_until("2026-04-15").await;
    let db = stage.app.state.database.reader();
    let first = risk::Entity::find().one(db).await.unwrap().unwrap();
    let events = risk_event::Entity::find().all(db).await.unwrap();
    let row = acceptance::Entity::find().filter(acceptance::Column::State.eq("in_force")).one(db).await;
    let row = row.unwrap().unwrap();
    let copied = stage.app.state.database.write(async |tx| {
        for chunk in (1..1000_i64).collect::<Vec<_>>().chunks(100) {
            let risks = chunk.iter().map(|number| {
                // The standing of these says that they are accepted for longer.
                let more = Days::new(if *number <= STUCK { 30 } else { 0 });
                let id = first.id + number;
                let uuid = Uuid::from_u128(u128::try_from(id).unwrap());
                let ends_on = first.acceptance_ends_on.and_then(|day| day.checked_add_days(more));
                risk::Model { id, uuid, acceptance_ends_on: ends_on, ..first.clone() }
                    .into_active_model()
                    .reset_all()
            });
            risk::Entity::insert_many(risks).exec_without_returning(tx).await?;
            let copies = chunk.iter().flat_map(|number| {
                let risk_id = first.id + number;
                events.iter().map(move |event| {
                    let copy = risk_event::Model { risk_id, ..event.clone() }.into_active_model().reset_all();
                    risk_event::ActiveModel { id: NotSet, ..copy }
                })
            });
            risk_event::Entity::insert_many(copies).exec_without_returning(tx).await?;
            let rows = chunk.iter().map(|number| {
                let copy = acceptance::Model { risk_id: first.id + number, ..row.clone() };
                acceptance::ActiveModel { id: NotSet, ..copy.into_active_model().reset_all() }
            });
            acceptance::Entity::insert_many(rows).exec_without_returning(tx).await?;
        }
        Ok(())
    });
    copied.await.unwrap();
    stage.go_to("2026-04-15T23:00:00Z").await;
    let accepted = risk::Entity::find().filter(risk::Column::State.eq(State::Accepted));
    assert_eq!(accepted.count(db).await.unwrap(), u64::try_from(STUCK).unwrap());
    assert_eq!(stage.ended().await, 1000 - u64::try_from(STUCK).unwrap());
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
