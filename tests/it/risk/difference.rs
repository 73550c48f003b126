//! What a change says in its event and in the log: from the events alone a risk is put together again.

use abate::platform::setting;
use abate::policy::Policies;
use abate::risk::difference;
use abate_entity::{audit_entry, rating_grid, risk, risk_event};
use chrono::Duration;
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use serde_json::{Value, json};

use crate::harness::app::TestApp;
use crate::intake::report::{import, many, trivy};

/// Asserts that each risk is what its events say; gives how many there are.
async fn all_are_what_their_events_say(app: &TestApp) -> usize {
    let db = app.state.database.reader();
    let risks = risk::Entity::find().all(db).await.unwrap();
    for risk in &risks {
        let events = risk_event::Entity::find().filter(risk_event::Column::RiskId.eq(risk.id));
        let events = events.order_by_asc(risk_event::Column::Version).all(db).await.unwrap();
        let told = difference::replay(events.iter().map(|event| &event.data));
        assert_eq!(told, difference::values(risk), "R-{}", risk.id);
    }
    risks.len()
}

#[tokio::test]
async fn an_edit_keeps_the_old_words_in_the_event_and_their_digest_in_the_log() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let first = app.first().await;
    let form = json!({
        "asset": "shop", "title": "Old title", "description": "The old words.", "likelihood": 4, "impact": 4,
    });
    let key = first.api.post("/api/v1/risks", &form).await.expect(201).json()["key"].clone();
    let path = format!("/api/v1/risks/{}", key.as_str().unwrap());
    let edit = json!({"title": "New title", "description": "Other words.", "owner": first.email});
    first.api.patch(&path, &edit).await.expect(200);
    let events = first.api.get(&format!("{path}/history")).await.expect(200).json();
    let [made, edited] = events["items"].as_array().unwrap().as_slice() else { panic!("{events}") };
    assert_eq!(made["data"]["after"]["title"], "Old title");
    assert_eq!(made["data"]["after"]["owner_id"], Value::Null, "what is not there is said too");
    assert_eq!(edited["data"]["after"], json!({"title": "New title", "owner_id": first.id}));
    assert_eq!(edited["data"]["before"], json!({"title": "Old title", "description": "The old words."}));
    let entries = audit_entry::Entity::find().filter(audit_entry::Column::Action.eq("risk.edited"));
    let entry = entries.one(app.state.database.reader()).await.unwrap().unwrap();
    assert_eq!(entry.data["before"]["title"], "Old title");
    assert_eq!(entry.data["before"]["owner_id"], Value::Null);
    assert_eq!(entry.data["after"]["title"], "New title");
    assert_eq!(entry.data["before"]["description"]["characters"], 14);
    assert!(!entry.data.to_string().contains("words"), "{}", entry.data);
    assert_eq!(all_are_what_their_events_say(&app).await, 1);
}

#[tokio::test]
async fn what_imports_make_change_and_take_back_is_in_the_events() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    import(&app, &first, &trivy(&many(5000, 5, "LOW")), &[("asset", "web")]).await;
    app.pass(Duration::hours(1)).await;
    let mut worse = many(5001, 4, "HIGH");
    worse.push((5900, "MEDIUM"));
    let second = import(&app, &first, &trivy(&worse), &[("asset", "web")]).await;
    assert_eq!(all_are_what_their_events_say(&app).await, 6);
    first.api.post(&format!("/api/v1/imports/{}/undo", second["id"]), &json!({})).await.expect(200);
    app.settle().await;
    assert_eq!(all_are_what_their_events_say(&app).await, 6);
}

#[tokio::test]
async fn a_rating_names_the_grid_it_was_read_from() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "A hole").await;
    let other = app.risk("shop", "Another hole").await;
    let db = app.state.database.reader();
    let old = Policies::load(db).await.unwrap();
    let row = rating_grid::Entity::find_by_id(old.grid_id()).one(db).await.unwrap().unwrap();
    let now = app.state.clock.now();
    let new = app.state.database.write(async |tx| {
        let mut new: rating_grid::ActiveModel = row.clone().into();
        new.id = sea_orm::ActiveValue::NotSet;
        new.version = Set(row.version + 1);
        new.created_at = Set(now);
        let new = new.insert(tx).await?;
        setting::write(tx, "grid_in_force", &format!("{}@{}", new.name, new.version)).await?;
        Ok(new)
    });
    let new = new.await.unwrap();
    let first = app.first().await;
    first
        .api
        .patch(&format!("/api/v1/risks/{key}"), &json!({"likelihood": 2, "impact": 2, "reason": "Less."}))
        .await
        .expect(200);
    first.api.patch(&format!("/api/v1/risks/{other}"), &json!({"title": "A third hole"})).await.expect(200);
    let risks = risk::Entity::find().order_by_asc(risk::Column::Id).all(db).await.unwrap();
    let grids: Vec<i64> = risks.iter().map(|risk| risk.grid_id).collect();
    assert_eq!(grids, [new.id, old.grid_id()], "only what was rated again names the new one");
    all_are_what_their_events_say(&app).await;
}
