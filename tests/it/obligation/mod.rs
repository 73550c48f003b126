//! Recurring obligations.

mod cadences;
mod pages;
mod reminders;
mod runs;
mod timer;

use abate::access::role::Role;
use abate::obligation::tick::tick;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};

/// Somebody who sets obligations up.
async fn keeper(app: &TestApp) -> Person {
    app.person("keeper@example.org", &[Role::Viewer, Role::RiskManager]).await
}

/// Somebody who carries them out.
async fn engineer(app: &TestApp) -> Person {
    app.person("engineer@example.org", &[Role::Viewer, Role::Engineer]).await
}

/// A cadence each Monday at nine, with two days of lead and three of grace; its first run is on 9 March 2026.
async fn weekly(app: &TestApp, keeper: &Person) -> Value {
    let form = json!({
        "name": "Scan", "rule": "FREQ=WEEKLY;BYDAY=MO", "starts_on": "2026-03-03", "zone": "UTC",
        "lead_days": 2, "grace_days": 3, "owner": "keeper@example.org",
    });
    let made = keeper.api.post("/api/v1/cadences", &form).await.expect(201).json();
    assert_eq!(app.state.clock.now(), crate::harness::app::beginning());
    made
}

/// Moves the clock and lets the timer look.
async fn go_to(app: &TestApp, moment: &str) {
    app.time.set(moment.parse::<DateTime<Utc>>().unwrap());
    tick(&app.state).await.unwrap();
}

/// The runs of a cadence as date and state, the latest first.
async fn runs(person: &Person, cadence: &Value) -> Vec<(String, String)> {
    let path = format!("/api/v1/cadences/{}/runs?limit=200", cadence["id"]);
    let listed = person.api.get(&path).await.expect(200).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = listed["items"].as_array().unwrap();
    items.iter().map(|run| (text(&run["scheduled_on"]), text(&run["state"]))).collect()
}

/// Where the run of a date is.
async fn path_of(person: &Person, cadence: &Value, date: &str) -> String {
    let path = format!("/api/v1/cadences/{}/runs?limit=200", cadence["id"]);
    let listed = person.api.get(&path).await.expect(200).json();
    let run = listed["items"].as_array().unwrap().iter().find(|run| run["scheduled_on"] == date).cloned();
    format!("/api/v1/runs/{}", run.unwrap()["id"])
}
