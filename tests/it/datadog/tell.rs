//! Datadog is told once how a signal was triaged here, and never over the word of a person there.

use chrono::Duration;
use serde_json::json;

use super::Stage;

#[actix_web::test]
async fn each_decision_is_told_once() {
    let stage = Stage::connected().await;
    stage.datadog.add("s-1", "rule-1", stage.now());
    stage.look().await;
    let key = stage.risk().await["key"].as_str().unwrap().to_owned();
    stage.look().await;
    assert!(stage.datadog.triaged().is_empty(), "nothing is decided");
    stage.start_work(&key).await;
    for _ in 0..3 {
        stage.look().await;
    }
    assert_eq!(stage.datadog.triaged(), [("s-1".to_owned(), json!({"state": "under_review"}))]);
    stage.step(&key, json!({"event": "claim_fixed", "evidence": ["https://example.org/change"]})).await;
    stage.look().await;
    assert_eq!(stage.datadog.triaged().len(), 1, "it is still being worked on");
    let verifier = stage.app.person("verifier@example.org", &[abate::access::role::Role::Verifier]).await;
    let pass = json!({"event": "verify_pass", "evidence": ["https://example.org/retest"]});
    verifier.api.post(&format!("/api/v1/risks/{key}/transitions"), &pass).await.expect(200);
    for _ in 0..3 {
        stage.look().await;
    }
    let triaged = stage.datadog.triaged();
    assert_eq!(triaged.len(), 2, "{triaged:?}");
    let last = &triaged[1].1;
    assert_eq!((&last["state"], &last["archive_reason"]), (&json!("archived"), &json!("remediated")));
    let comment = last["archive_comment"].as_str().unwrap();
    assert!(comment.contains(&key) && comment.contains(&format!("/risks/{key}")), "{comment}");
    assert_eq!(stage.shown().await["told"], 1);
    assert_eq!(stage.risk().await["state"], "closed", "our own word brings nothing back");
}

#[actix_web::test]
async fn the_word_of_a_person_there_stands() {
    let stage = Stage::connected().await;
    stage.datadog.add("s-1", "rule-1", stage.now() - Duration::hours(1));
    stage.look().await;
    let key = stage.risk().await["key"].as_str().unwrap().to_owned();
    stage.datadog.move_to("s-1", "under_review");
    stage.dismiss(&key).await;
    for _ in 0..3 {
        stage.look().await;
    }
    assert!(stage.datadog.triaged().is_empty());
    assert_eq!(stage.datadog.state("s-1"), "under_review");
    assert_eq!(stage.shown().await["left"], 1);
}

/// The process dies, or the answer is lost, after Datadog was told and before that is written down.
#[actix_web::test]
async fn what_arrived_without_an_answer_is_not_told_again() {
    let stage = Stage::connected().await;
    stage.datadog.add("s-1", "rule-1", stage.now());
    stage.look().await;
    let key = stage.risk().await["key"].as_str().unwrap().to_owned();
    stage.dismiss(&key).await;
    stage.datadog.fail("PATCH", 0, "");
    stage.look().await;
    assert_eq!(stage.datadog.triaged().len(), 1);
    assert!(stage.shown().await["problem"].is_string());
    for _ in 0..3 {
        stage.look().await;
    }
    let triaged = stage.datadog.triaged();
    assert_eq!(triaged.len(), 1, "{triaged:?}");
    assert_eq!(triaged[0].1["archive_reason"], "false_positive");
    assert!(stage.shown().await["problem"].is_null());
}

#[actix_web::test]
async fn what_did_not_arrive_is_told_again_and_what_is_refused_is_not() {
    let stage = Stage::connected().await;
    for (id, rule) in [("s-1", "rule-1"), ("s-2", "rule-2")] {
        stage.datadog.add(id, rule, stage.now());
    }
    stage.look().await;
    let page = stage.admin.api.get("/api/v1/risks").await.expect(200).json();
    let keys = page["items"].as_array().unwrap().iter().map(|risk| risk["key"].as_str().unwrap());
    for key in keys {
        stage.dismiss(key).await;
    }
    stage.datadog.fail("PATCH /api/v2/security_monitoring/signals/s-1/", 503, "");
    stage.datadog.fail("PATCH /api/v2/security_monitoring/signals/s-2/", 400, "");
    for _ in 0..4 {
        stage.look().await;
    }
    let triaged: Vec<String> = stage.datadog.triaged().into_iter().map(|(id, _)| id).collect();
    assert_eq!(triaged, ["s-1"]);
    assert_eq!(stage.datadog.state("s-2"), "open");
}

#[actix_web::test]
async fn nothing_is_told_where_that_is_switched_off() {
    let stage = Stage::new().await;
    let mut form = stage.form();
    form["write_back"] = json!(false);
    stage.admin.api.post("/api/v1/connections/datadog", &form).await.expect(201);
    stage.datadog.add("s-1", "rule-1", stage.now());
    stage.look().await;
    let key = stage.risk().await["key"].as_str().unwrap().to_owned();
    stage.dismiss(&key).await;
    stage.look().await;
    assert!(stage.datadog.triaged().is_empty());
}
