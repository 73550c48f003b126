//! Carrying obligations out.

use abate::access::role::Role;
use serde_json::json;

use super::{engineer, go_to, keeper, path_of, runs, weekly};
use crate::harness::app::TestApp;

#[tokio::test]
async fn done_takes_evidence_and_is_late_after_its_day() {
    let app = TestApp::spawn().await;
    let (keeper, engineer) = (keeper(&app).await, engineer(&app).await);
    let cadence = weekly(&app, &keeper).await;
    let run = path_of(&keeper, &cadence, "2026-03-09").await;
    let complete = format!("{run}/complete");
    let proof = json!({"evidence": "import 7", "evidence_url": "https://ci.example.org/7"});
    engineer.api.post(&complete, &proof).await.problem(409);
    go_to(&app, "2026-03-09T23:59:59Z").await;
    engineer.api.post(&format!("{run}/start"), &json!({})).await.expect(200);
    let problem = engineer.api.post(&complete, &json!({"evidence": " "})).await.problem(422);
    assert_eq!(problem["errors"][0]["field"], "evidence");
    engineer.api.post(&complete, &json!({"evidence_url": "javascript:alert(1)"})).await.problem(422);
    assert_eq!(engineer.api.get(&run).await.json()["state"], "in_progress");
    let done = engineer.api.post(&complete, &proof).await.expect(200).json();
    assert_eq!((&done["state"], &done["done_by"]), (&json!("done"), &json!("engineer@example.org")));
    engineer.api.post(&complete, &proof).await.problem(409);
    go_to(&app, "2026-03-17T00:00:00Z").await;
    let second = path_of(&keeper, &cadence, "2026-03-16").await;
    let done = engineer.api.post(&format!("{second}/complete"), &proof).await.expect(200).json();
    assert_eq!((&done["state"], &done["late"]), (&json!("done_late"), &json!(false)));
}

#[tokio::test]
async fn a_missed_run_stays_missed_when_it_is_done_after_all() {
    let app = TestApp::spawn().await;
    let (keeper, engineer) = (keeper(&app).await, engineer(&app).await);
    let cadence = weekly(&app, &keeper).await;
    go_to(&app, "2026-03-13T00:00:00Z").await;
    let run = path_of(&keeper, &cadence, "2026-03-09").await;
    assert_eq!(engineer.api.get(&run).await.json()["state"], "missed");
    let explain = format!("{run}/explain");
    engineer.api.post(&explain, &json!({"reason": ""})).await.problem(422);
    let explained = engineer.api.post(&explain, &json!({"reason": "on leave"})).await.expect(200).json();
    assert_eq!(explained["reason"], "on leave");
    let done = engineer.api.post(&format!("{run}/complete"), &json!({"evidence": "import 9"})).await;
    let done = done.expect(200).json();
    assert_eq!((&done["state"], &done["done_at"]), (&json!("missed"), &json!("2026-03-13T00:00:00Z")));
    engineer.api.post(&format!("{run}/complete"), &json!({"evidence": "import 9"})).await.problem(409);
}

#[tokio::test]
async fn skipping_takes_a_reason_and_another_person_with_the_right() {
    let app = TestApp::spawn().await;
    let (keeper, engineer) = (keeper(&app).await, engineer(&app).await);
    let cadence = weekly(&app, &keeper).await;
    let skip = format!("{}/skip", path_of(&keeper, &cadence, "2026-03-09").await);
    engineer.api.post(&skip, &json!({})).await.problem(422);
    let asked = engineer.api.post(&skip, &json!({"reason": "office move"})).await.expect(200).json();
    assert_eq!(
        (&asked["state"], &asked["skip_asked_by"]),
        (&json!("planned"), &json!("engineer@example.org"))
    );
    engineer.api.post(&skip, &json!({})).await.problem(403);
    let other = app.person("other@example.org", &[Role::Viewer, Role::Engineer]).await;
    other.api.post(&skip, &json!({})).await.problem(403);
    let skipped = keeper.api.post(&skip, &json!({})).await.expect(200).json();
    assert_eq!((&skipped["state"], &skipped["reason"]), (&json!("skipped"), &json!("office move")));
    assert_eq!(skipped["decided_by"], "keeper@example.org");
    keeper.api.post(&skip, &json!({"reason": "again"})).await.problem(409);
    go_to(&app, "2026-03-20T00:00:00Z").await;
    assert!(runs(&keeper, &cadence).await.contains(&("2026-03-09".into(), "skipped".into())));
}

#[tokio::test]
async fn who_asked_to_skip_cannot_agree_even_with_the_right() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let cadence = weekly(&app, &keeper).await;
    let skip = format!("{}/skip", path_of(&keeper, &cadence, "2026-03-09").await);
    keeper.api.post(&skip, &json!({"reason": "office move"})).await.expect(200);
    keeper.api.post(&skip, &json!({})).await.problem(403);
}

#[tokio::test]
async fn reminders_are_put_off_twice_at_most_and_the_run_stays() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let cadence = weekly(&app, &keeper).await;
    go_to(&app, "2026-03-07T12:00:00Z").await;
    let run = path_of(&keeper, &cadence, "2026-03-09").await;
    let due_on = keeper.api.get(&run).await.json()["due_on"].clone();
    let snooze = async |until: &str| {
        let form = json!({"until": until});
        keeper.api.post(&format!("{run}/snooze"), &form).await
    };
    snooze("2026-03-30T12:00:00Z").await.problem(422);
    snooze("2026-03-08T12:00:00Z").await.expect(200);
    let put_off = snooze("2026-03-09T12:00:00Z").await.expect(200).json();
    assert_eq!((&put_off["snoozes"], &put_off["due_on"]), (&json!(2), &due_on));
    snooze("2026-03-10T12:00:00Z").await.problem(409);
}

#[tokio::test]
async fn a_run_held_early_pulls_the_next_one_into_the_ceiling() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let form = json!({
        "name": "Review", "rule": "FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=10", "starts_on": "2026-03-10",
        "ceiling_months": 6, "lead_days": 5, "zone": "UTC", "last_done_on": "2025-09-11",
    });
    let cadence = keeper.api.post("/api/v1/cadences", &form).await.expect(201).json();
    go_to(&app, "2026-03-06T09:00:00Z").await;
    let next = path_of(&keeper, &cadence, "2026-09-10").await;
    assert_eq!(keeper.api.get(&next).await.json()["due_on"], "2026-09-10");
    let run = path_of(&keeper, &cadence, "2026-03-10").await;
    keeper.api.post(&format!("{run}/complete"), &json!({"evidence": "minutes"})).await.expect(200);
    let pulled = keeper.api.get(&next).await.json();
    assert_eq!((&pulled["scheduled_on"], &pulled["due_on"]), (&json!("2026-09-10"), &json!("2026-09-04")));
    let shown = keeper.api.get(&format!("/api/v1/cadences/{}", cadence["id"])).await.json();
    assert_eq!(shown["last_done_on"], "2026-03-06");
    assert_eq!(shown["last_run"]["state"], "done");
}
