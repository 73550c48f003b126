//! The same for several risks, and the filters that say whose they are.

use abate::access::role::Role;
use abate_entity::risk;
use reqwest::Method;
use reqwest::header::ACCEPT;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};

async fn with_three_risks() -> TestApp {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    for title in ["One", "Two", "Three"] {
        app.risk("shop", title).await;
    }
    app
}

async fn keys(person: &Person, query: &str) -> Vec<String> {
    let found = person.api.get(&format!("/api/v1/risks?{query}")).await.expect(200).json();
    let mut keys: Vec<String> = found["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|risk| risk["key"].as_str().unwrap().to_owned())
        .collect();
    keys.sort();
    keys
}

async fn versions(app: &TestApp) -> Vec<i32> {
    let risks = risk::Entity::find().all(app.state.database.reader()).await.unwrap();
    risks.into_iter().map(|risk| risk.version).collect()
}

fn states(answer: &Value) -> Vec<&str> {
    answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            result["state"].as_str().unwrap_or_else(|| result["problem"]["title"].as_str().unwrap())
        })
        .collect()
}

#[actix_web::test]
async fn a_step_is_taken_by_each_that_can_and_the_others_say_why_not() {
    let app = with_three_risks().await;
    let first = app.first().await;
    first.api.post("/api/v1/risks/R-2/transitions", &json!({"event": "start_triage"})).await.expect(200);
    let form = json!({"keys": ["R-1", "R-2", "R-99", "nonsense"], "transition": {"event": "start_triage"}});
    let trial = json!({"keys": ["R-1"], "transition": {"event": "start_triage"}, "dry_run": true});
    let before = versions(&app).await;
    let tried = first.api.post("/api/v1/risks/bulk", &trial).await.expect(200).json();
    assert_eq!(states(&tried), ["triage"]);
    assert_eq!(versions(&app).await, before, "a trial writes nothing");
    let answer = first.api.post("/api/v1/risks/bulk", &form).await.expect(200).json();
    let statuses: Vec<_> =
        answer["results"].as_array().unwrap().iter().map(|result| &result["problem"]["status"]).collect();
    assert_eq!(statuses, [&Value::Null, &json!(409), &json!(404), &json!(422)]);
    assert_eq!(answer["results"][0]["state"], "triage");
}

#[actix_web::test]
async fn what_a_filter_finds_is_assigned_and_edited() {
    let app = with_three_risks().await;
    let first = app.first().await;
    let ana = app.person("ana@example.org", &[Role::Engineer]).await;
    let assign =
        json!({"filter": {"state": "new"}, "assign": {"owner": "ana@example.org", "reason": "hers"}});
    let answer = first.api.post("/api/v1/risks/bulk", &assign).await.expect(200).json();
    assert_eq!(states(&answer), ["new", "new", "new"]);
    assert_eq!(keys(&ana, "owner=me").await, ["R-1", "R-2", "R-3"]);
    let edit = json!({"keys": ["R-1", "R-3"], "edit": {"plan": "Update", "ticket_wanted": true}});
    first.api.post("/api/v1/risks/bulk", &edit).await.expect(200);
    let mut risks = risk::Entity::find().all(app.state.database.reader()).await.unwrap();
    risks.sort_by_key(|risk| risk.id);
    let said: Vec<_> = risks.iter().map(|risk| (risk.plan.as_str(), risk.ticket_wanted)).collect();
    assert_eq!(said, [("Update", true), ("", false), ("Update", true)]);
    for (wrong, field) in [
        (json!({"keys": ["R-1"]}), "transition"),
        (json!({"keys": ["R-1"], "filter": {}, "edit": {}}), "keys"),
        (json!({"keys": [], "edit": {}}), "keys"),
        (json!({"filter": {"state": "closed"}, "edit": {"plan": "x"}}), "filter"),
        // What is mistyped finds every risk in a list; here it would change them.
        (json!({"filter": {"states": "new"}, "assign": {"owner": "ana@example.org"}}), "filter.states"),
        (json!({"filter": {"state": "new", "levels": "low"}, "edit": {"plan": "x"}}), "filter.levels"),
        (json!({"filter": {"overdue": "soon"}, "edit": {"plan": "x"}}), "filter.overdue"),
        (json!({"filter": {}, "edit": {"plan": "x"}}), "filter"),
        (json!({"filter": {"sort": "level", "q": " ", "gone": false}, "edit": {"plan": "x"}}), "filter"),
        (json!({"keys": ["R-1"], "assign": {"owner": "eve@example.org"}}), "owner"),
        (json!({"keys": ["R-1"], "transition": {"event": "vanish"}}), "event"),
    ] {
        let problem = first.api.post("/api/v1/risks/bulk", &wrong).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{wrong}");
    }
    assert_eq!(keys(&ana, "owner=me").await.len(), 3);
}

#[actix_web::test]
async fn the_list_has_ticks_and_the_answer_names_each() {
    let app = with_three_risks().await;
    let first = app.first().await;
    let get =
        |person: &Person, path: &str| person.browser.request(Method::GET, path).header(ACCEPT, "text/html");
    let page = first.browser.send(get(&first, "/risks")).await.expect(200).text;
    assert!(page.contains(r#"name="keys" value="R-2" form="bulk""#), "{page}");
    let viewer = app.person("vera@example.org", &[Role::Viewer]).await;
    let page = viewer.browser.send(get(&viewer, "/risks")).await.expect(200).text;
    assert!(!page.contains(r#"form="bulk""#), "{page}");
    let ticked = [("keys", "R-1"), ("keys", "R-3"), ("action", "assignee"), ("person", "me")];
    let page = first.browser.submit("/risks/bulk", &ticked).await.expect(200).text;
    assert!(page.contains("2 risks done, 0 not"), "{page}");
    assert_eq!(keys(&first, "assignee=me").await, ["R-1", "R-3"]);
    let gone = [("keys", "R-1"), ("action", "vanished"), ("reason", "not seen")];
    let page = first.browser.submit("/risks/bulk", &gone).await.expect(200).text;
    assert!(page.contains("0 risks done, 1 not") && page.contains("Not done"), "{page}");
}

#[actix_web::test]
async fn the_filters_say_whose_they_are() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let payments = app.team("payments").await;
    app.asset("shop", None).await;
    app.asset("till", Some(payments)).await;
    app.risk("shop", "One").await;
    app.risk("till", "Two").await;
    let ana = app.member("ana@example.org", &[Role::Engineer], Some(payments)).await;
    let lead = app.person("leo@example.org", &[Role::Viewer]).await;
    first.api.patch("/api/v1/teams/payments", &json!({"lead": "leo@example.org"})).await.expect(200);
    assert_eq!(keys(&ana, "team=mine").await, ["R-2"]);
    assert_eq!(keys(&lead, "team=mine").await, ["R-2"]);
    assert_eq!(keys(&first, "team=mine").await, Vec::<String>::new());
    // Who has left owns nothing.
    first.api.patch("/api/v1/risks/R-1", &json!({"owner": "ana@example.org"})).await.expect(200);
    assert_eq!(keys(&first, "owner=unowned").await, ["R-2"]);
    app.database.tamper("UPDATE app_user SET active = FALSE WHERE email = 'ana@example.org'").await;
    assert_eq!(keys(&first, "owner=unowned").await, ["R-1", "R-2"]);
    assert_eq!(keys(&first, "gone=true").await, Vec::<String>::new());
    assert_eq!(keys(&first, "gone=false").await, ["R-1", "R-2"]);
    first.api.get("/api/v1/risks?waiting=you").await.problem(422);
}

#[actix_web::test]
async fn what_waits_for_me_is_what_i_can_answer() {
    let app = with_three_risks().await;
    let first = app.first().await;
    let ana = app.person("ana@example.org", &[Role::Engineer]).await;
    let head = app.person("hedy@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    let vera = app.person("vera@example.org", &[Role::Viewer, Role::Verifier]).await;
    for key in ["R-1", "R-2"] {
        let path = format!("/api/v1/risks/{key}/transitions");
        first.api.post(&path, &json!({"event": "start_triage"})).await.expect(200);
        let confirm = json!({"event": "confirm", "likelihood": 4, "impact": 4, "owner": "ana@example.org",
            "reason": "seen"});
        first.api.post(&path, &confirm).await.expect(200);
    }
    let ask = json!({"event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-04-15"});
    ana.api.post("/api/v1/risks/R-1/transitions", &ask).await.expect(200);
    let fixed = json!({"event": "claim_fixed_direct", "evidence": ["https://example.org/change/1"]});
    ana.api.post("/api/v1/risks/R-2/transitions", &fixed).await.expect(200);
    assert_eq!(keys(&head, "waiting=me").await, ["R-1"]);
    assert_eq!(keys(&vera, "waiting=me").await, ["R-2"]);
    assert_eq!(keys(&ana, "waiting=me").await, Vec::<String>::new(), "who asked does not answer");
    // A pause waits for a risk manager, a proposed dismissal for another triager.
    let rita = app.person("rita@example.org", &[Role::Viewer, Role::RiskManager]).await;
    let tom = app.person("tom@example.org", &[Role::Viewer, Role::Triager]).await;
    first.api.post("/api/v1/risks/R-3/transitions", &json!({"event": "start_triage"})).await.expect(200);
    let dismiss = json!({"event": "dismiss", "resolution": "false_positive", "reason": "a test page",
        "evidence": ["https://example.org/page"]});
    first.api.post("/api/v1/risks/R-3/transitions", &dismiss).await.expect(200);
    assert_eq!(keys(&tom, "waiting=me").await, ["R-3"]);
    assert!(!keys(&first, "waiting=me").await.contains(&"R-3".to_owned()), "who proposed does not answer");
    assert_eq!(keys(&rita, "waiting=me").await, Vec::<String>::new());
    let four = app.risk("shop", "Waits for a vendor").await;
    let path = format!("/api/v1/risks/{four}/transitions");
    first.api.post(&path, &json!({"event": "start_triage"})).await.expect(200);
    let confirm = json!({"event": "confirm", "likelihood": 4, "impact": 4, "owner": "ana@example.org",
        "reason": "seen"});
    first.api.post(&path, &confirm).await.expect(200);
    ana.api.post(&path, &json!({"event": "start", "plan": "Ask the vendor"})).await.expect(200);
    let block = json!({"event": "block", "blocker_kind": "vendor", "review_on": "2026-03-20", "pause_days": 10,
        "reason": "no patch"});
    ana.api.post(&path, &block).await.expect(200);
    assert_eq!(keys(&rita, "waiting=me").await, [four.as_str()]);
    let get = head.browser.request(Method::GET, "/risks?waiting=me").header(ACCEPT, "text/html");
    assert!(head.browser.send(get).await.expect(200).text.contains("/risks/R-1"));
}
