//! One problem reported as two risks, and two as one; what a person decides survives the next report.

use abate::access::role::Role;
use chrono::Duration;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::intake::report::{import, many, risks, trivy};

const TWO: [&str; 2] = ["one", "two"];

/// Imports the report from both sources, as a new run.
async fn scan(app: &TestApp, who: &Person, report: &str, run: &str) -> Vec<Value> {
    let mut imports = Vec::new();
    for source in TWO {
        imports.push(import(app, who, report, &[("asset", "web"), ("source", source), ("run", run)]).await);
    }
    imports
}

async fn post(who: &Person, path: &str, form: Value, status: u16) -> Value {
    who.api.post(&format!("/api/v1/risks/{path}"), &form).await.expect(status).json()
}

async fn findings(who: &Person, key: &str) -> Vec<Value> {
    let page = who.api.get(&format!("/api/v1/risks/{key}/findings")).await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

async fn kinds(who: &Person, key: &str) -> Vec<String> {
    let page = who.api.get(&format!("/api/v1/risks/{key}/history")).await.expect(200).json();
    page["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_joined_risk_stays_joined_after_the_next_report() {
    let app = TestApp::spawn().await;
    app.asset("web", None).await;
    let first = app.first().await;
    let report = trivy(&many(1, 3, "HIGH"));
    scan(&app, &first, &report, "1").await;
    let joined =
        post(&first, "R-2/merge", json!({"into": "R-1", "reason": "one library under two names"}), 200).await;
    assert_eq!(joined["key"], "R-1");
    assert_eq!(joined["vulnerabilities"].as_array().unwrap().len(), 2, "{joined}");
    let gone = first.api.get("/api/v1/risks/R-2").await.expect(200).json();
    assert_eq!((&gone["state"], &gone["resolution"]), (&json!("closed"), &json!("duplicate")));
    let supports = findings(&first, "R-1").await;
    assert_eq!(supports.len(), 4, "two problems, each from two sources");
    let moved: Vec<_> =
        supports.iter().filter(|finding| finding["same"]["made_by"] == "first@example.org").collect();
    assert!(
        !moved.is_empty() && moved[0]["same"]["because"].as_str().unwrap().contains("R-2"),
        "{supports:?}"
    );
    assert_eq!(kinds(&first, "R-2").await.last().unwrap(), "merged");
    assert_eq!(kinds(&first, "R-1").await.last().unwrap(), "joined");
    app.pass(Duration::hours(1)).await;
    for again in scan(&app, &first, &report, "2").await {
        assert_eq!(again["counts"]["unchanged"], 3, "{again}");
    }
    // A third source learns of it from the identities alone.
    let third = import(&app, &first, &report, &[("asset", "web"), ("source", "three")]).await;
    assert_eq!(third["counts"]["created"], 0, "{third}");
    assert_eq!(findings(&first, "R-1").await.len(), 6);
    assert_eq!(risks(&first, "state=any_open").await.len(), 2);
    let page = first.browser.get("/risks/R-1").await.expect(200).text;
    assert!(page.contains("joined from R-2 by a person"), "{page}");
}

#[tokio::test]
async fn a_split_stays_split_after_the_next_report() {
    let app = TestApp::spawn().await;
    app.asset("web", None).await;
    let first = app.first().await;
    let report = trivy(&many(1, 2, "HIGH"));
    scan(&app, &first, &report, "1").await;
    post(&first, "R-2/merge", json!({"into": "R-1"}), 200).await;
    let of_second =
        findings(&first, "R-1").await.into_iter().find(|finding| finding["rule"] == "CVE-2026-2").unwrap();
    let form = json!({"findings": [of_second["id"]], "reason": "another function is broken"});
    let made = post(&first, "R-1/split", form, 201).await;
    let key = made["key"].as_str().unwrap();
    assert_eq!((&made["state"], &made["vulnerabilities"]), (&json!("new"), &json!(["CVE-2026-2"])));
    assert_eq!(findings(&first, key).await.len(), 2, "what shares its fingerprint goes with it");
    assert_eq!(findings(&first, "R-1").await.len(), 2);
    assert_eq!(kinds(&first, "R-1").await.last().unwrap(), "split");
    assert_eq!(kinds(&first, key).await, ["created", "split_off"]);
    for run in ["2", "3"] {
        app.pass(Duration::hours(1)).await;
        for again in scan(&app, &first, &report, run).await {
            assert_eq!(
                (&again["counts"]["unchanged"], &again["counts"]["created"]),
                (&json!(2), &json!(0)),
                "{again}"
            );
        }
    }
    assert_eq!(findings(&first, key).await.len(), 2);
    assert_eq!(findings(&first, "R-1").await.len(), 2);
}

#[tokio::test]
async fn only_two_risks_that_can_be_one_are_joined() {
    let app = TestApp::spawn().await;
    app.asset("web", None).await;
    app.asset("shop", None).await;
    let first = app.first().await;
    scan(&app, &first, &trivy(&many(1, 3, "HIGH")), "1").await;
    let elsewhere = app.risk("shop", "Elsewhere").await;
    let into = async |from: &str, into: &str| {
        let answer = first.api.post(&format!("/api/v1/risks/{from}/merge"), &json!({"into": into})).await;
        let problem = answer.expect(422).json();
        problem["errors"][0]["field"].as_str().unwrap().to_owned()
    };
    assert_eq!(into("R-1", "R-1").await, "into", "not to itself");
    assert_eq!(into("R-1", "R-4711").await, "into");
    assert_eq!(into("R-1", &elsewhere).await, "into", "not to another asset");
    post(&first, "R-2/merge", json!({"into": "R-1"}), 200).await;
    assert_eq!(into("R-3", "R-2").await, "into", "not to a closed one, so there are no cycles");
    assert_eq!(into("R-2", "R-3").await, "state", "a closed one is not joined again");
    post(&first, "R-1/transitions", json!({"event": "start_triage"}), 200).await;
    post(
        &first,
        "R-1/transitions",
        json!({"event": "confirm", "owner": "first@example.org", "reason": "seen"}),
        200,
    )
    .await;
    assert_eq!(into("R-1", "R-3").await, "into", "not to one that is due later");
    let one = findings(&first, "R-3").await[0]["id"].clone();
    for wrong in [json!([]), json!([4711]), json!([one])] {
        let problem = post(&first, "R-3/split", json!({"findings": wrong}), 422).await;
        assert_eq!(problem["errors"][0]["field"], "findings");
    }
    let other = app.team("other").await;
    let triager = app.member("triager@example.org", &[Role::Triager], Some(other)).await;
    triager.api.post("/api/v1/risks/R-3/merge", &json!({"into": "R-1"})).await.expect(404);
}

#[tokio::test]
async fn what_goes_on_is_as_bad_as_what_joins_it() {
    let app = TestApp::spawn().await;
    app.asset("web", None).await;
    let first = app.first().await;
    let report = trivy(&[(1, "LOW"), (2, "CRITICAL")]);
    import(&app, &first, &report, &[("asset", "web")]).await;
    let worst = risks(&first, "sort=-level").await;
    let (worse, better) = (worst[0].clone(), worst[1].clone());
    assert_ne!(worse["level"], better["level"]);
    let path = format!("{}/merge", worse["key"].as_str().unwrap());
    let joined = post(&first, &path, json!({"into": better["key"]}), 200).await;
    assert_eq!(joined["level"], worse["level"]);
}

#[tokio::test]
async fn the_page_joins_and_splits() {
    let app = TestApp::spawn().await;
    app.asset("web", None).await;
    let first = app.first().await;
    scan(&app, &first, &trivy(&many(1, 2, "HIGH")), "1").await;
    let joined = first.browser.submit("/risks/R-2/merge", &[("into", "R-1")]).await.expect(303);
    assert_eq!(joined.header("location"), "/risks/R-1");
    let of_second =
        findings(&first, "R-1").await.into_iter().find(|finding| finding["rule"] == "CVE-2026-2").unwrap();
    let id = of_second["id"].to_string();
    let split = first
        .browser
        .submit("/risks/R-1/split", &[("finding", &id), ("reason", "it is another one")])
        .await
        .expect(303);
    assert_eq!(split.header("location"), "/risks/R-3");
    let wrong = first.browser.submit("/risks/R-1/split", &[]).await.expect(303);
    assert_eq!(wrong.header("location"), "/risks/R-1#findings");
}

/// A report first knows a vulnerability by one name, and a later one says that it has another.
#[tokio::test]
async fn an_alias_learned_later_proposes_to_join() {
    let app = TestApp::spawn().await;
    app.asset("web", None).await;
    let first = app.first().await;
    let grype = |id: &str, related: &[&str]| {
        let related: Vec<Value> =
            related.iter().map(|id| json!({"id": id, "namespace": "nvd:cpe"})).collect();
        json!({
            "matches": [{
                "vulnerability": {"id": id, "severity": "High", "namespace": "github:language:python", "fix": {"versions": ["2.0"], "state": "fixed"}},
                "relatedVulnerabilities": related,
                "matchDetails": [],
                "artifact": {"name": "pear", "version": "1.0", "type": "python", "purl": "pkg:pypi/pear@1.0", "locations": []},
            }],
            "source": {"type": "directory", "target": "."},
            "descriptor": {"name": "grype", "version": "0.90.0"},
        })
        .to_string()
    };
    let before =
        import(&app, &first, &grype("GHSA-aaaa-bbbb-cccc", &[]), &[("asset", "web"), ("source", "one")])
            .await;
    assert_eq!(before["counts"]["created"], 1, "{before}");
    let named = grype("GHSA-aaaa-bbbb-cccc", &["CVE-2026-77"]);
    let after = import(&app, &first, &named, &[("asset", "web"), ("source", "two")]).await;
    assert_eq!(after["counts"]["created"], 1, "{after}");
    let path = "/api/v1/risks/R-2/merge-proposals";
    let proposed = first.api.get(path).await.expect(200).json();
    assert_eq!(proposed["items"][0]["with"], "R-1", "{proposed}");
    assert_eq!(proposed["items"][0]["because"], "both are GHSA-aaaa-bbbb-cccc in the same package");
    assert!(first.browser.get("/risks/R-1").await.expect(200).text.contains("May be the same risk"));
    let id = proposed["items"][0]["id"].clone();
    first.api.delete(&format!("{path}/{id}")).await.expect(204);
    first.api.delete(&format!("{path}/{id}")).await.expect(409);
    assert_eq!(first.api.get(path).await.expect(200).json()["items"], json!([]));
}
