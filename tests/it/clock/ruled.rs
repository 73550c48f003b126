//! Which policies and which calendar rule whom: teams, tiers, exposure and classes of data.

use serde_json::json;

use super::stage::Stage;
use crate::intake::report::{import, many, risks, trivy};

#[tokio::test]
async fn a_team_has_its_own_days_and_zone() {
    let stage = Stage::new().await;
    stage.at("2026-10-05");
    let tokyo = stage.app.team("tokyo").await;
    stage.app.asset("depot", Some(tokyo)).await;
    let calendar = json!({"zone": "Asia/Tokyo", "holidays": [{"day": "2026-10-12", "name": "Sports Day"}]});
    stage.publish("calendars", "japan", calendar).await;
    let policy = json!({
        "title": "Working days", "basis": "business_days", "remediation": {"high": 5}, "triage_hours": {"high": 4},
        "applies": {"only_where_asked": true},
    });
    stage.publish("sla-policies", "working_days", policy).await;
    let before = stage.open("depot", "high").await;
    assert_eq!(stage.show(&before).await["due_on"], "2026-11-04");
    let refused = json!({"calendar": "france", "policy": "none"});
    let refused = stage.first.api.put("/api/v1/teams/tokyo/due-dates", &refused).await.expect(422).json();
    assert_eq!(refused["errors"].as_array().unwrap().len(), 2);
    let choice = json!({"calendar": "japan", "policy": "working_days"});
    stage.first.api.put("/api/v1/teams/tokyo/due-dates", &choice).await.expect(200);
    stage.app.settle().await;
    let teams = stage.first.api.get("/api/v1/teams").await.expect(200).json();
    let team = teams["items"].as_array().unwrap().iter().find(|team| team["key"] == "tokyo").unwrap();
    assert_eq!((&team["calendar"], &team["policy"]), (&choice["calendar"], &choice["policy"]));
    let page = stage.app.first().await.browser.get("/teams").await.expect(200).text;
    assert!(page.contains("Policy working_days, Calendar japan"), "{page}");
    let after = stage.open("depot", "high").await;
    for path in [&before, &after] {
        let sla = stage.first.api.get(&format!("{path}/sla")).await.json();
        assert_eq!((&sla["due_on"], &sla["zone"]), (&json!("2026-10-13"), &json!("Asia/Tokyo")), "{sla:#}");
        assert_eq!(sla["due_at"], "2026-10-13T14:59:59Z");
    }
    assert_eq!(stage.show(&stage.open("shop", "high").await).await["due_on"], "2026-11-04");
}

#[tokio::test]
async fn a_policy_beside_the_standard_shortens_what_it_holds_for_and_says_so() {
    let stage = Stage::new().await;
    stage.at("2026-10-05");
    let path = stage.open("shop", "high").await;
    let data = json!({
        "title": "Facing the world", "remediation": {"high": 10, "low": 300}, "applies": {"exposure": "internet_facing"},
    });
    let preview = stage.publish("sla-policies", "exposed", data).await;
    assert_eq!(preview["changed"], 0, "nothing faces the internet yet");
    stage.first.api.patch("/api/v1/assets/shop", &json!({"internet_facing": true})).await.expect(200);
    stage.app.settle().await;
    assert_eq!(stage.show(&path).await["due_on"], "2026-10-15");
    let fresh = stage.open("shop", "high").await;
    let because = stage.because(&fresh).await;
    assert!(because.contains("Facing the world gives 10 days from 2026-10-05"), "{because}");
    assert!(because.contains("Standard would give 2026-11-04; the strictest counts"), "{because}");
    let low = stage.open("shop", "low").await;
    assert_eq!(stage.show(&low).await["due_on"], "2027-04-03", "a laxer policy beside another gives no time");
    // What no longer holds leaves the dates that it has set.
    stage.first.api.patch("/api/v1/assets/shop", &json!({"internet_facing": false})).await.expect(200);
    stage.app.settle().await;
    stage.first.api.patch(&path, &json!({"likelihood": 3, "impact": 3})).await.expect(200);
    assert_eq!(stage.show(&path).await["due_on"], "2026-10-15");
}

#[tokio::test]
async fn a_class_of_data_asks_for_its_policy_also_in_an_import() {
    let stage = Stage::new().await;
    stage.at("2026-10-05");
    stage.app.asset("cards", None).await;
    stage.first.api.patch("/api/v1/assets/cards", &json!({"data_classes": ["pci"]})).await.expect(200);
    stage.app.settle().await;
    let data = json!({
        "title": "Cards", "remediation": {"critical": 7}, "triage_hours": {"high": 1, "critical": 1, "medium": 1},
        "applies": {"only_where_asked": true},
    });
    stage.publish("sla-policies", "pci_dss_4_0_1", data).await;
    for asset in ["cards", "shop"] {
        let report = trivy(&many(1, 3, "HIGH"));
        import(&stage.app, &stage.first, &report, &[("asset", asset), ("run", asset)]).await;
    }
    for (asset, due) in [("cards", "2026-10-05T12:00:00Z"), ("shop", "2026-10-08T11:00:00Z")] {
        let found = risks(&stage.first, &format!("asset={asset}")).await;
        assert_eq!(found.len(), 3);
        for risk in found {
            assert_eq!(risk["triage_due_at"], due, "{asset}: {risk:#}");
            let path = format!("/api/v1/risks/{}", risk["key"].as_str().unwrap());
            let because = stage.because(&path).await;
            assert_eq!(because.contains("Cards gives triage 1 hours"), asset == "cards", "{because}");
        }
    }
    let critical = stage.open("cards", "critical").await;
    assert_eq!(stage.show(&critical).await["due_on"], "2026-10-12");
    assert!(stage.because(&critical).await.contains("Standard would give 2026-10-20"));
}
