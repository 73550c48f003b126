//! A risk on several assets: the strictest of them counts.

use abate_entity::risk;
use sea_orm::EntityTrait as _;
use serde_json::json;

use super::stage::Stage;

/// A regression: policies and the directive looked at the primary asset only.
#[tokio::test]
async fn what_holds_for_a_further_asset_holds_for_the_risk() {
    let stage = Stage::new().await;
    stage.at("2026-10-05");
    let first = &stage.first;
    stage.app.asset("cards", None).await;
    let policy = json!({
        "title": "Cards", "remediation": {"high": 7}, "directive": true, "applies": {"only_where_asked": true},
    });
    stage.publish("sla-policies", "pci_dss_4_0_1", policy).await;
    let policy = json!({
        "title": "Facing the world", "remediation": {"high": 5}, "applies": {"exposure": "internet_facing"},
    });
    stage.publish("sla-policies", "exposed", policy).await;
    first.api.patch("/api/v1/assets/cards", &json!({"data_classes": ["pci"]})).await.expect(200);
    stage.app.settle().await;
    let session = json!({"title": "Checkout", "approach": "asset", "duration_minutes": 90,
        "attendees": [{"name": "Ada"}], "methods": ["STRIDE"]});
    let begun = first.api.post("/api/v1/workshops", &session).await.expect(201).json();
    let workshop = format!("/api/v1/workshops/{}", begun["id"]);
    let found = json!({"title": "Cards can be tried out", "assets": ["shop", "cards"],
        "inherent": {"likelihood": 4, "impact": 4}, "stride": ["spoofing"], "owner": "first@example.org"});
    let found = first.api.post(&format!("{workshop}/risks"), &found).await.expect(201).json();
    first.api.post(&format!("{workshop}/sign-off"), &json!({})).await.expect(200);
    let path = format!("/api/v1/risks/{}", found["key"].as_str().unwrap());
    assert_eq!(stage.show(&path).await["due_on"], "2026-10-12", "{}", stage.because(&path).await);

    let id = risk::Entity::find().one(stage.app.state.database.reader()).await.unwrap().unwrap().id;
    let tag = (id, "cve", "CVE-2026-1001".to_owned());
    let tagged =
        stage.app.state.database.write(async |tx| Ok(abate::risk::tag::add(tx, [tag.clone()]).await?));
    tagged.await.unwrap();
    first.api.patch("/api/v1/assets/cards", &json!({"internet_facing": true})).await.expect(200);
    stage.app.settle().await;
    assert_eq!(stage.show(&path).await["due_on"], "2026-10-10");
    let because = stage.because(&path).await;
    assert!(because.contains("CVE-2026-1001 under the directive (not in KEV, internet-facing"), "{because}");
}
