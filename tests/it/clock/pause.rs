//! Pauses: asked for with a block, answered by somebody else, ended by the wait or the review.

use abate::acceptance::expire::expire;
use abate::access::role::Role;
use abate::risk::standing::Standing;
use abate_entity::lifecycle::State;
use abate_entity::{notice, risk_event};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::json;

use super::owned::{Stage, at, block};

#[tokio::test]
async fn an_approved_pause_moves_the_due_date_by_the_days_that_it_took() {
    let stage = Stage::blocked(30, "2026-11-11").await;
    assert_eq!(stage.due_on().await, "2026-11-04", "asking pauses nothing");
    stage.go_to("2026-10-13T09:00:00Z");
    let paused = stage.approve().await;
    assert_eq!(paused["due_on"], "2026-12-04");
    let standing = Standing::of(&stage.row().await).unwrap();
    assert_eq!((standing.paused_days, standing.pause_asked), (30, None));
    stage.go_to("2026-10-22T09:00:00Z");
    let ended = stage.step(&stage.owner, json!({"event": "unblock"})).await;
    assert_eq!(ended["due_on"], "2026-11-14");
    assert_eq!(Standing::of(&stage.row().await).unwrap().paused_days, 10, "what was not used is given back");
    let sla = stage.sla().await;
    let lines: Vec<_> = sla["because"].as_array().unwrap().iter().map(|line| &line["text"]).collect();
    assert!(lines.iter().any(|line| line.as_str().unwrap().contains("A pause of 30 days from 2026-10-12")));
    assert!(lines.iter().any(|line| line.as_str().unwrap().contains("The pause ended after 10 days")));
}

#[tokio::test]
async fn the_review_day_ends_a_pause_also_when_nobody_was_there() {
    let stage = Stage::blocked(10, "2026-10-22").await;
    stage.approve().await;
    stage.go_to("2026-12-01T09:00:00Z");
    expire(&stage.app.state).await.unwrap();
    assert_eq!((stage.state().await, stage.due_on().await), (State::InProgress, json!("2026-11-14")));
    let db = stage.app.state.database.reader();
    let events = risk_event::Entity::find().filter(risk_event::Column::Transition.eq("T09"));
    let ended = events.one(db).await.unwrap().unwrap();
    assert_eq!(
        ended.effective_at,
        at("2026-10-21T23:00:00Z"),
        "the day begins at its own midnight in London"
    );
    assert_eq!(ended.recorded_at, at("2026-12-01T09:00:00Z"));
}

#[tokio::test]
async fn it_is_answered_by_a_risk_manager_of_the_team_who_did_not_ask() {
    let stage = Stage::blocked(20, "2026-11-05").await;
    let elsewhere = stage.app.team("payments").await;
    let app = &stage.app;
    let stranger = app.member("stranger@example.org", &[Role::RiskManager], Some(elsewhere)).await;
    let lead = app.person("lead@example.org", &[Role::Viewer, Role::TeamLead]).await;
    let before = stage.row().await;
    for (person, status) in [(&stage.owner, 403), (&lead, 403), (&stranger, 404)] {
        for answer in ["approve", "refuse"] {
            if answer == "refuse" && person.id == stage.owner.id {
                continue;
            }
            let path = format!("{}/pause/{answer}", stage.path);
            let problem = person.api.post(&path, &json!({"reason": "please"})).await.problem(status);
            if status == 403 {
                assert_eq!(problem["errors"][0]["rule"], "pause_by_another", "{problem}");
            }
        }
    }
    assert_eq!(stage.row().await, before);
    let actions = format!("{}/actions", stage.path);
    let asked = stage.owner.api.get(&actions).await.expect(200).json()["pause"].clone();
    assert_eq!((&asked["days"], &asked["may_approve"]), (&json!(20), &json!(false)), "{asked}");
    assert_eq!(asked["asked_by"], "owner@example.org");
    let asked = stage.manager.api.get(&actions).await.expect(200).json()["pause"].clone();
    assert_eq!(asked["may_approve"], true);

    // A no needs a reason, and after it nothing waits.
    let refuse = format!("{}/pause/refuse", stage.path);
    let bare = stage.manager.api.post(&refuse, &json!({})).await.problem(422);
    assert_eq!(bare["errors"][0]["field"], "reason", "{bare}");
    let refused = stage.manager.api.post(&refuse, &json!({"reason": "there is a way around it"})).await;
    assert_eq!(refused.expect(200).json()["due_on"], "2026-11-04");
    stage.manager.api.post(&refuse, &json!({"reason": "again"})).await.problem(409);
    stage.manager.api.post(&format!("{}/pause/approve", stage.path), &json!({})).await.problem(409);
    assert!(stage.owner.api.get(&actions).await.json().get("pause").is_none());

    // Both were told, each once.
    let db = stage.app.state.database.reader();
    let told =
        notice::Entity::find().filter(notice::Column::Kind.eq("pause")).order_by_asc(notice::Column::Id);
    let told = told.all(db).await.unwrap();
    let first = stage.app.first().await.id;
    let waits =
        |id: i64| told.iter().filter(|row| row.user_id == id && row.text.contains("waits for you")).count();
    assert_eq!((waits(stage.manager.id), waits(first), waits(stranger.id)), (1, 1, 0), "{told:?}");
    let answers: Vec<_> = told.iter().filter(|row| row.user_id == stage.owner.id).collect();
    assert!(answers.len() == 1 && answers[0].text.contains("is refused"), "{answers:?}");
}

#[tokio::test]
async fn what_is_too_long_is_refused_with_the_rule_and_changes_nothing() {
    let stage = Stage::open_risk().await;
    stage.go_to("2026-10-12T09:00:00Z");
    stage.step(&stage.owner, json!({"event": "start", "plan": "wait for the patch"})).await;
    let before = stage.row().await;
    // More than 30 days at a time, and more than lie before the review.
    for form in [block(45, "2026-11-11"), block(11, "2026-10-22")] {
        let path = format!("{}/transitions", stage.path);
        let problem = stage.owner.api.post(&path, &form).await.problem(422);
        let errors = problem["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{problem}");
        assert_eq!(
            (&errors[0]["field"], &errors[0]["rule"]),
            (&json!("pause_days"), &json!("pause_within_limits"))
        );
    }
    assert_eq!(stage.row().await, before);
}

#[tokio::test]
async fn the_page_asks_those_who_may_answer_and_takes_their_answer() {
    let stage = Stage::open_risk().await;
    stage.step(&stage.owner, json!({"event": "start", "plan": "wait for the patch"})).await;
    stage.step(&stage.owner, block(10, "2026-10-15")).await;
    let page = stage.path.replace("/api/v1", "");
    let seen = stage.owner.browser.get(&page).await.expect(200).text;
    assert!(seen.contains("asks to pause the clock for 10 days"), "{seen}");
    assert!(!seen.contains("pause/approve"));
    let seen = stage.manager.browser.get(&page).await.expect(200).text;
    assert!(seen.contains("pause/approve") && seen.contains("pause/refuse"), "{seen}");
    stage.owner.browser.submit(&format!("{page}/pause/approve"), &[]).await.expect(403);
    assert_eq!(stage.due_on().await, "2026-11-04", "the answer is not the owner's");
    stage.manager.browser.submit(&format!("{page}/pause/approve"), &[]).await.expect(303);
    assert_eq!(stage.due_on().await, "2026-11-14");
    let seen = stage.owner.browser.get(&page).await.expect(200).text;
    assert!(seen.contains("Approved a pause of 10 days from 5 Oct 2026"), "{seen}");
}
