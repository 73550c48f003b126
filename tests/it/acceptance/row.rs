//! The rows of acceptances follow the risk, whatever moves it.

use abate::access::role::Role;
use abate_entity::acceptance;
use sea_orm::{ActiveModelTrait as _, ActiveValue::NotSet, IntoActiveModel as _};
use serde_json::{Value, json};

use super::stage::Stage;

fn ask() -> Value {
    json!({"event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-04-15"})
}

#[tokio::test]
async fn a_request_becomes_the_acceptance_and_says_who_decided() {
    let stage = Stage::accepted_until("2026-04-15").await;
    let rows = stage.rows().await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].state.as_str(), rows[0].asked_by), ("in_force", stage.first.id));
    assert!(rows[0].decided_by.is_some_and(|decider| decider != stage.first.id), "{rows:?}");
}

/// A regression: a claimed fix ended the acceptance at once, though nobody had verified it.
#[tokio::test]
async fn a_claimed_fix_leaves_it_until_somebody_has_looked() {
    for (verdict, ends) in [("verify_pass", "closed"), ("verify_fail", "resumed")] {
        let stage = Stage::accepted_until("2026-04-15").await;
        let claim = json!({"event": "claim_fixed", "evidence": ["https://example.org/change/1"]});
        stage.step(&stage.first, claim).await;
        assert_eq!(stage.standing().await, ["in_force"]);
        let verifier = stage.app.person("vera@example.org", &[Role::Viewer, Role::Verifier]).await;
        let look = json!({"event": verdict, "reason": "looked", "evidence": ["https://example.org/test/1"]});
        stage.step(&verifier, look).await;
        assert_eq!(stage.standing().await, [ends], "{verdict}");
    }
}

/// A regression: a request that nobody had answered stayed for ever when the risk moved on.
#[tokio::test]
async fn a_request_ends_when_the_risk_moves_on() {
    let stage = Stage::open_risk().await;
    stage.step(&stage.first, ask()).await;
    stage.step(&stage.first, json!({"event": "start", "plan": "rewrite it"})).await;
    assert_eq!(stage.standing().await, ["requested"], "work does not take the request back");
    let claim = json!({"event": "claim_fixed", "evidence": ["https://example.org/change/1"]});
    stage.step(&stage.first, claim).await;
    assert_eq!(stage.standing().await, ["withdrawn"]);
}

#[tokio::test]
async fn joining_a_risk_to_another_ends_its_acceptance() {
    let stage = Stage::accepted_until("2026-04-15").await;
    let other = stage.app.risk("shop", "Anyone can read the same orders").await;
    let path = format!("/api/v1/risks/{other}/transitions");
    let confirm = json!({"event": "confirm", "owner": "first@example.org", "reason": "seen it"});
    for form in [json!({"event": "start_triage"}), confirm] {
        stage.first.api.post(&path, &form).await.expect(200);
    }
    let join = json!({"into": other, "reason": "the same hole"});
    stage.first.api.post(&format!("{}/merge", stage.path), &join).await.expect(200);
    assert_eq!(stage.standing().await, ["closed"]);
}

/// Four eyes hold in the database too: no row says that somebody decided about their own request, none holds without
/// somebody who decided, and one risk has one acceptance.
#[tokio::test]
async fn the_database_refuses_what_one_person_alone_accepts() {
    let stage = Stage::accepted_until("2026-04-15").await;
    let good = stage.rows().await.remove(0);
    let asker = good.asked_by;
    for wrong in [
        acceptance::Model { state: "superseded".to_owned(), decided_by: Some(asker), ..good.clone() },
        acceptance::Model { state: "superseded".to_owned(), decided_by: None, ..good.clone() },
        acceptance::Model { state: "superseded".to_owned(), renewals: 3, ..good.clone() },
        acceptance::Model { state: "perhaps".to_owned(), ..good.clone() },
        good.clone(),
    ] {
        let said = format!("{wrong:?}");
        let written = stage.app.state.database.write(async |tx| {
            let row = acceptance::ActiveModel { id: NotSet, ..wrong.clone().into_active_model().reset_all() };
            Ok(row.insert(tx).await.is_ok())
        });
        assert!(!matches!(written.await, Ok(true)), "{said}");
    }
    assert_eq!(stage.standing().await, ["in_force"]);
}
