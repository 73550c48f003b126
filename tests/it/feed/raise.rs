//! What a feed says about risks that are there, and about those that come.

use abate::access::role::Role;
use abate::feed::Catalogue;
use abate_entity::asset;
use sea_orm::{ActiveValue::Set, EntityTrait as _};
use serde_json::json;

use super::{kev, take};
use crate::harness::app::TestApp;
use crate::intake::report::{import, risks, trivy};

const TO_WEB: &[(&str, &str)] = &[("asset", "web")];

#[tokio::test]
async fn what_enters_kev_is_rated_again_and_what_is_closed_is_not() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    import(&app, &first, &trivy(&[(1001, "MEDIUM"), (1002, "MEDIUM"), (1003, "LOW")]), TO_WEB).await;
    let closed = risks(&first, "cve=CVE-2026-1003").await[0]["key"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/risks/{closed}/transitions");
    first.api.post(&path, &json!({ "event": "start_triage" })).await.expect(200);
    let dismiss = json!({ "event": "dismiss", "resolution": "false_positive", "reason": "not ours",
        "evidence": ["https://example.org/why"] });
    first.api.post(&path, &dismiss).await.expect(200);

    let refreshed = take(&app, Catalogue::Kev, &kev(&[1001, 1003])).await;
    assert_eq!((refreshed.rows, refreshed.raised, refreshed.problem), (2, 1, None));
    let raised = risks(&first, "cve=CVE-2026-1001").await[0].clone();
    assert_eq!(raised["kev"], true);
    assert_eq!(raised["score"], 12, "likelihood 3 + 1 on impact 3: {raised}");
    let other = risks(&first, "cve=CVE-2026-1002").await[0].clone();
    assert_eq!((&other["kev"], &other["score"]), (&json!(false), &json!(9)));
    assert_eq!(risks(&first, "cve=CVE-2026-1003").await[0]["kev"], false);
    let key = raised["key"].as_str().unwrap();
    let history = first.api.get(&format!("/api/v1/risks/{key}/history")).await.expect(200);
    assert!(history.text.contains("CVE-2026-1001 entered KEV on 2026-03-01."), "{}", history.text);
    let page = first.browser.get(&format!("/risks/{key}")).await.expect(200);
    assert!(page.text.contains("CVE-2026-1001: in KEV since 2026-03-01"), "{}", page.text);

    // The same again raises nothing.
    assert_eq!(take(&app, Catalogue::Kev, &kev(&[1001, 1003])).await.raised, 0);
    assert_eq!(risks(&first, "cve=CVE-2026-1001").await[0]["version"], raised["version"]);
}

#[tokio::test]
async fn a_new_finding_is_rated_with_what_the_feeds_know() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    take(&app, Catalogue::Kev, &kev(&[1001])).await;
    import(&app, &first, &trivy(&[(1001, "MEDIUM"), (1002, "MEDIUM")]), TO_WEB).await;
    let raised = risks(&first, "cve=CVE-2026-1001").await[0].clone();
    assert_eq!((&raised["kev"], &raised["score"]), (&json!(true), &json!(12)));
    assert_eq!(risks(&first, "cve=CVE-2026-1002").await[0]["score"], 9);

    // A severity that changes is rated on top of what the feed raised.
    import(&app, &first, &trivy(&[(1001, "HIGH"), (1002, "MEDIUM")]), &[("asset", "web"), ("run", "2")])
        .await;
    assert_eq!(risks(&first, "cve=CVE-2026-1001").await[0]["score"], 15);
}

#[tokio::test]
async fn a_high_epss_counts_where_strangers_can_reach_the_asset() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("inside", None).await;
    let web = app.asset("web", None).await;
    let facing = asset::ActiveModel { id: Set(web.id), internet_facing: Set(true), ..Default::default() };
    let updated = app.state.database.write(async |tx| {
        asset::Entity::update(facing.clone()).exec(tx).await?;
        Ok(())
    });
    updated.await.unwrap();
    let report = trivy(&[(1001, "MEDIUM"), (1002, "MEDIUM")]);
    import(&app, &first, &report, TO_WEB).await;
    import(&app, &first, &report, &[("asset", "inside"), ("scope", "inside")]).await;
    let table = "cve,epss,percentile\nCVE-2026-1001,0.5,0.95\nCVE-2026-1002,5e-05,0.9499\n";
    assert_eq!(take(&app, Catalogue::Epss, table).await.raised, 1);
    for (query, score) in [
        ("cve=CVE-2026-1001&asset=web", 12),
        ("cve=CVE-2026-1002&asset=web", 9),
        ("cve=CVE-2026-1001&asset=inside", 9),
    ] {
        assert_eq!(risks(&first, query).await[0]["score"], score, "{query}");
    }
    // KEV says once more what EPSS has said: no second step up.
    assert_eq!(take(&app, Catalogue::Kev, &kev(&[1001])).await.raised, 2);
    assert_eq!(risks(&first, "cve=CVE-2026-1001&asset=web").await[0]["score"], 12);
}

#[tokio::test]
async fn an_acceptance_falls_when_kev_lists_it() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    import(&app, &first, &trivy(&[(1001, "HIGH")]), TO_WEB).await;
    let key = risks(&first, "").await[0]["key"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/risks/{key}/transitions");
    let head = app.person("head@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    let confirm = json!({ "event": "confirm", "owner": "first@example.org", "reason": "seen it" });
    let accept = json!({ "event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-04-15" });
    for form in [&json!({ "event": "start_triage" }), &confirm, &accept] {
        first.api.post(&path, form).await.expect(200);
    }
    head.api.post(&path, &accept).await.expect(200);
    assert_eq!(risks(&first, "").await[0]["state"], "accepted");
    take(&app, Catalogue::Kev, &kev(&[1001])).await;
    let fallen = risks(&first, "").await[0].clone();
    assert_eq!((&fallen["state"], &fallen["kev"]), (&json!("open"), &json!(true)));
}

/// A regression: a risk that a person made of a waiting finding was rated without the feeds, and lost its techniques.
#[tokio::test]
async fn what_a_person_makes_of_a_waiting_finding_is_rated_and_found_like_the_rest() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    take(&app, Catalogue::Kev, &kev(&[1001])).await;
    import(&app, &first, &trivy(&[(1001, "UNKNOWN"), (1002, "UNKNOWN")]), TO_WEB).await;
    let signal = json!({ "data": [{ "id": "s-1", "type": "signal", "attributes": {
        "message": "x", "tags": ["service:web", "technique:t1562.008-cloud-logs"],
        "custom": { "title": "Trail stopped", "workflow": { "rule": { "id": "r-1" } } } } }] });
    import(&app, &first, &signal.to_string(), TO_WEB).await;
    let waiting = first.api.get("/api/v1/findings?intake=waiting").await.expect(200).json();
    let waiting = waiting["items"].as_array().unwrap();
    assert_eq!(waiting.len(), 3, "{waiting:?}");
    for finding in waiting {
        let path = format!("/api/v1/findings/{}/decide", finding["id"]);
        let made = json!({ "decision": "make_risk", "severity": "medium" });
        first.api.post(&path, &made).await.expect(200);
    }
    let raised = risks(&first, "cve=CVE-2026-1001").await[0].clone();
    assert_eq!((&raised["kev"], &raised["score"]), (&json!(true), &json!(12)), "{raised}");
    let other = risks(&first, "cve=CVE-2026-1002").await[0].clone();
    assert_eq!((&other["kev"], &other["score"]), (&json!(false), &json!(9)), "{other}");
    assert_eq!(risks(&first, "technique=T1685.002").await.len(), 1);
    // The feed has nothing left to raise.
    assert_eq!(take(&app, Catalogue::Kev, &kev(&[1001])).await.raised, 0);
}

/// A regression: an asset that turned to the internet kept the ratings that it had inside until the feed was read again.
#[tokio::test]
async fn an_asset_that_turns_to_the_internet_is_rated_with_what_the_feeds_know() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    import(&app, &first, &trivy(&[(1001, "MEDIUM"), (1002, "MEDIUM")]), TO_WEB).await;
    let table = "cve,epss,percentile\nCVE-2026-1001,0.5,0.99\nCVE-2026-1002,5e-05,0.2\n";
    assert_eq!(take(&app, Catalogue::Epss, table).await.raised, 0);
    first.api.patch("/api/v1/assets/web", &json!({"internet_facing": true})).await.expect(200);
    app.settle().await;
    assert_eq!(risks(&first, "cve=CVE-2026-1001").await[0]["score"], 12);
    assert_eq!(risks(&first, "cve=CVE-2026-1002").await[0]["score"], 9);
    // A tier that changes afterwards keeps what was raised.
    first.api.patch("/api/v1/assets/web", &json!({"tier": "mission"})).await.expect(200);
    app.settle().await;
    assert_eq!(risks(&first, "cve=CVE-2026-1001").await[0]["score"], 20);
    assert_eq!(risks(&first, "cve=CVE-2026-1002").await[0]["score"], 15);
}
