//! VEX documents of others: what they say becomes proposals, which people accept or decline.

use abate::access::role::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::intake::report::{import, many, risks, send, trivy};

/// A document of one author with these statements.
fn openvex(statements: &[Value]) -> String {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://fig.example.org/vex/7", "author": "Fig Project",
        "version": 1, "timestamp": "2026-03-01T08:00:00Z", "statements": statements,
    })
    .to_string()
}

/// A statement on the package of a vulnerability of `trivy`.
fn said(number: u32, status: &str, more: &Value) -> Value {
    let mut said = json!({
        "vulnerability": {"name": format!("CVE-2026-{number}")}, "status": status,
        "products": [{
            "@id": "pkg:oci/api?repository_url=registry.example.com%2Forchard",
            "subcomponents": [{"@id": format!("pkg:deb/debian/lib{number}@1.0?arch=amd64")}],
        }],
    });
    said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    said
}

fn not_affected(number: u32) -> Value {
    said(number, "not_affected", &json!({"justification": "vulnerable_code_not_present"}))
}

/// An asset with an image, and vulnerabilities in it.
async fn scanned(app: &TestApp, count: u32, severity: &'static str) -> Person {
    app.asset("web", None).await;
    let first = app.first().await;
    let image = json!({"matchers": [{"kind": "image", "pattern": "registry.example.com/orchard/api"}]});
    let request = first.api.request(Method::PUT, "/api/v1/assets/web/matchers").json(&image);
    first.api.send(request).await.expect(200);
    import(app, &first, &trivy(&many(1, count, severity)), &[("asset", "web")]).await;
    first
}

async fn of(who: &Person, number: u32) -> Value {
    let key = risks(who, &format!("cve=CVE-2026-{number}")).await[0]["key"].clone();
    who.api.get(&format!("/api/v1/risks/{}", key.as_str().unwrap())).await.expect(200).json()
}

async fn step(who: &Person, risk: &Value, form: &Value) -> Value {
    let path = format!("/api/v1/risks/{}/transitions", risk["key"].as_str().unwrap());
    who.api.post(&path, form).await.expect(200).json()
}

async fn plan(who: &Person, import: &Value) -> Vec<Value> {
    let path = format!("/api/v1/imports/{}/plan?limit=200", import["id"]);
    who.api.get(&path).await.expect(200).json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_statement_is_proposed_and_a_person_accepts_it() {
    let app = TestApp::spawn().await;
    let first = scanned(&app, 2, "MEDIUM").await;
    let taken = import(&app, &first, &openvex(&[not_affected(1)]), &[]).await;
    assert_eq!((&taken["status"], &taken["format"]), (&json!("applied"), &json!("openvex")));
    assert_eq!((&taken["source"], &taken["asset"]), (&json!("fig project"), &json!("web")));
    let counts = &taken["counts"];
    assert_eq!(
        (&counts["findings"], &counts["updated"], &counts["rejected"]),
        (&json!(1), &json!(1), &json!(0))
    );

    let risk = of(&first, 1).await;
    assert_eq!(risk["state"], "new", "it closes nothing");
    let statement = &risk["vex_statement"];
    let reason = "The statement of Fig Project of 2026-03-01 says not_affected: vulnerable_code_not_present.";
    assert_eq!((&statement["reason"], &statement["answered"]), (&json!(reason), &json!(false)));
    let page = first.browser.get(&format!("/risks/{}", risk["key"].as_str().unwrap())).await.expect(200).text;
    assert!(page.contains(reason) && page.contains("Decline the statement"), "{page}");
    assert!(of(&first, 2).await["vex_statement"].is_null());

    step(&first, &risk, &json!({"event": "start_triage"})).await;
    let actions = first.api.get(&format!("/api/v1/risks/{}/actions", risk["key"].as_str().unwrap())).await;
    let actions = actions.expect(200).json();
    let open = actions["open"].as_array().unwrap();
    let dismiss = open.iter().find(|action| action["event"] == "dismiss").unwrap();
    assert_eq!((&dismiss["proposed"], &dismiss["missing"]), (&json!(reason), &Value::Null), "{dismiss}");
    step(&first, &risk, &json!({"event": "dismiss"})).await;
    let closed = of(&first, 1).await;
    assert_eq!((&closed["state"], &closed["resolution"]), (&json!("closed"), &json!("not_affected")));
    let own = first.api.get("/api/v1/vex?asset=web").await.expect(200).json();
    let one =
        own["statements"].as_array().unwrap().iter().find(|one| one["status"] == "not_affected").unwrap();
    assert_eq!(one["justification"], "vulnerable_code_not_present", "what was accepted is said on");
}

#[tokio::test]
async fn a_high_risk_needs_a_second_person_as_ever() {
    let app = TestApp::spawn().await;
    let first = scanned(&app, 1, "CRITICAL").await;
    let other = app.person("other@example.org", &[Role::Viewer, Role::Triager]).await;
    import(&app, &first, &openvex(&[not_affected(1)]), &[]).await;
    let risk = of(&first, 1).await;
    step(&first, &risk, &json!({"event": "start_triage"})).await;
    step(&first, &risk, &json!({"event": "dismiss"})).await;
    assert_eq!(of(&first, 1).await["state"], "triage", "one has agreed");
    step(&other, &risk, &json!({"event": "dismiss"})).await;
    assert_eq!(of(&first, 1).await["resolution"], "not_affected");
}

/// A regression: whoever sent a document about nothing of theirs was answered with the import of whoever had sent the
/// same before, which was not theirs to see.
#[tokio::test]
async fn the_same_document_of_somebody_else_is_another_import() {
    let app = TestApp::spawn().await;
    let mut senders = Vec::new();
    for name in ["fig", "plum"] {
        let team = app.team(name).await;
        senders.push(app.member(&format!("{name}@example.org"), &[Role::Triager], Some(team)).await);
    }
    scanned(&app, 1, "MEDIUM").await;
    let document = openvex(&[not_affected(1)]);
    let mut ids = Vec::new();
    for sender in [0, 1, 0, 1] {
        ids.push(send(&senders[sender], document.clone(), &[]).await.expect(202).json()["id"].clone());
    }
    assert_eq!((&ids[0], &ids[1]), (&ids[2], &ids[3]), "the same upload");
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn the_same_document_again_changes_nothing_also_when_it_was_declined() {
    let app = TestApp::spawn().await;
    let first = scanned(&app, 2, "MEDIUM").await;
    let document = openvex(&[not_affected(1), not_affected(2)]);
    let taken = import(&app, &first, &document, &[]).await;
    assert_eq!(import(&app, &first, &document, &[]).await["id"], taken["id"], "the same upload");
    let risk = of(&first, 2).await;
    let decline = format!("/api/v1/risks/{}/vex-statement", risk["key"].as_str().unwrap());
    first.api.delete(&decline).await.expect(204);
    first.api.delete(&decline).await.expect(404);
    let before = [of(&first, 1).await, of(&first, 2).await];
    app.pass(chrono::Duration::hours(1)).await;
    let again = import(&app, &first, &document, &[]).await;
    assert_ne!(again["id"], taken["id"]);
    assert_eq!(
        (&again["counts"]["updated"], &again["counts"]["unchanged"]),
        (&json!(0), &json!(2)),
        "{again}"
    );
    assert_eq!([of(&first, 1).await, of(&first, 2).await], before);
    let newer = json!({"justification": "component_not_present", "timestamp": "2026-04-01T08:00:00Z"});
    let newer = import(&app, &first, &openvex(&[said(2, "not_affected", &newer)]), &[]).await;
    assert_eq!(newer["counts"]["updated"], 1, "who declined one statement has not declined the next");
    assert_eq!(of(&first, 2).await["vex_statement"]["justification"], "component_not_present");
}

#[tokio::test]
async fn what_speaks_of_nothing_here_is_listed_with_its_reason() {
    let app = TestApp::spawn().await;
    let first = scanned(&app, 4, "MEDIUM").await;
    let other_version = json!({"products": [{
        "@id": "pkg:oci/api?repository_url=registry.example.com%2Forchard",
        "subcomponents": [{"@id": "pkg:deb/debian/lib2@0.9"}],
    }]});
    let elsewhere = json!({"products": [{"@id": "pkg:oci/other?repository_url=registry.example.com"}]});
    let statements = [
        said(1, "affected", &json!({"action_statement": "Update it."})),
        said(2, "not_affected", &other_version),
        said(3, "not_affected", &elsewhere),
        said(4, "under_investigation", &json!({})),
        not_affected(99),
        said(4, "harmless", &json!({})),
    ];
    let planned = import(&app, &first, &openvex(&statements), &[("asset", "web"), ("mode", "plan")]).await;
    assert_eq!(planned["status"], "planned");
    assert_eq!((&planned["counts"]["rejected"], &planned["counts"]["updated"]), (&json!(6), &json!(0)));
    let listed = plan(&first, &planned).await;
    let reasons: Vec<&str> = listed.iter().map(|change| change["reason"].as_str().unwrap()).collect();
    for (cve, reason) in [
        ("CVE-2026-1", "It says affected, which proposes nothing."),
        ("CVE-2026-2", "It speaks of version 0.9; found is 1.0."),
        ("CVE-2026-3", "It speaks of another product than this asset."),
        ("CVE-2026-4", "It says under_investigation, which proposes nothing."),
        ("CVE-2026-99", "No risk there is about this vulnerability."),
        ("statements[5]", "\"harmless\" is no status of OpenVEX."),
    ] {
        let change = listed.iter().find(|change| change["title"].as_str().unwrap().ends_with(cve));
        assert_eq!(change.map(|change| &change["reason"]), Some(&json!(reason)), "{cve}: {reasons:?}");
    }
    assert!(listed.iter().all(|change| change["action"] == "reject"));
    let page = first.browser.get(&format!("/imports/{}", planned["id"])).await.expect(200).text;
    assert!(page.contains("Statements that change nothing") && page.contains("CVE-2026-99"), "{page}");
    let nowhere = import(&app, &first, &openvex(&[said(1, "not_affected", &elsewhere)]), &[]).await;
    assert!(nowhere["rejected"][0]["reason"].as_str().unwrap().contains("Name the asset"), "{nowhere}");
}

#[tokio::test]
async fn a_plan_waits_is_applied_and_undone() {
    let app = TestApp::spawn().await;
    let first = scanned(&app, 1, "MEDIUM").await;
    let planned = import(&app, &first, &openvex(&[not_affected(1)]), &[("mode", "plan")]).await;
    assert!(of(&first, 1).await["vex_statement"].is_null());
    let listed = plan(&first, &planned).await;
    assert_eq!((&listed[0]["action"], &listed[0]["risk"]), (&json!("propose"), &of(&first, 1).await["key"]));
    assert!(listed[0]["reason"].as_str().unwrap().contains("Fig Project"), "{listed:?}");
    let path = format!("/api/v1/imports/{}", planned["id"]);
    first.api.post(&format!("{path}/apply"), &json!({})).await.expect(202);
    assert_eq!(of(&first, 1).await["vex_statement"]["import"], planned["id"]);
    first.api.post(&format!("{path}/undo"), &json!({})).await.expect(200);
    assert!(of(&first, 1).await["vex_statement"].is_null());
    assert_eq!(first.api.get(&path).await.expect(200).json()["status"], "undone");
    first.api.post(&format!("{path}/undo"), &json!({})).await.expect(409);
}

#[tokio::test]
async fn what_was_fixed_is_a_claim_that_somebody_verifies() {
    let app = TestApp::spawn().await;
    let first = scanned(&app, 1, "MEDIUM").await;
    let risk = of(&first, 1).await;
    step(&first, &risk, &json!({"event": "start_triage"})).await;
    step(&first, &risk, &json!({"event": "confirm", "owner": first.email, "reason": "seen it"})).await;
    import(&app, &first, &openvex(&[said(1, "fixed", &json!({}))]), &[]).await;
    assert_eq!(of(&first, 1).await["state"], "open");
    step(&first, &risk, &json!({"event": "claim_fixed"})).await;
    let claimed = of(&first, 1).await;
    assert_eq!(
        (&claimed["state"], &claimed["vex_statement"]["answered"]),
        (&json!("verification"), &json!(true))
    );
    assert_eq!(claimed["claimed_by"], json!([first.email]), "the person claims it, not the document");
}

#[tokio::test]
async fn who_confirms_a_risk_has_answered_and_who_closes_it_otherwise_agrees_to_nothing() {
    let app = TestApp::spawn().await;
    let first = scanned(&app, 2, "MEDIUM").await;
    import(&app, &first, &openvex(&[not_affected(1), not_affected(2)]), &[]).await;
    let (one, two) = (of(&first, 1).await, of(&first, 2).await);
    step(&first, &one, &json!({"event": "start_triage"})).await;
    step(&first, &one, &json!({"event": "confirm", "owner": first.email, "reason": "seen it"})).await;
    assert_eq!(of(&first, 1).await["vex_statement"]["answered"], true);
    step(&first, &two, &json!({"event": "start_triage"})).await;
    let path = format!("/api/v1/risks/{}/transitions", two["key"].as_str().unwrap());
    let otherwise = json!({"event": "dismiss", "resolution": "false_positive"});
    let refused = first.api.post(&path, &otherwise).await.expect(422).json();
    assert!(refused.to_string().contains("reason"), "the statement's words are for what it says: {refused}");
}

#[tokio::test]
async fn our_own_document_in_cyclonedx_comes_back_as_what_it_says() {
    let app = TestApp::spawn().await;
    let first = scanned(&app, 1, "MEDIUM").await;
    let risk = of(&first, 1).await;
    step(&first, &risk, &json!({"event": "start_triage"})).await;
    let own = first.api.get("/api/v1/vex?asset=web&format=cyclonedx").await.expect(200).text;
    let vendors = own.replace("in_triage", "false_positive");
    let taken = import(&app, &first, &vendors, &[]).await;
    assert_eq!(
        (&taken["format"], &taken["counts"]["updated"]),
        (&json!("cyclonedx_vex"), &json!(1)),
        "{taken}"
    );
    assert_eq!(of(&first, 1).await["vex_statement"]["resolution"], "false_positive");
    step(&first, &risk, &json!({"event": "dismiss"})).await;
    assert_eq!(of(&first, 1).await["resolution"], "false_positive");
}

#[tokio::test]
async fn a_sender_reaches_the_risks_of_own_teams_only() {
    let app = TestApp::spawn().await;
    scanned(&app, 1, "MEDIUM").await;
    let team = app.team("other").await;
    let stranger = app.member("stranger@example.org", &[Role::Viewer, Role::Integration], Some(team)).await;
    let sent = send(&stranger, openvex(&[not_affected(1)]), &[]).await.expect(202).json();
    let taken = stranger.api.get(&format!("/api/v1/imports/{}", sent["id"])).await.expect(200).json();
    assert_eq!((&taken["counts"]["updated"], &taken["asset"]), (&json!(0), &json!("")), "{taken}");
    send(&stranger, openvex(&[not_affected(1)]), &[("asset", "web")]).await.expect(403);
    send(&stranger, openvex(&[not_affected(1)]), &[("asset", "nosuch")]).await.expect(422);
    send(&stranger, "{\"@context\": \"https://openvex.dev/ns/v0.2.0\", ", &[]).await.expect(422);
}
