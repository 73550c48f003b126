//! `GET /api/v1/gate`

use abate::access::role::Role;
use abate::access::token::TokenScope;
use abate_entity::level::Level;
use abate_entity::{risk, risk_tag};
use chrono::Duration;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::intake::report::{import, many, risks, trivy};

/// The checks that close the gate.
pub(super) async fn checks(who: &Person, question: &str) -> Vec<String> {
    let answer = ask(who, question).await;
    let reasons = answer["reasons"].as_array().unwrap();
    assert_eq!(answer["passed"], reasons.is_empty(), "{answer}");
    reasons.iter().map(|reason| reason["check"].as_str().unwrap().to_owned()).collect()
}

pub(super) async fn ask(who: &Person, question: &str) -> Value {
    who.api.get(&format!("/api/v1/gate?{question}")).await.expect(200).json()
}

/// An asset that passes: reviewed, and scanned just now with nothing but low findings.
pub(super) async fn clean(app: &TestApp) -> Person {
    app.asset("web", None).await;
    let first = app.first().await;
    import(app, &first, &trivy(&many(1, 2, "LOW")), &[("asset", "web")]).await;
    first
}

/// Confirms the worst risk of the asset, so that its remediation clock runs.
pub(super) async fn confirm_worst(who: &Person) -> String {
    let worst = risks(who, "asset=web&sort=-level").await[0]["key"].as_str().unwrap().to_owned();
    for form in [
        json!({"event": "start_triage"}),
        json!({"event": "confirm", "owner": "first@example.org", "reason": "seen it"}),
    ] {
        who.api.post(&format!("/api/v1/risks/{worst}/transitions"), &form).await.expect(200);
    }
    worst
}

/// Makes every risk of one run high, as a mission asset would.
pub(super) async fn make_high(app: &TestApp, import: &Value) {
    let high = risk::ActiveModel {
        level: Set(Level::High),
        inherent_likelihood: Set(Some(4)),
        inherent_impact: Set(Some(4)),
        current_likelihood: Set(Some(4)),
        current_impact: Set(Some(4)),
        ..Default::default()
    };
    let made = app
        .state
        .database
        .write(async |tx| {
            let of_import = risk::Column::ImportId.eq(import["id"].as_i64().unwrap());
            Ok(risk::Entity::update_many().set(high.clone()).filter(of_import).exec(tx).await?)
        })
        .await;
    assert!(made.unwrap().rows_affected > 0);
}

#[tokio::test]
async fn an_asset_that_nobody_knows_never_passes() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    assert_eq!(checks(&first, "asset=nosuch").await, ["data"]);
    import(&app, &first, &trivy(&many(1, 2, "LOW")), &[("asset", "web")]).await;
    assert_eq!(checks(&first, "asset=web").await, ["reviewed"], "a report alone does not make it known");
    let other = app.team("other").await;
    let stranger = app.member("stranger@example.org", &[Role::Viewer], Some(other)).await;
    assert_eq!(checks(&stranger, "asset=web").await, ["data"], "what may not be seen is not known");
}

#[tokio::test]
async fn a_scan_has_to_be_full_and_of_this_week() {
    let app = TestApp::spawn().await;
    app.asset("web", None).await;
    let first = app.first().await;
    assert_eq!(checks(&first, "asset=web").await, ["full_scan"]);
    let report = trivy(&many(1, 2, "LOW"));
    import(&app, &first, &report, &[("asset", "web"), ("partial", "true")]).await;
    assert_eq!(checks(&first, "asset=web").await, ["full_scan"], "a partial scan is no full one");
    import(&app, &first, &report, &[("asset", "web"), ("run", "2")]).await;
    assert!(checks(&first, "asset=web").await.is_empty());
    app.pass(Duration::days(7)).await;
    assert!(checks(&first, "asset=web").await.is_empty());
    app.pass(Duration::seconds(1)).await;
    assert_eq!(checks(&first, "asset=web").await, ["full_scan"]);
}

#[tokio::test]
async fn a_late_risk_and_a_known_exploited_one_close_it() {
    let app = TestApp::spawn().await;
    let first = clean(&app).await;
    let worse = import(&app, &first, &trivy(&many(1, 3, "LOW")), &[("asset", "web"), ("run", "2")]).await;
    make_high(&app, &worse).await;
    // It came in with the last run, so another run has to look for that not to count.
    import(&app, &first, &trivy(&many(1, 3, "LOW")), &[("asset", "web"), ("run", "3")]).await;
    assert!(checks(&first, "asset=web").await.is_empty());
    let key = confirm_worst(&first).await;
    app.pass(Duration::days(31)).await;
    import(&app, &first, &trivy(&many(1, 3, "LOW")), &[("asset", "web"), ("run", "4")]).await;
    let answer = ask(&first, "asset=web").await;
    assert_eq!(answer["reasons"][0]["check"], "late", "{answer}");
    assert_eq!(answer["reasons"][0]["risk"], key.as_str(), "{answer}");
    let low = risks(&first, "asset=web&sort=level").await[0]["key"].as_str().unwrap().to_owned();
    let number: i64 = low.trim_start_matches("R-").parse().unwrap();
    let tag = risk_tag::ActiveModel {
        risk_id: Set(number),
        kind: Set("kev".to_owned()),
        value: Set("CVE-2026-1".to_owned()),
    };
    let tagged = async |tx: &sea_orm::DatabaseTransaction| {
        Ok(risk_tag::Entity::insert(tag.clone()).exec_without_returning(tx).await?)
    };
    app.state.database.write(tagged).await.unwrap();
    assert_eq!(checks(&first, "asset=web").await, ["late", "kev"]);
}

#[tokio::test]
async fn what_a_run_brings_in_closes_it_when_there_is_a_fix() {
    let app = TestApp::spawn().await;
    let first = clean(&app).await;
    let ci = app.person("ci@example.org", &[Role::Integration]).await;
    let worse = import(&app, &first, &trivy(&many(1, 3, "LOW")), &[("asset", "web"), ("run", "pr-7")]).await;
    make_high(&app, &worse).await;
    let id = &worse["id"];
    for question in
        ["asset=web".to_owned(), "asset=web&run=pr-7".to_owned(), format!("asset=web&import={id}")]
    {
        assert_eq!(checks(&ci, &question).await, ["introduced"], "{question}");
    }
    for question in ["asset=web&run=pr-8", "asset=web&import=4711"] {
        assert_eq!(
            checks(&ci, question).await,
            ["data"],
            "a run without an import passes nothing: {question}"
        );
    }
    let unfixed = trivy(&many(1, 4, "LOW")).replace("\"FixedVersion\":\"1.1\"", "\"FixedVersion\":\"\"");
    assert_ne!(unfixed, trivy(&many(1, 4, "LOW")));
    let more = import(&app, &first, &unfixed, &[("asset", "web"), ("run", "pr-8")]).await;
    make_high(&app, &more).await;
    assert!(
        checks(&ci, "asset=web&run=pr-8").await.is_empty(),
        "without a fix there is nothing to do about it"
    );
}

#[tokio::test]
async fn an_import_that_waits_is_no_scan_to_judge_by() {
    let app = TestApp::spawn().await;
    let first = clean(&app).await;
    let fields = [("asset", "web"), ("run", "9"), ("mode", "plan")];
    import(&app, &first, &trivy(&many(1, 3, "LOW")), &fields).await;
    assert_eq!(checks(&first, "asset=web&run=9").await, ["data"]);
}

#[tokio::test]
async fn the_token_of_a_pipeline_may_ask_and_change_nothing() {
    let app = TestApp::spawn().await;
    clean(&app).await;
    let ci = app.person("ci@example.org", &[Role::Integration]).await;
    let token = app.token(ci.id, TokenScope::Import).await;
    let client = app.visitor().with_token(&token);
    assert_eq!(client.get("/api/v1/gate?asset=web").await.expect(200).json()["passed"], true);
    client.get("/api/v1/gate-rules").await.expect(403);
    client.post("/api/v1/gate-waivers", &json!({"asset": "web"})).await.expect(403);
    app.visitor().get("/api/v1/gate?asset=web").await.expect(401);
}
