//! The register of a past day is what the register was on that day.

use std::collections::BTreeMap;

use abate::risk::difference;
use abate::risk::key::RiskKey;
use abate_entity::{risk, team};
use chrono::Duration;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Map, Value, json};

use super::pack;
use crate::harness::app::{Person, TestApp};
use crate::intake::report::{import, many, trivy};

/// Days that are walked through.
const DAYS: i64 = 6;
/// Things that are tried on each.
const TRIES: u64 = 25;

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// Tries something; much of it is refused, which is as good.
async fn try_something(app: &TestApp, who: &Person, dice: &mut Dice) {
    let path = format!("/api/v1/risks/R-{}", 1 + dice.below(10));
    let step = async |form: Value| {
        who.api.post(&format!("{path}/transitions"), &form).await;
    };
    let score = |dice: &mut Dice| 1 + dice.below(5);
    match dice.below(10) {
        0 => drop(who.api.patch(&path, &json!({"title": format!("Title {}", dice.below(1000))})).await),
        1 => drop(who.api.patch(&path, &json!({"plan": format!("Plan {}", dice.below(1000))})).await),
        2 => {
            let rating = json!({"likelihood": score(dice), "impact": score(dice)});
            drop(who.api.patch(&path, &rating).await);
        }
        3 => step(json!({"event": "start", "assignee": who.email})).await,
        4 => {
            step(json!({"event": "claim_fix", "reason": "done", "evidence": ["https://example.org/1"]})).await
        }
        5 => step(json!({"event": "dismiss", "resolution": "false_positive", "reason": "no"})).await,
        6 => {
            let (likelihood, impact) = (score(dice), score(dice));
            step(json!({
                "event": "confirm", "owner": who.email, "likelihood": likelihood, "impact": impact, "reason": "so",
            }))
            .await;
        }
        7 => step(json!({"event": "start_triage"})).await,
        8 => {
            let first = u32::try_from(5000 + dice.below(6)).unwrap();
            import(app, who, &trivy(&many(first, 6, "MEDIUM")), &[("asset", "web")]).await;
        }
        _ => app.pass(Duration::minutes(30)).await,
    }
}

/// What the register says now, by key.
async fn snapshot(app: &TestApp) -> BTreeMap<String, (Map<String, Value>, String)> {
    let risks = risk::Entity::find().order_by_asc(risk::Column::Id);
    let risks = risks.all(app.state.database.reader()).await.unwrap();
    risks
        .into_iter()
        .map(|risk| (RiskKey(risk.id).to_string(), (difference::values(&risk), risk.plan)))
        .collect()
}

#[tokio::test]
async fn the_register_of_a_past_day_is_what_it_was() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    for number in 0..4 {
        app.risk("shop", &format!("Hole {number}")).await;
    }
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut seen = Vec::new();
    for _ in 0..DAYS {
        for _ in 0..TRIES {
            try_something(&app, &first, &mut dice).await;
        }
        let day = app.state.clock.now().date_naive();
        seen.push((day, snapshot(&app).await));
        app.pass(Duration::days(1)).await;
    }
    let teams = team::Entity::find().all(app.state.database.reader()).await.unwrap();
    let mut states = BTreeMap::new();
    for (day, before) in seen {
        let day = day.to_string();
        let rows = pack(&app, &first, "2026-03-01", &day).await.rows("register");
        assert_eq!(rows.len(), before.len(), "{day}");
        for row in rows {
            let key = row["risk"].as_str().unwrap();
            let (values, plan) = &before[key];
            *states.entry(values["state"].as_str().unwrap().to_owned()).or_insert(0) += 1;
            for same in [
                "title",
                "state",
                "resolution",
                "level",
                "inherent_likelihood",
                "current_impact",
                "target_impact",
                "treatment",
                "due_on",
                "triage_due_at",
                "acceptance_ends_on",
                "confidential",
            ] {
                assert_eq!(row[same], values[same], "{same} of {key} on {day}");
            }
            assert_eq!(row["plan"], plan.as_str(), "plan of {key} on {day}");
            let owner = values["owner_id"].as_i64().map(|_| first.email.as_str());
            assert_eq!(row["owner"].as_str(), owner, "owner of {key} on {day}");
            let team = teams.iter().find(|team| values["team_id"] == team.id).unwrap();
            assert_eq!(row["team"], team.key.as_str(), "team of {key} on {day}");
            assert_eq!(row["closed_at"].is_null(), values["state"] != "closed", "{key} on {day}");
        }
    }
    assert!(states.len() >= 3, "the walk went through {states:?} only");
}
