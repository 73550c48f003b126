//! An acceptance falls when what was accepted gets worse, whoever makes it so.

use abate::access::role::Role;
use serde_json::json;

use super::stage::Stage;
use crate::harness::app::{Person, TestApp};
use crate::intake::report::{import, risks, trivy};

const TO_WEB: &[(&str, &str)] = &[("asset", "web")];

/// A finding of level medium that is accepted, and whom it belongs to.
async fn accepted_finding() -> (TestApp, Person) {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    import(&app, &first, &trivy(&[(1001, "MEDIUM")]), TO_WEB).await;
    let path = format!("/api/v1/risks/{}/transitions", risks(&first, "").await[0]["key"].as_str().unwrap());
    let lead = app.person("lead@example.org", &[Role::Viewer, Role::TeamLead]).await;
    let confirm = json!({"event": "confirm", "owner": "first@example.org", "reason": "seen it"});
    let accept = json!({"event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-03-20"});
    for form in [&json!({"event": "start_triage"}), &confirm, &accept] {
        first.api.post(&path, form).await.expect(200);
    }
    lead.api.post(&path, &json!({"event": "accept"})).await.expect(200);
    assert_eq!(risks(&first, "").await[0]["state"], "accepted");
    (app, first)
}

async fn has_fallen(app: TestApp, first: Person) {
    let risk = risks(&first, "").await[0].clone();
    assert_eq!((&risk["state"], &risk["level"]), (&json!("open"), &json!("high")), "{risk}");
    let path = format!("/api/v1/risks/{}", risk["key"].as_str().unwrap());
    let stage = Stage { app, first, path };
    assert_eq!(stage.ended().await, 1);
    let rows = stage.rows().await;
    assert_eq!((rows.len(), rows[0].state.as_str(), rows[0].ended_by), (1, "voided", None), "{rows:?}");
    assert!(rows[0].end_reason.contains("from medium to high"), "{rows:?}");
}

/// A regression: only feeds, tiers and scanners ended an acceptance; a person could raise the level and nothing fell.
#[tokio::test]
async fn a_person_who_raises_the_level_ends_it() {
    let stage = Stage::accepted_until("2026-04-15").await;
    let raise = json!({"likelihood": 5, "impact": 5, "reason": "it is in the news"});
    let risk = stage.first.api.patch(&stage.path, &raise).await.expect(200).json();
    assert_eq!((&risk["state"], &risk["level"]), (&json!("open"), &json!("critical")), "{risk}");
    assert_eq!((stage.ended().await, stage.standing().await), (1, vec!["voided".to_owned()]));
    let history = stage.first.api.get(&format!("{}/history", stage.path)).await.expect(200);
    assert!(history.text.contains("Its level rose from high to critical"), "{}", history.text);
}

#[tokio::test]
async fn a_lower_level_leaves_it_alone() {
    let stage = Stage::accepted_until("2026-04-15").await;
    stage.first.api.patch(&stage.path, &json!({"likelihood": 1, "impact": 4})).await.expect(200);
    assert_eq!(
        (stage.state().await, stage.standing().await),
        (json!("accepted"), vec!["in_force".to_owned()])
    );
}

#[tokio::test]
async fn a_scanner_that_finds_it_worse_ends_it() {
    let (app, first) = accepted_finding().await;
    import(&app, &first, &trivy(&[(1001, "CRITICAL")]), &[("asset", "web"), ("run", "2")]).await;
    has_fallen(app, first).await;
}

#[tokio::test]
async fn a_higher_tier_of_its_asset_ends_it() {
    let (app, first) = accepted_finding().await;
    first.api.patch("/api/v1/assets/web", &json!({"tier": "mission"})).await.expect(200);
    app.settle().await;
    has_fallen(app, first).await;
}
