//! Worked cases of recurring obligations, through the preview that the API gives.

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::json;

use super::stage::{Stage, noon};

#[derive(Deserialize)]
struct Cadences {
    cadences: Vec<Cadence>,
}

#[derive(Deserialize)]
struct Cadence {
    rule: String,
    starts_on: NaiveDate,
    /// None where the rule is refused: it would leave out months without a word.
    days: Vec<NaiveDate>,
}

async fn all_in(zone: Tz) {
    let stage = Stage::within(zone.name()).await;
    let text = include_str!("../../fixtures/clock/cadences.json");
    for cadence in serde_json::from_str::<Cadences>(text).unwrap().cadences {
        let form = json!({
            "name": "Something that comes again", "rule": cadence.rule, "starts_on": cadence.starts_on,
            "time_of_day": "09:00",
        });
        stage.app.time.set(noon(zone, cadence.starts_on.checked_sub_days(Days::new(1)).unwrap()));
        if cadence.days.is_empty() {
            let refused = stage.first.api.post("/api/v1/cadences/preview", &form).await.expect(422).json();
            assert_eq!(refused["errors"][0]["field"], "rule", "{}: {refused}", cadence.rule);
            continue;
        }
        let mut seen: Vec<NaiveDate> = Vec::new();
        while seen.len() < cadence.days.len() {
            let page = stage.first.api.post("/api/v1/cadences/preview", &form).await.expect(200).json();
            let days = page["items"].as_array().unwrap().iter();
            let days: Vec<NaiveDate> =
                days.map(|run| run["scheduled_on"].as_str().unwrap().parse().unwrap()).collect();
            let last = *days.last().expect("a rule that goes on");
            let newer = days.into_iter().filter(|day| Some(day) > seen.last()).collect::<Vec<_>>();
            seen.extend(newer);
            stage.app.time.set(noon(zone, last.succ_opt().unwrap()));
        }
        seen.truncate(cadence.days.len());
        assert_eq!(seen, cadence.days, "{} in {zone}", cadence.rule);
    }
}

#[tokio::test]
async fn in_london() {
    all_in(Tz::Europe__London).await;
}

#[tokio::test]
async fn in_new_york() {
    all_in(Tz::America__New_York).await;
}

#[tokio::test]
async fn in_tokyo() {
    all_in(Tz::Asia__Tokyo).await;
}
