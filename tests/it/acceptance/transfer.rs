//! Transferred risks: confirmed on their day of review, or open again the day after.

use abate::access::role::Role;
use abate_entity::{notice, risk_event};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::json;

use super::stage::Stage;
use crate::harness::app::Person;

async fn transferred() -> (Stage, Person) {
    let stage = Stage::open_risk().await;
    let manager = stage.app.person("manager@example.org", &[Role::Viewer, Role::RiskManager]).await;
    let form = json!({
        "event": "treat_without_fix", "resolution": "transferred", "review_on": "2026-06-30",
        "reason": "The insurer carries it", "evidence": ["https://example.org/contract"],
    });
    stage.step(&manager, form).await;
    (stage, manager)
}

#[tokio::test]
async fn what_nobody_confirms_is_open_again_the_day_after_also_after_downtime() {
    let (stage, _) = transferred().await;
    stage.go_to("2026-06-30T22:59:59Z").await;
    assert_eq!(stage.state().await, "closed");
    stage.go_to("2026-07-20T08:00:00Z").await;
    stage.go_to("2026-07-20T08:01:00Z").await;
    assert_eq!(stage.state().await, "open");
    let events = risk_event::Entity::find().filter(risk_event::Column::Transition.eq("T21"));
    let events = events.all(stage.app.state.database.reader()).await.unwrap();
    // London is an hour ahead of UTC by then.
    let effective: Vec<DateTime<Utc>> = events.iter().map(|event| event.effective_at).collect();
    assert_eq!(effective, ["2026-06-30T23:00:00Z".parse::<DateTime<Utc>>().unwrap()]);
}

#[tokio::test]
async fn a_risk_manager_confirms_it_until_the_next_day_of_review() {
    let (stage, manager) = transferred().await;
    let path = format!("{}/confirm-transfer", stage.path);
    let again = json!({"review_on": "2026-12-31", "reason": "Renewed, see the contract"});
    let empty = manager.api.post(&path, &json!({})).await.problem(422);
    let fields: Vec<_> = empty["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["review_on", "reason"]);
    let viewer = stage.app.person("lead@example.org", &[Role::Viewer, Role::TeamLead]).await;
    viewer.api.post(&path, &again).await.problem(403);
    manager.api.post(&path, &json!({"review_on": "2020-01-01", "reason": "x"})).await.problem(422);
    manager.api.post(&path, &again).await.expect(200);
    stage.go_to("2026-07-20T08:00:00Z").await;
    assert_eq!(stage.state().await, "closed");
    stage.go_to("2027-01-01T00:00:00Z").await;
    assert_eq!(stage.state().await, "open");
    manager.api.post(&path, &again).await.problem(409);
}

#[tokio::test]
async fn risk_managers_are_told_once_a_fortnight_before_and_on_the_day() {
    let (stage, _) = transferred().await;
    for moment in ["2026-06-16T06:00:00Z", "2026-06-20T06:00:00Z", "2026-06-30T06:00:00Z"] {
        stage.app.time.set(moment.parse().unwrap());
        stage.app.pass(Duration::minutes(1)).await;
        stage.app.pass(Duration::minutes(11)).await;
    }
    let told = notice::Entity::find().filter(notice::Column::Kind.eq("transfer"));
    let told = told.order_by_asc(notice::Column::AboutAt).order_by_asc(notice::Column::UserId);
    let told = told.all(stage.app.state.database.reader()).await.unwrap();
    let mut days: Vec<String> = told.iter().map(|row| row.about_at.to_rfc3339()).collect();
    days.dedup();
    assert_eq!(days, ["2026-06-15T23:00:00+00:00", "2026-06-29T23:00:00+00:00"]);
    let mut keys: Vec<&str> = told.iter().map(|row| row.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), told.len());
}

#[tokio::test]
async fn the_page_offers_the_confirmation_to_a_risk_manager() {
    let (stage, _) = transferred().await;
    let browser = &stage.first.browser;
    let page = stage.path.replace("/api/v1", "");
    assert!(browser.get(&page).await.expect(200).text.contains("confirm-transfer"));
    let form = [("review_on", "2026-12-31"), ("reason", "The contract runs on")];
    browser.submit(&format!("{page}/confirm-transfer"), &form).await.expect(303);
    let detail = browser.get(&page).await.expect(200).text;
    assert!(detail.contains("Confirmed the transfer") && detail.contains("31"), "{detail}");
}
