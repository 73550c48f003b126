//! Daily obligations at a time of day that the clocks of a zone skip or repeat: each day has one run, none two.

use abate::obligation::tick::tick;
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Value, json};

use super::stage::{Stage, noon};

#[derive(Deserialize)]
struct Changes {
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    zone: Tz,
    day: NaiveDate,
    time_of_day: String,
    /// The moment at which the run begins.
    at: DateTime<Utc>,
    /// What the clocks of the zone show then.
    shown: String,
}

fn changes() -> Vec<Run> {
    let text = include_str!("../../fixtures/clock/clock_changes.json");
    let mut runs = serde_json::from_str::<Changes>(text).unwrap().runs;
    runs.sort_by_key(|run| run.day);
    runs
}

#[tokio::test]
async fn each_day_has_one_run_also_when_its_time_is_skipped_or_repeated() {
    let stage = Stage::new().await;
    for run in changes() {
        assert_eq!(run.at.with_timezone(&run.zone).to_rfc3339(), run.shown, "the fixture: {}", run.zone);
        let eve = run.day.checked_sub_days(Days::new(1)).unwrap();
        stage.app.time.set(noon(run.zone, eve.pred_opt().unwrap()));
        let name = format!("{} {}", run.zone, run.day);
        let form = json!({
            "name": name, "rule": "FREQ=DAILY;COUNT=3", "starts_on": eve, "time_of_day": run.time_of_day,
            "zone": run.zone.name(),
        });
        let made = stage.first.api.post("/api/v1/cadences", &form).await.expect(201).json();
        stage.app.time.set(noon(run.zone, run.day.checked_add_days(Days::new(2)).unwrap()));
        tick(&stage.app.state).await.unwrap();
        let path = format!("/api/v1/cadences/{}/runs", made["id"]);
        let listed = stage.first.api.get(&path).await.expect(200).json();
        let mut runs: Vec<&Value> = listed["items"].as_array().unwrap().iter().collect();
        runs.reverse();
        let days: Vec<&Value> = runs.iter().map(|run| &run["scheduled_on"]).collect();
        assert_eq!(days, [&json!(eve), &json!(run.day), &json!(run.day.succ_opt())], "{name}");
        let moments: Vec<DateTime<Utc>> =
            runs.iter().map(|run| run["scheduled_at"].as_str().unwrap().parse().unwrap()).collect();
        assert_eq!(moments[1], run.at, "{name}");
        assert!(moments.is_sorted_by(|one, next| one < next), "{name}: {moments:?}");
    }
}
