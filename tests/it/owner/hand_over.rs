//! Handing the work of somebody over.

use abate::access::role::Role;
use abate_entity::{hand_over, notice, risk, risk_event};
use chrono::Duration;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _,
};
use serde_json::json;

use crate::harness::app::TestApp;

/// Risks of somebody, in all.
const COUNT: i64 = 200;

/// Two hundred open risks that Ana owns and works on; Ben leads the team.
async fn with_risks() -> TestApp {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let first = app.first().await;
    let ana = app.person("ana@example.org", &[Role::Engineer]).await;
    app.person("ben@example.org", &[Role::Engineer]).await;
    first.api.patch("/api/v1/teams/security", &json!({"lead": "ben@example.org"})).await.expect(200);
    let key = app.risk("shop", "Open redirect").await;
    let path = format!("/api/v1/risks/{key}/transitions");
    first.api.post(&path, &json!({"event": "start_triage"})).await.expect(200);
    let confirm = json!({"event": "confirm", "likelihood": 4, "impact": 4, "owner": "ana@example.org",
        "reason": "seen"});
    first.api.post(&path, &confirm).await.expect(200);
    first.api.patch("/api/v1/risks/R-1", &json!({"assignee": "ana@example.org"})).await.expect(200);
    let state = &app.state;
    let model = risk::Entity::find_by_id(1).one(state.database.reader()).await.unwrap().unwrap();
    assert_eq!((model.owner_id, model.assignee_id), (Some(ana.id), Some(ana.id)));
    let copies: Vec<_> = (2..=COUNT)
        .map(|id| {
            let uuid = state.ids.uuid(model.created_at);
            risk::Model { id, uuid, ..model.clone() }.into_active_model().reset_all()
        })
        .collect();
    let added = state.database.write(async |tx| {
        risk::Entity::insert_many(copies.clone()).exec_without_returning(tx).await?;
        Ok(())
    });
    added.await.unwrap();
    app
}

async fn owned(app: &TestApp, person: i64) -> u64 {
    let theirs = risk::Entity::find().filter(risk::Column::OwnerId.eq(person));
    theirs.count(app.state.database.reader()).await.unwrap()
}

async fn handed_over(app: &TestApp) -> u64 {
    let events = risk_event::Entity::find().filter(risk_event::Column::Kind.eq("handed_over"));
    events.count(app.state.database.reader()).await.unwrap()
}

#[actix_web::test]
async fn who_leaves_hands_everything_over_once_also_when_it_is_broken_off_half_way() {
    let mut app = with_risks().await;
    let (ana, ben) = (app.known("ana@example.org").await.id, app.known("ben@example.org").await.id);
    let left = json!({"active": false});
    app.first().await.api.patch("/api/v1/users/ana@example.org", &left).await.expect(200);
    app.time.advance(Duration::minutes(1));
    // It is ended while it is at work; wherever that was, the next start goes on from there.
    app.restart().await;
    app.pass(Duration::minutes(11)).await;
    assert_eq!(owned(&app, ana).await, 0);
    assert_eq!(owned(&app, ben).await, u64::try_from(COUNT).unwrap());
    assert_eq!(handed_over(&app).await, u64::try_from(COUNT).unwrap(), "each once");
    let one = app.first().await.api.get("/api/v1/risks/R-7").await.expect(200).json();
    assert_eq!((&one["owner"], one["assignee"].is_null()), (&json!("ben@example.org"), true));
    let lines = notice::Entity::find()
        .filter(notice::Column::Kind.eq("hand_over"))
        .all(app.state.database.reader())
        .await
        .unwrap();
    let texts: Vec<_> = lines.iter().map(|line| (line.user_id, line.text.as_str())).collect();
    assert_eq!(texts, [(ben, "You answer for 200 risks of ana from now on.")]);
}

/// What the database holds when the process died after the first page.
#[actix_web::test]
async fn a_run_that_died_after_a_page_goes_on_behind_it() {
    let app = with_risks().await;
    let (ana, ben) = (app.known("ana@example.org").await.id, app.known("ben@example.org").await.id);
    app.database
        .tamper(&format!(
            "UPDATE risk SET owner_id = {ben}, assignee_id = NULL WHERE id <= 50; \
             INSERT INTO hand_over (user_id, state, position, counts, created_at) \
             VALUES ({ana}, 'wanted', 50, '{{\"{ben}\": 50}}', '2026-03-02T09:00:00+00:00')"
        ))
        .await;
    app.first().await.api.post("/api/v1/users/ana@example.org/hand-over", &json!({})).await.expect(202);
    app.settle().await;
    assert_eq!(owned(&app, ben).await, 200);
    assert_eq!(handed_over(&app).await, 150, "the first page is not handed over again");
    let line = notice::Entity::find().one(app.state.database.reader()).await.unwrap().unwrap();
    assert_eq!(line.text, "You answer for 200 risks of ana from now on.");
}

#[actix_web::test]
async fn a_named_person_takes_over_and_what_nobody_can_take_stays() {
    let app = with_risks().await;
    let first = app.first().await;
    let ana = app.known("ana@example.org").await.id;
    let vera = app.person("vera@example.org", &[Role::Engineer]).await.id;
    let path = "/api/v1/users/ana@example.org/hand-over";
    assert_eq!(
        first.api.post(path, &json!({"to": "ana@example.org"})).await.problem(422)["errors"][0]["field"],
        "to"
    );
    first.api.post(path, &json!({"to": "eve@example.org"})).await.problem(422);
    first.api.post(path, &json!({"to": "vera@example.org"})).await.expect(202);
    app.settle().await;
    assert_eq!((owned(&app, ana).await, owned(&app, vera).await), (0, 200));
    // Nobody leads any more, and nobody else is there.
    first.api.patch("/api/v1/teams/security", &json!({"lead": null})).await.expect(200);
    app.database.tamper("DELETE FROM user_role WHERE role = 'team_lead' AND team_id <> 0").await;
    app.database.tamper("UPDATE app_user SET active = FALSE WHERE email = 'vera@example.org'").await;
    app.pass(Duration::minutes(11)).await;
    assert_eq!(owned(&app, vera).await, 200);
    let runs = hand_over::Entity::find().all(app.state.database.reader()).await.unwrap();
    assert_eq!(runs.len(), 2, "found by the timer: {runs:?}");
    assert!(runs.iter().all(|run| run.state == "done"), "{runs:?}");
    app.pass(Duration::minutes(11)).await;
    let runs = hand_over::Entity::find().count(app.state.database.reader()).await.unwrap();
    assert_eq!(runs, 2, "it is not tried all the time");
}

/// Who has left is named first, and who takes over a moment later.
#[actix_web::test]
async fn who_is_named_after_somebody_left_takes_over_and_who_comes_back_keeps_it() {
    let app = with_risks().await;
    let first = app.first().await;
    let ana = app.known("ana@example.org").await.id;
    let vera = app.person("vera@example.org", &[Role::Engineer]).await.id;
    let path = "/api/v1/users/ana@example.org";
    first.api.patch(path, &json!({"active": false})).await.expect(200);
    // It was a mistake.
    first.api.patch(path, &json!({"active": true})).await.expect(200);
    app.pass(Duration::minutes(2)).await;
    assert_eq!(owned(&app, ana).await, 200);
    first.api.patch(path, &json!({"active": false})).await.expect(200);
    let to = json!({"to": "vera@example.org"});
    first.api.post(&format!("{path}/hand-over"), &to).await.expect(202);
    app.pass(Duration::minutes(2)).await;
    assert_eq!((owned(&app, ana).await, owned(&app, vera).await), (0, 200));
    let runs = hand_over::Entity::find().order_by_asc(hand_over::Column::Id);
    let runs = runs.all(app.state.database.reader()).await.unwrap();
    let ended: Vec<_> = runs.iter().map(|run| (run.state.as_str(), run.to_user_id)).collect();
    assert_eq!(ended, [("stopped", None), ("done", Some(vera))]);
}
