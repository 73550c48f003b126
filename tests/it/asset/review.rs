//! A person looks at what reports brought in: keeps it, or says which asset it is in truth.

use serde_json::json;

use crate::harness::app::{Person, TestApp};
use crate::intake::report::{import, many, risks, trivy};

const TARGET: &str = "registry.example.com-orchard-api";

async fn unreviewed(who: &Person) -> usize {
    let page = who.api.get("/api/v1/assets?review_state=unreviewed").await.expect(200).json();
    page["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn what_a_report_named_first_is_kept_by_a_person() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let press = app.team("press").await;
    import(&app, &first, &trivy(&[(1, "HIGH")]), &[]).await;
    assert_eq!(unreviewed(&first).await, 1);
    let edit = json!({"review_state": "reviewed", "team": "press", "name": "Orchard API"});
    first.api.patch(&format!("/api/v1/assets/{TARGET}"), &edit).await.expect(200);
    app.settle().await;
    assert_eq!(unreviewed(&first).await, 0);
    // Its open risks belong to its team.
    let of_press = risks(&first, "team=press").await;
    assert_eq!(of_press.len(), 1, "{of_press:?}");
    let member = app.member("ana@example.org", &[abate::access::role::Role::Engineer], Some(press)).await;
    let key = of_press[0]["key"].as_str().unwrap();
    let history = member.api.get(&format!("/api/v1/risks/{key}/history")).await.expect(200).json();
    assert_eq!(history["items"][1]["kind"], "moved", "{history}");
}

#[tokio::test]
async fn what_scanners_found_is_rated_by_the_tier_unless_a_person_has_rated_it() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("orchard", None).await;
    import(&app, &first, &trivy(&[(1, "HIGH"), (2, "HIGH"), (3, "LOW")]), &[("asset", "orchard")]).await;
    let all = risks(&first, "asset=orchard").await;
    let of = |number: u32| {
        let named =
            |risk: &&serde_json::Value| risk["title"].as_str().unwrap().contains(&format!("lib{number} "));
        all.iter().find(named).unwrap()["key"].as_str().unwrap().to_owned()
    };
    let rated = json!({"likelihood": 2, "impact": 2, "reason": "Hardly used."});
    first.api.patch(&format!("/api/v1/risks/{}", of(2)), &rated).await.expect(200);
    first.api.patch("/api/v1/assets/orchard", &json!({"tier": "mission"})).await.expect(200);
    app.settle().await;
    let level = async |number: u32| {
        first.api.get(&format!("/api/v1/risks/{}", of(number))).await.expect(200).json()["level"].clone()
    };
    assert_eq!([level(1).await, level(2).await, level(3).await], ["critical", "low", "high"]);
}

#[tokio::test]
async fn merged_assets_are_one_for_reports_and_risks() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("orchard", None).await;
    // The scanner of one source names the image, that of another the asset; one problem is on both.
    import(&app, &first, &trivy(&many(1, 30, "HIGH")), &[]).await;
    import(&app, &first, &trivy(&[(1, "HIGH"), (99, "LOW")]), &[("asset", "orchard"), ("source", "other")])
        .await;
    assert_eq!(risks(&first, "state=new").await.len(), 32);

    let merge = format!("/api/v1/assets/{TARGET}/merge");
    first.api.post(&merge, &json!({"into": "nowhere"})).await.problem(422);
    first.api.post(&merge, &json!({"into": TARGET})).await.problem(422);
    let left = first.api.post(&merge, &json!({"into": "orchard"})).await.expect(200).json();
    assert_eq!(left["key"], "orchard");
    app.settle().await;
    assert_eq!(unreviewed(&first).await, 0);
    assert_eq!(risks(&first, "asset=orchard&state=new").await.len(), 31);
    let double = risks(&first, "asset=orchard&state=closed").await;
    assert_eq!(double.len(), 1);
    assert_eq!(double[0]["resolution"], "duplicate");
    let old = first.api.get(&format!("/api/v1/assets/{TARGET}")).await.expect(200).json();
    assert_eq!(old["merged_into"], "orchard");
    first.api.post(&merge, &json!({"into": "orchard"})).await.problem(409);
    first.api.patch(&format!("/api/v1/assets/{TARGET}"), &json!({"name": "Other"})).await.problem(409);

    // Reports lead there now, by target and by the old key, and find what they found before.
    for fields in [vec![("run", "6")], vec![("asset", TARGET), ("run", "7")]] {
        let again = import(&app, &first, &trivy(&many(1, 30, "HIGH")), &fields).await;
        assert_eq!(again["asset"], "orchard", "{again}");
        assert_eq!(again["counts"]["created"], 0, "{again}");
    }
    assert_eq!(risks(&first, "asset=orchard&state=new").await.len(), 31);
}
