//! The dashboard and the figures behind it.

use abate::posture::snapshot;
use chrono::Duration;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};

/// Records a risk and confirms it, owned by the first user: high, due in 30 days.
async fn confirmed(app: &TestApp, first: &Person, title: &str) -> String {
    let key = app.risk("api", title).await;
    let path = format!("/api/v1/risks/{key}/transitions");
    first.api.post(&path, &json!({"event": "start_triage"})).await.expect(200);
    let confirm = json!({"event": "confirm", "owner": "first@example.org", "likelihood": 4, "impact": 4,
        "reason": "seen"});
    first.api.post(&path, &confirm).await.expect(200);
    key
}

async fn metrics(first: &Person, name: &str) -> Value {
    first.api.get(&format!("/api/v1/metrics/{name}")).await.expect(200).json()
}

#[tokio::test]
async fn an_empty_register_says_where_to_begin() {
    let app = TestApp::spawn().await;
    let page = app.first().await.browser.get("/").await.expect(200).text;
    assert!(page.contains("No risks yet") && page.contains("href=\"/imports\""), "{page}");
}

#[tokio::test]
async fn what_is_late_is_counted_and_named_with_its_owner() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    let first = app.first().await;
    let key = confirmed(&app, &first, "Altered amount").await;
    app.risk("api", "Not looked at yet").await;
    assert_eq!(metrics(&first, "posture").await["late"], 0);

    app.pass(Duration::days(33)).await;
    let first = app.first().await;
    // Counting rests between two looks, for longer the longer a count took.
    let posture = loop {
        let posture = metrics(&first, "posture").await;
        if posture["as_of"] == json!(app.state.clock.now()) {
            break posture;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!(
        (&posture["open"], &posture["late"], &posture["to_triage"], &posture["triage_late"]),
        (&json!(2), &json!(1), &json!(1), &json!(1)),
        "{posture}"
    );
    let page = first.browser.get("/").await.expect(200).text;
    let (_, late) = page.split_once("Oldest late risks").expect("the list is there");
    assert!(late.contains(&key) && late.contains("late by 3 days") && late.contains("first"), "{late}");
}

#[tokio::test]
async fn the_figures_follow_a_change_and_agree_with_each_other() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    let first = app.first().await;
    for number in 0..4 {
        app.risk("api", &format!("Risk {number}")).await;
    }
    confirmed(&app, &first, "One that is open").await;
    // Counting rests between two looks, for longer the longer a count took.
    let posture = loop {
        let posture = metrics(&first, "posture").await;
        if posture["open"] == 5 && posture["to_triage"] == 4 {
            break posture;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let ageing = metrics(&first, "ageing").await;
    let sum = |rows: &Value, field: &str| -> u64 {
        rows.as_array().unwrap().iter().map(|row| row[field].as_u64().unwrap()).sum()
    };
    assert_eq!(sum(&posture["counts"], "risks"), 5);
    assert_eq!(sum(&ageing["buckets"], "all"), 5);
    assert_eq!(posture["exposure"], 5 * 16);
}

#[tokio::test]
async fn each_day_leaves_its_figures_behind() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    app.risk("api", "First").await;
    snapshot::take(&app.state).await.unwrap();
    snapshot::take(&app.state).await.unwrap();
    app.pass(Duration::days(2)).await;
    app.risk("api", "Second").await;
    let days = loop {
        let days = metrics(&app.first().await, "exposure").await["days"].clone();
        if days.as_array().unwrap().last().unwrap()["exposure"] == 32 {
            break days;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let rows = days.as_array().unwrap();
    assert_eq!(
        (rows[0]["day"].as_str(), rows[0]["exposure"].as_u64()),
        (Some("2026-03-02"), Some(16)),
        "{days}"
    );
    assert_eq!(rows.last().unwrap()["day"], "2026-03-04");
    let page = app.first().await.browser.get("/").await.expect(200).text;
    assert!(page.contains("Exposure went from 16 on 2 Mar 2026 to 32 on 4 Mar 2026."), "{page}");
}

#[tokio::test]
async fn a_team_that_is_not_yours_has_no_figures() {
    let app = TestApp::spawn().await;
    let (ours, _) = (app.team("ours").await, app.team("theirs").await);
    let member = app.member("m@example.org", &[abate::access::role::Role::Viewer], Some(ours)).await;
    member.api.get("/api/v1/metrics/posture?team=theirs").await.problem(404);
    member.api.get("/api/v1/metrics/posture?team=nobody").await.problem(422);
    member.api.get("/api/v1/metrics/posture?team=ours").await.expect(200);
}
