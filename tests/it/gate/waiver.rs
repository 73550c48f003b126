//! `/api/v1/gate-waivers`

use abate::access::role::Role;
use chrono::Duration;
use serde_json::json;

use super::ask::{ask, checks, clean, make_high};
use crate::harness::app::{Person, TestApp};
use crate::intake::report::{import, many, risks, trivy};

/// An asset that two risks keep from going on.
async fn closed(app: &TestApp) -> (Person, String) {
    let first = clean(app).await;
    let worse = import(app, &first, &trivy(&many(1, 4, "LOW")), &[("asset", "web"), ("run", "2")]).await;
    make_high(app, &worse).await;
    assert_eq!(checks(&first, "asset=web").await, ["introduced", "introduced"]);
    let risk = risks(&first, "asset=web&level=high").await[0]["key"].as_str().unwrap().to_owned();
    (first, risk)
}

#[tokio::test]
async fn a_waiver_holds_until_the_end_of_its_last_day_and_is_shown() {
    let app = TestApp::spawn().await;
    let (first, risk) = closed(&app).await;
    let form = json!({"asset": "web", "risk": risk, "reason": "The vendor ships the fix on Friday", "until": "2026-03-04"});
    let made = first.api.post("/api/v1/gate-waivers", &form).await.expect(201).json();
    assert_eq!((&made["owner"], &made["in_force"]), (&json!("first@example.org"), &json!(true)));
    let answer = ask(&first, "asset=web").await;
    assert_eq!(answer["reasons"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(answer["waived"][0]["risk"], risk.as_str());
    assert_eq!(answer["waived"][0]["waiver"]["owner"], "first@example.org");
    let form = json!({"asset": "web", "check": "introduced", "reason": "A release freeze until Friday", "until": "2026-03-04"});
    let other = first.api.post("/api/v1/gate-waivers", &form).await.expect(201).json();
    assert!(checks(&first, "asset=web").await.is_empty());
    first.api.delete(&format!("/api/v1/gate-waivers/{}", other["id"])).await.expect(200);
    first.api.delete(&format!("/api/v1/gate-waivers/{}", other["id"])).await.expect(409);
    assert_eq!(checks(&first, "asset=web").await.len(), 1);
    app.pass(Duration::days(3)).await;
    assert_eq!(checks(&first, "asset=web").await.len(), 2, "a waiver that ended does nothing");
    let all = first.api.get("/api/v1/gate-waivers?asset=web").await.expect(200).json();
    let standing: Vec<_> =
        all["items"].as_array().unwrap().iter().map(|row| row["in_force"].clone()).collect();
    assert_eq!(standing, [json!(false), json!(false)], "it stays as a record");
}

#[tokio::test]
async fn a_waiver_needs_a_reason_an_end_and_something_that_can_be_waived() {
    let app = TestApp::spawn().await;
    let (first, risk) = closed(&app).await;
    app.asset("shop", None).await;
    let elsewhere = app.risk("shop", "Another thing").await;
    let good = json!({"asset": "web", "risk": risk, "reason": "The vendor ships the fix soon", "until": "2026-05-31"});
    for (name, value, field) in [
        ("until", json!("2026-06-01"), "until"),
        ("until", json!("2026-03-01"), "until"),
        ("reason", json!("so"), "reason"),
        ("asset", json!("nosuch"), "asset"),
        ("risk", json!(elsewhere), "risk"),
        ("risk", json!(null), "check"),
        ("check", json!("full_scan"), "check"),
        ("check", json!("reviewed"), "check"),
        ("owner", json!("nobody@example.org"), "owner"),
    ] {
        let mut form = good.clone();
        form[name] = value;
        let problem = first.api.post("/api/v1/gate-waivers", &form).await.expect(422).json();
        assert_eq!(problem["errors"][0]["field"], field, "{form}");
    }
    first.api.post("/api/v1/gate-waivers", &good).await.expect(201);
    let other = app.team("other").await;
    let triager = app.member("triager@example.org", &[Role::Triager], Some(other)).await;
    triager.api.post("/api/v1/gate-waivers", &good).await.expect(422);
    let seen = triager.api.get("/api/v1/gate-waivers").await.expect(200).json();
    assert!(seen["items"].as_array().unwrap().is_empty(), "it is on an asset of another team");
}
