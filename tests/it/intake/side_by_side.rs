//! What was planned meets what became of the same problems meanwhile.

use abate::intake::apply;
use abate_entity::{finding, import, risk, risk_identity};
use sea_orm::{EntityTrait as _, PaginatorTrait as _, QueryOrder as _};
use serde_json::{Value, json};

use super::report::{import, many, risks, send, trivy};
use crate::harness::app::{Person, TestApp};

async fn planned(app: &TestApp, who: &Person, report: &str, source: &str) -> Value {
    let fields = [("asset", "web"), ("source", source), ("mode", "plan")];
    let planned = import(app, who, report, &fields).await;
    assert_eq!(planned["status"], "planned", "{planned}");
    planned["id"].clone()
}

async fn apply(who: &Person, id: &Value) {
    who.api.post(&format!("/api/v1/imports/{id}/apply"), &json!({})).await.expect(202);
}

async fn seen(who: &Person, id: &Value) -> Value {
    who.api.get(&format!("/api/v1/imports/{id}")).await.expect(200).json()
}

/// A regression: only imports that had ended were looked at, so that the one met problems that the other had made risks
/// of, and failed until it was given up.
#[tokio::test]
async fn two_imports_of_one_asset_that_are_applied_at_once_make_each_risk_once() {
    const COUNT: u32 = 1_500;
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let report = trivy(&many(4000, COUNT, "LOW"));
    let (one, two) =
        (planned(&app, &first, &report, "one").await, planned(&app, &first, &report, "two").await);
    tokio::join!(apply(&first, &one), apply(&first, &two));
    app.settle().await;
    for id in [&one, &two] {
        let done = seen(&first, id).await;
        assert_eq!(done["status"], "applied", "{done}");
    }
    let db = app.state.database.reader();
    assert_eq!(risk::Entity::find().count(db).await.unwrap(), u64::from(COUNT));
    assert_eq!(risk_identity::Entity::find().count(db).await.unwrap(), u64::from(COUNT));
    assert_eq!(finding::Entity::find().count(db).await.unwrap(), u64::from(2 * COUNT));
}

/// A regression: the plan kept its second risk of the problem, which the database refused when it was applied.
#[tokio::test]
async fn a_plan_that_waits_supports_the_risk_that_a_person_has_made_meanwhile() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    import(&app, &first, &trivy(&[(5, "UNKNOWN")]), &[("asset", "web"), ("source", "one")]).await;
    let plan = planned(&app, &first, &trivy(&[(5, "HIGH"), (6, "HIGH")]), "two").await;
    let waiting = first.api.get("/api/v1/findings?intake=waiting").await.expect(200).json();
    let path = format!("/api/v1/findings/{}/decide", waiting["items"][0]["id"]);
    let made = json!({ "decision": "make_risk", "severity": "high" });
    let made = first.api.post(&path, &made).await.expect(200).json();

    let changes = first.api.get(&format!("/api/v1/imports/{plan}/plan")).await.expect(200).json();
    let items = changes["items"].as_array().unwrap();
    let of = |action: &str| items.iter().filter(|item| item["action"] == action).collect::<Vec<_>>();
    assert_eq!((of("attach").len(), of("create").len()), (1, 1), "{changes}");
    assert_eq!(of("attach")[0]["risk"], made["risk"]);
    apply(&first, &plan).await;
    app.settle().await;
    assert_eq!(seen(&first, &plan).await["status"], "applied");
    assert_eq!(risks(&first, "cve=CVE-2026-5").await.len(), 1);
    assert_eq!(risks(&first, "").await.len(), 2);
}

/// A regression: each of them made the asset and the scope of the source, and the database refused all but one.
#[tokio::test]
async fn the_first_reports_of_a_source_may_come_at_once() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let one = trivy(&many(1, 3, "HIGH"));
    let upload = async |run: &str| {
        let fields = [("asset", "web"), ("source", "one"), ("run", run), ("partial", "true")];
        send(&first, one.clone(), &fields).await.expect(202);
    };
    tokio::join!(upload("1"), upload("2"), upload("3"), upload("4"));
    app.settle().await;
    assert_eq!(import::Entity::find().count(app.state.database.reader()).await.unwrap(), 4);
    assert_eq!(risks(&first, "").await.len(), 3);
}

/// A regression: two that were sent as the backlog of one source were both taken as it.
#[tokio::test]
async fn of_two_backlogs_the_second_is_an_import_like_any_other() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let late = planned(&app, &first, &trivy(&many(1, 3, "HIGH")), "one").await;
    let fields = [("asset", "web"), ("source", "one"), ("mode", "backlog"), ("run", "1")];
    import(&app, &first, &trivy(&many(10, 3, "HIGH")), &fields).await;
    // Both were sent before either was applied.
    let sent = format!("UPDATE import SET mode = 'backlog', status = 'applying' WHERE id = {late}");
    app.database.tamper(&sent).await;
    apply::to_the_end(&app.state, late.as_i64().unwrap()).await.unwrap();
    let done = seen(&first, &late).await;
    assert_eq!((&done["status"], &done["mode"]), (&json!("applied"), &json!("apply")), "{done}");
    let made = risk::Entity::find().all(app.state.database.reader()).await.unwrap();
    let backlog = made.iter().filter(|risk| risk.onboarding).count();
    assert_eq!((made.len(), backlog), (6, 3));
}

/// A regression: support for a known risk beside something that was put aside took a million million numbers.
#[tokio::test]
async fn findings_are_numbered_without_large_gaps() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let result = |path: &str, suppressions: Value| {
        json!({
            "ruleId": "or/sql", "message": { "text": "Query built from input" }, "level": "error",
            "suppressions": suppressions,
            "locations": [{ "physicalLocation": { "artifactLocation": { "uri": path }, "region": { "startLine": 1 } } }],
        })
    };
    let log = |results: &[Value]| {
        json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "OrchardScan" } }, "results": results }]})
            .to_string()
    };
    let known = result("a.py", json!([]));
    import(&app, &first, &log(std::slice::from_ref(&known)), &[("asset", "repo"), ("source", "one")]).await;
    let aside = result("b.py", json!([{ "kind": "inSource" }]));
    let both = import(&app, &first, &log(&[known, aside]), &[("asset", "repo"), ("source", "two")]).await;
    assert_eq!(both["counts"]["created"], 0, "{both}");
    let db = app.state.database.reader();
    let found = finding::Entity::find().order_by_desc(finding::Column::Id).all(db).await.unwrap();
    assert_eq!(found.len(), 3);
    assert!(found[0].id < 100, "{}", found[0].id);
    assert_eq!(import::Entity::find().count(db).await.unwrap(), 2);
}
