//! Worked cases of due dates through the API, in three zones, over both changes of the clocks.

use abate::acceptance::expire::expire;
use serde::Deserialize;
use serde_json::{Value, json};

use super::stage::Stage;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    level: String,
    starts_on: String,
    /// Day and what happens then.
    steps: Vec<(String, String)>,
    due_on: String,
    /// The end of that day by zone.
    due_at: Value,
}

fn cases() -> Vec<Case> {
    let text = include_str!("../../fixtures/clock/due_dates.json");
    serde_json::from_str::<Cases>(text).unwrap().cases
}

/// Everything that happens in all cases, by day, so that one clock serves them.
async fn all_in(zone: &str) {
    let stage = Stage::within(zone).await;
    let cases = cases();
    let mut days: Vec<(&str, usize, &str)> = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        days.push((&case.starts_on, number, "start"));
        days.extend(case.steps.iter().map(|(day, what)| (day.as_str(), number, what.as_str())));
    }
    days.sort();
    let mut paths = vec![String::new(); cases.len()];
    for (day, number, what) in days {
        stage.at(day);
        let path = paths[number].clone();
        match what.split_once(" until ").unwrap_or((what, "")) {
            ("start", _) => paths[number] = stage.open("shop", &cases[number].level).await,
            ("block", _) => {
                stage
                    .step(&stage.first, &path, json!({"event": "start", "plan": "wait for the others"}))
                    .await;
                let form = json!({
                    "event": "block", "blocker_kind": "dependency", "review_on": "2026-10-25", "reason": "they are late",
                });
                stage.step(&stage.first, &path, form).await;
            }
            ("unblock", _) => stage.step(&stage.first, &path, json!({"event": "unblock"})).await,
            ("raise", _) => {
                let form = json!({"likelihood": 5, "impact": 5});
                stage.first.api.patch(&path, &form).await.expect(200);
            }
            ("accept", until) => stage.accept(&path, until).await,
            ("expire", _) => expire(&stage.app.state).await.unwrap(),
            ("close", _) => stage.close(&path).await,
            ("reopen", _) => stage.reopen(&path).await,
            other => panic!("{other:?} is nothing that happens"),
        }
    }
    for (case, path) in cases.iter().zip(&paths) {
        let sla = stage.first.api.get(&format!("{path}/sla")).await.expect(200).json();
        assert_eq!(sla["due_on"], case.due_on, "{} in {zone}: {sla:#}", case.name);
        assert_eq!(sla["due_at"], case.due_at[zone], "{} in {zone}", case.name);
        assert_eq!(sla["zone"], zone);
        assert_eq!(stage.show(path).await["due_on"], case.due_on, "{}: what is stored", case.name);
    }
}

#[tokio::test]
async fn in_london() {
    all_in("Europe/London").await;
}

#[tokio::test]
async fn in_new_york() {
    all_in("America/New_York").await;
}

#[tokio::test]
async fn in_tokyo() {
    all_in("Asia/Tokyo").await;
}

#[tokio::test]
async fn a_pause_of_more_days_than_may_be_asked_for_is_refused_and_changes_nothing() {
    let stage = Stage::new().await;
    let path = stage.open("shop", "high").await;
    stage.step(&stage.first, &path, json!({"event": "start", "plan": "wait"})).await;
    let before = stage.show(&path).await;
    let form = json!({
        "event": "block", "blocker_kind": "vendor", "review_on": "2026-04-20", "reason": "no patch", "pause_days": 45,
    });
    let refused = stage.first.api.post(&format!("{path}/transitions"), &form).await.expect(422).json();
    let errors = refused["errors"].as_array().unwrap();
    assert!(
        errors.iter().any(|error| error["field"] == "pause_days" && error["rule"].is_string()),
        "{refused}"
    );
    assert_eq!(stage.show(&path).await, before);
}
