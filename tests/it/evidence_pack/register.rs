//! The register of a past day is what the register was on that day.

use std::collections::BTreeMap;

use abate::access::role::Role;
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

/// Tries something; part of it is refused, which is as good.
async fn try_something(app: &TestApp, who: &Person, verifier: &Person, dice: &mut Dice) {
    let key = format!("R-{}", 1 + dice.below(10));
    let path = format!("/api/v1/risks/{key}");
    let score = |dice: &mut Dice| 1 + dice.below(5);
    match dice.below(12) {
        0 => drop(who.api.patch(&path, &json!({"title": format!("Title {}", dice.below(1000))})).await),
        1 => drop(who.api.patch(&path, &json!({"plan": format!("Plan {}", dice.below(1000))})).await),
        2 => {
            let rating = json!({"likelihood": score(dice), "impact": score(dice)});
            drop(who.api.patch(&path, &rating).await);
        }
        3 => {
            let first = u32::try_from(5000 + dice.below(6)).unwrap();
            import(app, who, &trivy(&many(first, 6, "MEDIUM")), &[("asset", "web")]).await;
        }
        4 => app.pass(Duration::minutes(30)).await,
        _ => walk(who, verifier, &path, dice).await,
    }
}

/// Takes the step that leads on from where the risk stands, or now and then another one.
async fn walk(who: &Person, verifier: &Person, path: &str, dice: &mut Dice) {
    let risk = who.api.get(path).await;
    if risk.status != 200 {
        return;
    }
    let shown = json!(["https://example.org/1"]);
    let turn = dice.below(5) == 0;
    let (mut by, mut form) = (who, json!({"event": "start_triage"}));
    match risk.json()["state"].as_str().unwrap() {
        "triage" if turn => {
            form = json!({"event": "dismiss", "resolution": "false_positive", "reason": "no", "evidence": shown});
        }
        "triage" => {
            form = json!({"event": "confirm", "owner": who.email, "likelihood": 1 + dice.below(5),
                "impact": 1 + dice.below(5), "reason": "so"});
        }
        "open" if turn => form = json!({"event": "claim_fixed_direct", "evidence": shown}),
        "open" => form = json!({"event": "start", "treatment": "modify", "plan": "Mend it"}),
        "in_progress" => form = json!({"event": "claim_fixed", "evidence": shown}),
        "verification" => {
            let event = if turn { "verify_fail" } else { "verify_pass" };
            form = json!({"event": event, "reason": "looked again", "evidence": ["https://example.org/2"]});
            by = verifier;
        }
        _ => {}
    }
    by.api.post(&format!("{path}/transitions"), &form).await;
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
    let verifier = app.person("vera@example.org", &[Role::Verifier, Role::Viewer]).await;
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut seen = Vec::new();
    for _ in 0..DAYS {
        for _ in 0..TRIES {
            try_something(&app, &first, &verifier, &mut dice).await;
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
    for state in ["new", "triage", "open", "in_progress", "verification", "closed"] {
        assert!(states.contains_key(state), "the walk went through {states:?} only");
    }
}
