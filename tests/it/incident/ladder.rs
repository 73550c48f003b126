//! Those who lead are told at once and every hour, each hour once, until one of them acknowledges it.

use abate::access::role::Role;
use abate_entity::notice;
use chrono::Duration;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::json;

use super::{declare, led, shown};
use crate::harness::app::{Person, TestApp};
use crate::slack::workspace::Workspace;

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
    let log = detail["log"].to_string();
    assert_eq!(log.matches("Queued for head@example.org, boss@example.org.").count(), 2, "{log}");
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
    assert_eq!(log.matches("Called again").count(), 1, "{log}");
    // No Slack is there: the log says so, and nowhere that somebody was told.
    assert!(log.contains("no Slack app is configured"), "{log}");
    assert!(!log.contains("\"kind\":\"told\""), "{log}");
    let page = head.browser.get(&format!("/incidents/{key}")).await.expect(200).text;
    assert!(page.contains("No Slack app is configured"), "{page}");
}

#[tokio::test]
async fn a_drill_says_so_and_administrators_are_told_where_nobody_leads() {
    let (app, first, head) = led().await;
    app.database.tamper("DELETE FROM user_role WHERE role = 'head_of_security'").await;
    declare(&first, json!({"kind": "drill"})).await;
    assert_eq!((told(&app, &head).await.len(), told(&app, &first).await.len()), (0, 1));
    let rows = notice::Entity::find().all(app.state.database.reader()).await.unwrap();
    assert!(rows.iter().all(|row| row.text.starts_with("DRILL: data breach I-1 ")), "{rows:?}");
    // Who is called can end it.
    first.api.post("/api/v1/incidents/I-1/acknowledge", &json!({})).await.expect(200);
    first.api.post("/api/v1/incidents/I-1/contain", &json!({})).await.expect(200);
    let page = first.browser.get("/incidents/I-1").await.expect(200).text;
    assert!(page.contains("/incidents/I-1/close"), "{page}");
    let close = json!({"summary": "practised", "no_action_reason": "all went well"});
    first.api.post("/api/v1/incidents/I-1/close", &close).await.expect(200);
}

/// The log says that somebody was told when they were, and when they could not be.
#[actix_web::test]
async fn the_log_says_who_was_told_when_the_message_is_there() {
    let workspace = Workspace::start().await;
    let app = &workspace.app;
    app.database.tamper("DELETE FROM user_role WHERE role IN ('head_of_security', 'executive')").await;
    let vera = app.person("vera@example.org", &[Role::HeadOfSecurity, Role::Viewer]).await;
    app.person("head@example.org", &[Role::HeadOfSecurity]).await;
    // A climb of the ladder holds up no call, and older lines do not push it out of the message.
    let climbing = app.state.clock.now().to_rfc3339();
    app.database
        .tamper(&format!(
            "INSERT INTO setting (key, value) VALUES ('ladder_climbing', '{climbing}') \
             ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        ))
        .await;
    let old = (0..20).map(|number| {
        format!(
            "('old/{number}', {}, 'mention', 'Somebody named you.', '/risks/R-{number}', TRUE, \
             '2026-02-27T09:00:00+00:00', '2026-03-01T09:00:00+00:00', 'wanted', '2026-02-27T09:00:00+00:00')",
            vera.id
        )
    });
    let old = old.collect::<Vec<_>>().join(", ");
    app.database
        .tamper(&format!(
            "INSERT INTO notice (key, user_id, kind, text, link, urgent, about_at, not_before, state, created_at) \
             VALUES {old}"
        ))
        .await;
    let key = declare(&vera, json!({})).await["key"].as_str().unwrap().to_owned();
    let told = async || {
        let log = shown(&vera, &key).await["log"].as_array().unwrap().clone();
        let told: Vec<_> = log.into_iter().filter(|line| line["kind"] == "told").collect();
        told
    };
    assert!(told().await.is_empty(), "it was only queued");
    (abate::message::bundle::TIMER.run)(&app.state).await.unwrap();
    app.settle().await;
    let lines = told().await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["who"], &lines[0]["how"]), (&json!("vera@example.org"), &json!("Slack message")));
    let log = shown(&vera, &key).await["log"].to_string();
    assert!(log.contains("head@example.org could not be told by message: Slack knows nobody"), "{log}");
    let said = workspace.lines("D0VERA").await;
    assert!(said[0].starts_with("Data breach I-1 was declared."), "{said:?}");
    let page = vera.browser.get(&format!("/incidents/{key}")).await.expect(200).text;
    assert!(!page.contains("No Slack app is configured"), "{page}");
}
