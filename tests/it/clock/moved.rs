//! Due dates that people move.

use abate::access::role::Role;
use abate_entity::risk_event;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use super::owned::Stage;

/// What is in the way of a move, as fields and rules.
async fn refused(stage: &Stage, form: Value) -> Vec<(String, String)> {
    let path = format!("{}/due-date", stage.path);
    let problem = stage.manager.api.post(&path, &form).await.problem(422);
    let word = |error: &Value, name: &str| error[name].as_str().unwrap_or_default().to_owned();
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|error| (word(error, "field"), word(error, "rule"))).collect()
}

fn one(field: &str, rule: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), rule.to_owned())]
}

async fn rate(stage: &Stage, likelihood: u8, impact: u8) {
    let form = json!({"likelihood": likelihood, "impact": impact, "reason": "looked again"});
    stage.app.first().await.api.patch(&stage.path, &form).await.expect(200);
}

#[tokio::test]
async fn it_moves_out_after_the_level_fell_and_no_further_than_the_policy() {
    let stage = Stage::open_risk().await;
    stage.go_to("2026-10-10T09:00:00Z");
    let later = json!({"due_on": "2026-12-24", "reason": "the level fell"});
    let little = json!({"due_on": "2026-11-08", "reason": "more time"});
    assert_eq!(refused(&stage, little).await, one("ground", "ground_to_move_out"));
    rate(&stage, 2, 2).await;
    assert_eq!(stage.due_on().await, "2026-11-04", "a fall alone moves nothing");
    // Low has 180 days from today.
    let beyond = json!({"due_on": "2027-04-09", "reason": "the level fell"});
    assert_eq!(refused(&stage, beyond).await, one("due_on", "within_policy"));
    let path = format!("{}/due-date", stage.path);
    let moved = stage.manager.api.post(&path, &later).await.expect(200).json();
    assert_eq!(moved["due_on"], "2026-12-24");
    assert_eq!(
        refused(&stage, json!({"due_on": "2027-01-05", "reason": "more"})).await,
        one("ground", "ground_to_move_out")
    );
    let sla = stage.sla().await;
    assert_eq!((&sla["stored_equals_replay"], &sla["state"]["is"]), (&json!(true), &json!("running")));
    let text = sla["because"].as_array().unwrap().last().unwrap()["text"].as_str().unwrap().to_owned();
    assert!(text.contains("Moved by hand to 2026-12-24: the level fell"), "{text}");
    let events = risk_event::Entity::find().filter(risk_event::Column::Kind.eq("due_date_moved"));
    let event = events.one(stage.app.state.database.reader()).await.unwrap().unwrap();
    assert_eq!((event.actor_id, event.reason.as_str()), (Some(stage.manager.id), "the level fell"));
    assert_eq!((&event.data["from"], &event.data["to"]), (&json!("2026-11-04"), &json!("2026-12-24")));
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_every_rule_and_changes_nothing() {
    let stage = Stage::open_risk().await;
    stage.go_to("2026-10-10T09:00:00Z");
    let before = stage.row().await;
    let all = refused(&stage, json!({"due_on": "2026-10-09", "reason": " "})).await;
    let rules: Vec<_> = all.iter().map(|(_, rule)| rule.as_str()).collect();
    assert_eq!(rules, ["due_date_ahead", "reasoned"]);
    let same = json!({"due_on": "2026-11-04", "reason": "x"});
    assert_eq!(refused(&stage, same).await, one("due_on", "due_date_changes"));
    let unknown = json!({"due_on": "2026-10-30", "reason": "x", "ground": "weather"});
    assert_eq!(refused(&stage, unknown).await[0].0, "ground");
    stage.go_to("2026-11-10T09:00:00Z");
    let late = json!({"due_on": "2026-11-30", "reason": "x", "ground": "calendar_error"});
    assert_eq!(refused(&stage, late).await, one("due_on", "late_stays_late"));
    assert_eq!(stage.row().await, before);
}

#[tokio::test]
async fn it_is_for_risk_managers_and_the_head_of_security_who_do_not_own_it() {
    let stage = Stage::open_risk().await;
    let path = format!("{}/due-date", stage.path);
    let sooner = json!({"due_on": "2026-10-30", "reason": "an audit"});
    let lead = stage.app.person("lead@example.org", &[Role::Viewer, Role::TeamLead]).await;
    for person in [&stage.owner, &lead] {
        let problem = person.api.post(&path, &sooner).await.problem(403);
        assert_eq!(problem["errors"][0]["rule"], "due_date_by_another", "{problem}");
    }
    let first = stage.app.first().await;
    first.api.patch(&stage.path, &json!({"owner": "manager@example.org"})).await.expect(200);
    stage.manager.api.post(&path, &sooner).await.problem(403);
    let head = stage.app.person("head@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    assert_eq!(head.api.post(&path, &sooner).await.expect(200).json()["due_on"], "2026-10-30");

    // Closed or accepted, nothing moves.
    let accept = json!({"event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-12-15"});
    stage.step(&stage.manager, accept.clone()).await;
    stage.step(&head, accept).await;
    head.api.post(&path, &sooner).await.problem(409);
}

#[tokio::test]
async fn the_page_moves_it_for_those_who_may() {
    let stage = Stage::open_risk().await;
    let page = stage.path.replace("/api/v1", "");
    let seen = stage.owner.browser.get(&page).await.expect(200).text;
    assert!(!seen.contains("move-due-date"));
    let seen = stage.manager.browser.get(&page).await.expect(200).text;
    assert!(seen.contains("move-due-date"), "{seen}");
    let path = format!("{page}/due-date");
    let form = [("due_on", "2026-10-30"), ("ground", ""), ("reason", "an audit")];
    let refused = stage.owner.browser.submit(&path, &form).await.expect(403).text;
    assert!(refused.contains("This is for") || refused.contains("is for"), "{refused}");
    assert_eq!(stage.due_on().await, "2026-11-04");
    let later = [("due_on", "2026-12-30"), ("ground", ""), ("reason", "an <audit>")];
    let refused = stage.manager.browser.submit(&path, &later).await.expect(422).text;
    assert!(refused.contains(r#"value="2026-12-30""#) && refused.contains("an &#60;audit&#62;"), "{refused}");
    assert!(!refused.contains("due_on:") && refused.contains(r#"id="move-due-date" open"#), "{refused}");
    stage.manager.browser.submit(&path, &form).await.expect(303);
    assert_eq!(stage.due_on().await, "2026-10-30");
    let seen = stage.owner.browser.get(&page).await.expect(200).text;
    assert!(seen.contains("Moved the due date to 30 Oct 2026") && seen.contains("Moved by hand"), "{seen}");
}

/// A regression: only the base policy was asked how far a due date may move out.
#[tokio::test]
async fn it_moves_out_no_further_than_the_strictest_of_the_policies() {
    let stage = Stage::open_risk().await;
    stage.go_to("2026-10-10T09:00:00Z");
    let first = stage.app.first().await;
    let path = format!("{}/due-date", stage.path);
    let sooner = json!({"due_on": "2026-10-18", "reason": "an audit"});
    stage.manager.api.post(&path, &sooner).await.expect(200);
    let data =
        json!({"title": "House rules", "basis": "calendar_days", "remediation": {"low": 40, "high": 10}});
    let seen = json!({"name": "house", "data": data});
    let digest =
        first.api.post("/api/v1/sla-policies/preview", &seen).await.expect(200).json()["digest"].clone();
    let made = json!({"name": "house", "data": data, "digest": digest, "reason": "we agreed on it"});
    first.api.post("/api/v1/sla-policies", &made).await.expect(201);
    stage.app.settle().await;
    let beyond = json!({"due_on": "2026-10-21", "reason": "a holiday", "ground": "calendar_error"});
    assert_eq!(refused(&stage, beyond).await, one("due_on", "within_policy"), "10 days from today");
    rate(&stage, 2, 2).await;
    assert_eq!(stage.sla().await["policies"], json!(["standard@1", "house@1"]));
    let beyond = json!({"due_on": "2026-11-20", "reason": "the level fell"});
    assert_eq!(refused(&stage, beyond).await, one("due_on", "within_policy"));
    let until = json!({"due_on": "2026-11-19", "reason": "the level fell"});
    assert_eq!(stage.manager.api.post(&path, &until).await.expect(200).json()["due_on"], "2026-11-19");
}
