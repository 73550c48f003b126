//! Those who lead are told at once and every hour, each hour once, until one of them acknowledges it.

use abate::access::role::Role;
use abate_entity::notice;
use chrono::Duration;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::json;

use super::{declare, led, shown};
use crate::harness::app::{Person, TestApp};

/// The hours that somebody was told in.
async fn told(app: &TestApp, who: &Person) -> Vec<String> {
    let rows = notice::Entity::find()
        .filter(notice::Column::UserId.eq(who.id))
        .filter(notice::Column::Kind.eq("incident"))
        .order_by_asc(notice::Column::Id)
        .all(app.state.database.reader())
        .await
        .unwrap();
    rows.iter().map(|row| row.key.split('/').nth(2).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn leaders_are_told_each_hour_once_until_one_acknowledges_it() {
    let (app, first, head) = led().await;
    let boss = app.person("boss@example.org", &[Role::Executive]).await;
    let key = declare(&first, json!({})).await["key"].as_str().unwrap().to_owned();
    assert_eq!(told(&app, &head).await, ["h0"]);
    assert!(told(&app, &first).await.is_empty(), "an administrator is told where nobody leads");
    for _ in 0..4 {
        app.pass(Duration::minutes(20)).await;
    }
    assert_eq!(told(&app, &head).await, ["h0", "h1"]);
    assert_eq!(told(&app, &boss).await, ["h0", "h1"]);
    first.api.post(&format!("/api/v1/incidents/{key}/acknowledge"), &json!({})).await.problem(403);
    let path = format!("/api/v1/incidents/{key}/acknowledge");
    let detail = head.api.post(&path, &json!({})).await.expect(200).json();
    assert_eq!(
        (&detail["state"], &detail["acknowledged_by"]),
        (&json!("acknowledged"), &json!("head@example.org"))
    );
    head.api.post(&path, &json!({})).await.problem(409);
    let told_whom = detail["log"].as_array().unwrap().iter().filter(|line| line["kind"] == "ladder");
    assert!(
        told_whom.map(|line| &line["who"]).all(|who| who == "head@example.org, boss@example.org"),
        "{detail}"
    );
    app.pass(Duration::hours(5)).await;
    assert_eq!(told(&app, &head).await, ["h0", "h1"]);
}

/// While nothing ran nobody was told; then the latest hour is told, and the log says what was missed.
#[tokio::test]
async fn after_a_pause_the_latest_hour_is_told_once_over_restarts() {
    let (app, first, head) = led().await;
    let key = declare(&first, json!({})).await["key"].as_str().unwrap().to_owned();
    for hours in [3, 0, 0] {
        app.pass(Duration::hours(hours) + Duration::minutes(2)).await;
        // Another process, and one that begins anew, find nothing left to do.
        (abate::incident::TIMER.run)(&app.state).await.unwrap();
        (abate::incident::TIMER.run)(&app.state).await.unwrap();
    }
    assert_eq!(told(&app, &head).await, ["h0", "h3"]);
    let log = shown(&first, &key).await["log"].to_string();
    assert_eq!(log.matches("Nobody was told in 2 hours before").count(), 1, "{log}");
    assert_eq!(log.matches("Told again").count(), 1, "{log}");
}

#[tokio::test]
async fn a_drill_says_so_and_administrators_are_told_where_nobody_leads() {
    let (app, first, head) = led().await;
    app.database.tamper("DELETE FROM user_role WHERE role = 'head_of_security'").await;
    declare(&first, json!({"kind": "drill"})).await;
    assert_eq!((told(&app, &head).await.len(), told(&app, &first).await.len()), (0, 1));
    let rows = notice::Entity::find().all(app.state.database.reader()).await.unwrap();
    assert!(rows.iter().all(|row| row.text.starts_with("DRILL: data breach I-1 ")), "{rows:?}");
}
