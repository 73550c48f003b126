//! What becomes of findings by the intake rules, and what people decide about the rest.

use abate::access::role::Role;
use abate_entity::tier::Tier;
use abate_entity::{asset, team};
use chrono::Duration;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};

use super::report::{import, many, risks, trivy};
use crate::harness::app::{Person, TestApp};

/// One of each severity.
const EACH: &[(u32, &str)] =
    &[(1, "CRITICAL"), (2, "HIGH"), (3, "MEDIUM"), (4, "LOW"), (5, "UNKNOWN"), (6, "UNKNOWN")];

/// A log of a linter with one note and one error.
fn lint() -> String {
    let result = |rule: &str, level: &str, file: &str| {
        json!({ "ruleId": rule, "level": level, "message": { "text": format!("{rule} in {file}") }, "locations": [
            { "physicalLocation": { "artifactLocation": { "uri": file }, "region": { "startLine": 3 } } }] })
    };
    json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "OrchardScan" } }, "results": [
        result("or/style", "note", "src/a.py"), result("or/sql", "error", "src/b.py"),
        result("or/sql", "error", "tests/deep/c.py"),
    ]}]})
    .to_string()
}

async fn findings(who: &Person, intake: &str) -> Vec<Value> {
    let page = who.api.get(&format!("/api/v1/findings?intake={intake}")).await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

async fn rules(who: &Person) -> Value {
    who.api.get("/api/v1/intake-rules").await.expect(200).json()
}

/// The rules in force with one more before them.
fn with(set: &Value, rule: Value) -> Value {
    let mut list = vec![rule];
    for each in set["rules"].as_array().unwrap() {
        let mut each = each.clone();
        each.as_object_mut().unwrap().remove("ended");
        list.push(each);
    }
    json!({ "base_version": set["version"], "rules": list, "note": "A test" })
}

/// Makes the asset one on which the organisation depends, with an owner or without.
async fn mission(app: &TestApp, key: &str, owner: Option<i64>) -> asset::Model {
    let made = app.asset(key, None).await;
    let row = asset::ActiveModel {
        id: Set(made.id),
        tier: Set(Tier::Mission),
        owner_id: Set(owner),
        ..Default::default()
    };
    app.state.database.write(async |tx| Ok(row.clone().update(tx).await?)).await.unwrap()
}

#[tokio::test]
async fn low_and_up_become_risks_info_stays_a_finding_and_unknown_waits() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let done = import(&app, &first, &trivy(EACH), &[("asset", "web")]).await;
    assert_eq!(done["counts"]["created"], 4, "{done}");
    assert_eq!(done["counts"]["waiting"], 2);
    assert_eq!(done["by_level"]["unknown"], 2);
    assert_eq!(done["intake_rules"], 1);
    assert_eq!(risks(&first, "").await.len(), 4);
    let waiting = findings(&first, "waiting").await;
    assert_eq!(waiting.len(), 2, "{waiting:?}");
    assert_eq!(waiting[0]["severity"], "unknown");
    assert_eq!(waiting[0]["asset"], "web");

    let done = import(&app, &first, &lint(), &[("asset", "repo")]).await;
    assert_eq!(done["counts"]["created"], 2, "{done}");
    assert_eq!(done["counts"]["kept"], 1);
    assert_eq!(done["by_level"]["info"], 1);
    assert_eq!(findings(&first, "kept").await[0]["rule"], "or/style");

    // The first event of a risk names the version and the rule.
    let key = risks(&first, "cve=CVE-2026-1").await[0]["key"].as_str().unwrap().to_owned();
    let history = first.api.get(&format!("/api/v1/risks/{key}/history")).await.expect(200).text;
    assert!(history.contains("Low and up") && history.contains("intake_rules"), "{history}");

    // The same again is nothing.
    app.pass(Duration::hours(1)).await;
    let again = import(&app, &first, &trivy(EACH), &[("asset", "web"), ("run", "2")]).await;
    assert_eq!(again["counts"]["unchanged"], 6, "{again}");
    assert_eq!(again["counts"]["waiting"], 0);
}

#[tokio::test]
async fn a_person_decides_about_what_waits_and_the_next_scan_knows() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    import(&app, &first, &trivy(&[(5, "UNKNOWN"), (6, "UNKNOWN")]), &[("asset", "web")]).await;
    let waiting = findings(&first, "waiting").await;
    let id = |rule: &str| {
        let found = waiting.iter().find(|finding| finding["rule"] == rule).unwrap();
        format!("/api/v1/findings/{}/decide", found["id"])
    };
    let unrated = first.api.post(&id("CVE-2026-5"), &json!({ "decision": "make_risk" })).await.problem(422);
    assert_eq!(unrated["errors"][0]["field"], "severity");
    let viewer = app.person("viewer@example.org", &[Role::Viewer]).await;
    viewer.api.post(&id("CVE-2026-5"), &json!({ "decision": "keep" })).await.problem(403);
    let made = json!({ "decision": "make_risk", "severity": "high" });
    let made = first.api.post(&id("CVE-2026-5"), &made).await.expect(200).json();
    let found = risks(&first, "cve=CVE-2026-5").await;
    assert_eq!(found[0]["key"], made["risk"]);
    assert_eq!(found[0]["state"], "new");
    first.api.post(&id("CVE-2026-5"), &json!({ "decision": "keep" })).await.problem(409);
    first.api.post(&id("CVE-2026-6"), &json!({ "decision": "keep" })).await.expect(200);
    assert_eq!(findings(&first, "waiting").await.len(), 0);

    app.pass(Duration::hours(1)).await;
    let report = trivy(&[(5, "UNKNOWN"), (6, "UNKNOWN")]);
    let again = import(&app, &first, &report, &[("asset", "web"), ("run", "2")]).await;
    assert_eq!(again["counts"]["unchanged"], 2, "{again}");
    assert_eq!(findings(&first, "waiting").await.len(), 0);
    // What says something else is decided about anew.
    app.pass(Duration::hours(1)).await;
    let other = report.replace("lib6 breaks", "lib6 breaks badly");
    let other = import(&app, &first, &other, &[("asset", "web"), ("run", "3")]).await;
    assert_eq!(other["counts"]["waiting"], 1, "{other}");
}

#[tokio::test]
async fn high_with_a_fix_on_a_mission_asset_is_confirmed_where_somebody_answers_for_it() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let lead = app.person("lead@example.org", &[Role::TeamLead]).await;
    mission(&app, "shop", Some(first.id)).await;
    let orphan = mission(&app, "pay", None).await;
    let report = trivy(&[(1, "CRITICAL"), (2, "HIGH"), (3, "MEDIUM")]);
    import(&app, &first, &report, &[("asset", "shop")]).await;
    let open = risks(&first, "asset=shop&state=open").await;
    assert_eq!(open.len(), 2, "{open:?}");
    assert!(open.iter().all(|risk| risk["owner"] == first.email && risk["due_at"].is_string()));
    let key = open[0]["key"].as_str().unwrap();
    let history = first.api.get(&format!("/api/v1/risks/{key}/history")).await.expect(200).json();
    let confirmed = &history["items"];
    assert!(confirmed.to_string().contains("High with a fix on a mission asset"), "{history}");
    assert!(confirmed.to_string().contains("T02"), "{history}");

    import(&app, &first, &report, &[("asset", "pay")]).await;
    assert_eq!(risks(&first, "asset=pay&state=new").await.len(), 3);
    // A team's lead answers for what has no owner.
    let row =
        team::ActiveModel { id: Set(orphan.team_id), lead_id: Set(Some(lead.id)), ..Default::default() };
    app.state.database.write(async |tx| Ok(team::Entity::update(row.clone()).exec(tx).await?)).await.unwrap();
    app.pass(Duration::hours(1)).await;
    import(&app, &first, &trivy(&[(7, "HIGH")]), &[("asset", "pay"), ("partial", "true")]).await;
    let open = risks(&first, "asset=pay&state=open").await;
    assert_eq!(open[0]["owner"], lead.email, "{open:?}");
}

#[tokio::test]
async fn a_suppression_holds_until_its_last_day_and_closes_nothing() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    import(&app, &first, &lint(), &[("asset", "repo")]).await;
    let set = rules(&first).await;
    let rule = json!({
        "name": "Not shipped", "effect": "suppress", "when": { "path": "tests/**" }, "owner": first.email,
        "reason": "Test code does not run in production", "ends_on": "2026-03-10",
    });
    let endless = json!({ "name": "All", "effect": "suppress", "owner": "nobody@example.org", "reason": "" });
    let refused = first.api.post("/api/v1/intake-rules", &with(&set, endless)).await.problem(422);
    let fields: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    for field in ["rules[0].reason", "rules[0].when", "rules[0].ends_on", "rules[0].owner"] {
        assert!(fields.contains(&&json!(field)), "{field}: {refused}");
    }
    let preview =
        first.api.post("/api/v1/intake-rules/preview", &with(&set, rule.clone())).await.expect(200).json();
    assert_eq!((&preview["findings"], &preview["different"]), (&json!(3), &json!(1)), "{preview}");
    assert_eq!(preview["risks_that_stay"], 1);
    assert_eq!(preview["differences"][0]["rule"], "Not shipped");
    let made = first.api.post("/api/v1/intake-rules", &with(&set, rule.clone())).await.expect(201).json();
    assert_eq!(made["version"], 2);
    first.api.post("/api/v1/intake-rules", &with(&set, rule)).await.problem(412);
    let triager = app.person("triager@example.org", &[Role::Triager]).await;
    triager.api.post("/api/v1/intake-rules", &with(&made, json!({}))).await.problem(403);

    // The risk that is there stays; the next one of its kind is suppressed.
    app.pass(Duration::hours(1)).await;
    import(&app, &first, &lint(), &[("asset", "repo"), ("run", "2")]).await;
    assert_eq!(risks(&first, "asset=repo").await.len(), 2);
    let other = import(&app, &first, &lint(), &[("asset", "other")]).await;
    assert_eq!(
        (&other["counts"]["created"], &other["counts"]["suppressed"]),
        (&json!(1), &json!(1)),
        "{other}"
    );
    assert_eq!(findings(&first, "suppressed").await[0]["location"], "tests/deep/c.py:3");

    app.pass(Duration::days(9)).await;
    assert_eq!(rules(&first).await["rules"][0]["ended"], true);
    let after = import(&app, &first, &lint(), &[("asset", "other"), ("run", "3")]).await;
    assert_eq!(after["counts"]["created"], 1, "{after}");
    let versions = first.api.get("/api/v1/intake-rules/versions").await.expect(200).json();
    assert_eq!(versions["items"].as_array().unwrap().len(), 2);
    assert_eq!(versions["items"][0]["made_by"], first.email);
}

#[tokio::test]
async fn the_plan_gives_a_reason_for_each_change() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let reasons = async |import: &Value| {
        let path = format!("/api/v1/imports/{}/plan?limit=50", import["id"]);
        let plan = first.api.get(&path).await.expect(200).json();
        let mut reasons = std::collections::BTreeMap::new();
        for item in plan["items"].as_array().unwrap() {
            reasons.insert(
                item["action"].as_str().unwrap().to_owned(),
                item["reason"].as_str().unwrap().to_owned(),
            );
        }
        reasons
    };
    let plan = &[("asset", "web"), ("mode", "plan")];
    let planned = import(&app, &first, &trivy(EACH), plan).await;
    let said = reasons(&planned).await;
    assert_eq!(said["create"], "New on this asset; rule \"Low and up\" (version 1) makes it a risk.");
    assert_eq!(said["wait"], "Waits for a person by rule \"Unknown severity\" (version 1).");
    import(&app, &first, &trivy(&many(100, 20, "LOW")), &[("asset", "web"), ("source", "one")]).await;
    app.pass(Duration::hours(1)).await;
    let mut report: Value = serde_json::from_str(&trivy(&many(101, 19, "LOW"))).unwrap();
    report["Results"][0]["Vulnerabilities"][0]["Title"] = json!("It breaks more");
    let fields = [("asset", "web"), ("source", "one"), ("run", "2")];
    let mut planned_fields = fields.to_vec();
    planned_fields.push(("mode", "plan"));
    let planned = import(&app, &first, &report.to_string(), &planned_fields).await;
    let said = reasons(&planned).await;
    assert!(said["update"].starts_with("Same because package and vulnerability"), "{said:?}");
    assert!(said["miss"].starts_with("Not in this full scan"), "{said:?}");
    first.api.post(&format!("/api/v1/imports/{}/apply", planned["id"]), &json!({})).await.expect(202);
    app.settle().await;
    app.pass(Duration::hours(1)).await;
    let fields = [("asset", "web"), ("source", "one"), ("run", "3"), ("mode", "plan")];
    let gone = import(&app, &first, &report.to_string(), &fields).await;
    assert_eq!(reasons(&gone).await["vanish"], "Gone: the second full scan in a row without it.");
    let fields = [("asset", "web"), ("source", "one"), ("run", "4"), ("mode", "plan")];
    let back = import(&app, &first, &trivy(&many(100, 20, "LOW")), &fields).await;
    assert!(reasons(&back).await["return"].contains("the scan before did not see it"));
    let fields = [("asset", "web"), ("source", "two"), ("mode", "plan")];
    let two = import(&app, &first, &trivy(&many(100, 2, "LOW")), &fields).await;
    assert!(reasons(&two).await["attach"].contains("another source or scope"));
    report["Results"][0]["Vulnerabilities"][1]["PkgName"] = json!({ "name": 5 });
    let fields = [("asset", "web"), ("source", "one"), ("run", "5"), ("mode", "plan")];
    let broken = import(&app, &first, &report.to_string(), &fields).await;
    assert!(reasons(&broken).await["reject"].starts_with("This record could not be read: "));
    let page = first.browser.get(&format!("/imports/{}", gone["id"])).await.expect(200);
    assert!(page.text.contains("second full scan in a row"), "{}", page.text);
}

#[tokio::test]
async fn rules_and_waiting_findings_have_their_pages() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    import(&app, &first, &trivy(EACH), &[("asset", "web")]).await;
    let page = first.browser.get("/findings").await.expect(200);
    assert!(page.text.contains("lib5 breaks") && page.text.contains("Make it a risk"), "{}", page.text);
    let id = findings(&first, "waiting").await[0]["id"].clone();
    let path = format!("/findings/{id}/decide");
    first.browser.submit(&path, &[("decision", "make_risk"), ("severity", "low")]).await.expect(303);
    let kept = findings(&first, "waiting").await[0]["id"].clone();
    first.browser.submit(&format!("/findings/{kept}/decide"), &[("decision", "keep")]).await.expect(303);
    assert_eq!(findings(&first, "waiting").await.len(), 0);
    assert_eq!(risks(&first, "").await.len(), 5);

    let page = first.browser.get("/intake-rules").await.expect(200);
    assert!(page.text.contains("Unknown severity") && page.text.contains("Vanish share"), "{}", page.text);
    let rule = [
        ("version", "1"),
        ("name", "Old kernels"),
        ("effect", "suppress"),
        ("package", "linux-*"),
        ("reason", "The host's kernel runs"),
        ("ends_on", "2026-04-01"),
    ];
    first.browser.submit("/intake-rules", &rule).await.expect(303);
    let page = first.browser.get("/intake-rules").await.expect(200);
    assert!(page.text.contains("package linux-*") && page.text.contains("Until 2026-04-01"), "{}", page.text);
    first
        .browser
        .submit("/intake-rules/remove", &[("version", "2"), ("name", "Old kernels")])
        .await
        .expect(303);
    assert_eq!(rules(&first).await["version"], 3);
}
