//! The answers to the questions of SSVC: from records, and from people.

use abate::access::role::Role;
use abate::feed::ssvc::load;
use abate_entity::{risk, risk_tag, ssvc_assessment};
use abate_integrations::feed::ssvc::SsvcRecord;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{kev, take};
use crate::harness::app::TestApp;
use crate::harness::database::TestDatabase;
use crate::harness::process::{Server, run};
use crate::intake::report::{import, risks, trivy};

fn record(cve: &str, automatable: &str) -> String {
    json!({ "cveMetadata": { "cveId": cve }, "containers": { "adp": [{ "metrics": [{ "other": { "type": "ssvc",
        "content": { "timestamp": "2026-03-01T10:00:00Z", "options": [
            { "Exploitation": "active" }, { "Automatable": automatable }, { "Technical Impact": "total" }] } } }] }] } })
    .to_string()
}

#[tokio::test]
async fn records_are_loaded_and_the_word_of_a_person_stays() {
    let database = TestDatabase::create().await;
    run(&database, &["user", "create", "--email", "ana@example.org", "--name", "Ana"]).await.success();
    let token = run(&database, &["token", "create", "--user", "ana@example.org"]).await.success();
    let (_kept, path) = super::file(&record("CVE-2026-1000", "yes"));
    let path = path.to_string_lossy().into_owned();
    let said = run(&database, &["feed", "load", "ssvc", &path]).await.success();
    assert!(said.contains("1 vulnerabilities assessed"), "{said}");

    let server = Server::start(&database).await;
    let ana = server.client().with_token(token.trim());
    let at = "/api/v1/vulnerabilities/CVE-2026-1000/ssvc";
    let answers = ana.get(at).await.expect(200).json();
    assert_eq!((&answers["automatable"], &answers["source"]), (&json!(true), &json!("record")));
    let no = json!({ "exploitation": "poc", "automatable": false, "total_impact": true, "reason": "needs a click" });
    ana.put(at, &no).await.expect(200);
    let said = run(&database, &["feed", "load", "ssvc", &path]).await.success();
    assert!(said.contains("1 kept"), "{said}");
    let answers = ana.get(at).await.expect(200).json();
    assert_eq!((&answers["automatable"], &answers["reason"]), (&json!(false), &json!("needs a click")));

    // A file that is none is refused with its name, and nothing of the others is taken.
    let (_kept, good) = super::file(&record("CVE-2026-2000", "no"));
    let (_kept, bad) = super::file(&record("CVE-2026-3000", "perhaps"));
    let both = [good.to_string_lossy().into_owned(), bad.to_string_lossy().into_owned()];
    let refused = run(&database, &["feed", "load", "ssvc", &both[0], &both[1]]).await;
    assert_ne!(refused.code, Some(0));
    ana.get("/api/v1/vulnerabilities/CVE-2026-2000/ssvc").await.problem(404);
}

#[tokio::test]
async fn an_answer_needs_a_reason_and_known_words() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let at = "/api/v1/vulnerabilities/CVE-2026-1000/ssvc";
    let wrong = json!({ "exploitation": "often", "automatable": true, "total_impact": true });
    let problem = first.api.put(at, &wrong).await.problem(422);
    let fields: Vec<&Value> =
        problem["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, [&json!("exploitation"), &json!("reason")]);
    first.api.get(at).await.problem(404);
    let good = json!({ "exploitation": "poc", "automatable": true, "total_impact": true, "reason": "seen" });
    first.api.put("/api/v1/vulnerabilities/banana/ssvc", &good).await.problem(422);
    let engineer = app.person("eng@example.org", &[Role::Engineer]).await;
    engineer.api.put(at, &good).await.problem(403);
}

#[tokio::test]
async fn a_risk_says_what_is_answered_and_how_many_days_that_makes() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    import(&app, &first, &trivy(&[(1001, "MEDIUM")]), &[("asset", "web")]).await;
    let key = risks(&first, "").await[0]["key"].as_str().unwrap().to_owned();
    let inputs = async || {
        let path = format!("/api/v1/risks/{key}/ratings");
        first.api.get(&path).await.expect(200).json()["inputs"].clone()
    };
    assert_eq!(inputs().await["directive_days"], Value::Null);
    let answers =
        json!({ "exploitation": "active", "automatable": true, "total_impact": true, "reason": "seen" });
    first.api.put("/api/v1/vulnerabilities/CVE-2026-1001/ssvc", &answers).await.expect(200);
    let seen = inputs().await;
    assert_eq!((&seen["directive_days"], &seen["ssvc"][0]["source"]), (&json!(60), &json!("person")));
    take(&app, abate::feed::Catalogue::Kev, &kev(&[1001])).await;
    assert_eq!(inputs().await["directive_days"], 3);
}

/// A regression: answers about one vulnerability and the listing of another made days that no due date knew.
#[tokio::test]
async fn the_days_of_a_risk_are_the_fewest_that_one_of_its_vulnerabilities_gives() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    import(&app, &first, &trivy(&[(1001, "MEDIUM")]), &[("asset", "web")]).await;
    let key = risks(&first, "").await[0]["key"].as_str().unwrap().to_owned();
    let row = risk::Entity::find().one(app.state.database.reader()).await.unwrap().unwrap();
    let named = risk_tag::ActiveModel {
        risk_id: Set(row.id),
        kind: Set("cve".to_owned()),
        value: Set("CVE-2026-1002".to_owned()),
    };
    let tagged = app.state.database.write(async |tx| {
        risk_tag::Entity::insert(named.clone()).exec_without_returning(tx).await?;
        Ok(())
    });
    tagged.await.unwrap();
    let days = async || {
        let path = format!("/api/v1/risks/{key}/ratings");
        first.api.get(&path).await.expect(200).json()["inputs"]["directive_days"].clone()
    };
    let answers =
        json!({ "exploitation": "active", "automatable": true, "total_impact": true, "reason": "seen" });
    first.api.put("/api/v1/vulnerabilities/CVE-2026-1002/ssvc", &answers).await.expect(200);
    assert_eq!(days().await, 60);
    take(&app, abate::feed::Catalogue::Kev, &kev(&[1001])).await;
    assert_eq!(days().await, 14, "3 would be for one that is listed and automatable");
    take(&app, abate::feed::Catalogue::Kev, &kev(&[1001, 1002])).await;
    assert_eq!(days().await, 3);
}

/// A regression: who answered while records were loaded was overwritten by them.
#[tokio::test]
async fn who_answers_while_records_are_loaded_is_heard() {
    let app = TestApp::spawn().await;
    let record = SsvcRecord {
        cve: "CVE-2026-1000".to_owned(),
        exploitation: "active".to_owned(),
        automatable: true,
        total_impact: true,
        assessed_at: None,
    };
    let answer = ssvc_assessment::ActiveModel {
        cve: Set(record.cve.clone()),
        exploitation: Set("poc".to_owned()),
        automatable: Set(false),
        total_impact: Set(false),
        assessed_at: Set(None),
        source: Set("person".to_owned()),
        actor_id: Set(None),
        reason: Set("needs a click".to_owned()),
        recorded_at: Set(app.state.clock.now()),
    };
    let is_written = Notify::new();
    let answering = app.state.database.write(async |tx| {
        ssvc_assessment::Entity::insert(answer.clone()).exec_without_returning(tx).await?;
        is_written.notify_one();
        // Long enough for the other to look, and to wait for this to end.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        Ok(())
    });
    let loading = async {
        is_written.notified().await;
        load(&app.state, std::slice::from_ref(&record)).await
    };
    let (answered, loaded) = tokio::join!(answering, loading);
    answered.unwrap();
    let loaded = loaded.unwrap();
    assert_eq!((loaded.written, loaded.kept), (0, 1));
    let kept = ssvc_assessment::Entity::find().one(app.state.database.reader()).await.unwrap().unwrap();
    assert_eq!(kept.reason, "needs a click");
}
