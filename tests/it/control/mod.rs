//! Controls: the catalogue, what proves that they work, and how far they cover risks.

use abate::access::role::Role;
use abate_entity::{notice, risk_tag};
use chrono::Duration;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::intake::report::{import, trivy};

/// The workshop of the demo: thirteen risks that rely on twelve controls.
const WORKSHOP: &str = include_str!("../../../app/demo/cloudvista.json");

async fn control(person: &Person, key: &str) -> Value {
    person.api.get(&format!("/api/v1/controls/{key}")).await.expect(200).json()
}

async fn coverage(person: &Person, group: &str) -> Value {
    person.api.get(&format!("/api/v1/metrics/coverage?group={group}")).await.expect(200).json()
}

fn find<'a>(list: &'a Value, field: &str, value: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|one| one[field] == value).unwrap()
}

#[tokio::test]
async fn the_page_of_a_risk_takes_what_it_relies_on() {
    let app = TestApp::spawn().await;
    app.asset("till", None).await;
    let key = app.risk("till", "Coins fall out").await;
    let first = app.first().await;
    let page = format!("/risks/{key}");
    let form = format!("{page}/controls");
    let ticked = |text: &str| {
        let boxes = text.split("<input type=\"checkbox\" name=\"control\" value=\"").skip(1);
        let ticked = boxes.filter(|rest| rest.split('>').next().unwrap().contains("checked"));
        ticked.map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(ticked(&first.browser.get(&page).await.expect(200).text).is_empty());
    let sent = [("control", "C02"), ("control", "C07"), ("reason", "as the workshop said")];
    first.browser.submit(&form, &sent).await.expect(303);
    assert_eq!(ticked(&first.browser.get(&page).await.expect(200).text), ["C02", "C07"]);
    // Somebody else ticks one while the form is open: it stays, since the form did not show it.
    first.api.put(&format!("/api/v1{page}/controls"), &json!({"add": ["C09"]})).await.expect(200);
    let sent = [("shown", "C02"), ("shown", "C07"), ("control", "C07")];
    first.browser.submit(&form, &sent).await.expect(303);
    assert_eq!(ticked(&first.browser.get(&page).await.expect(200).text), ["C07", "C09"]);
    // What cannot be is said beside the form, which keeps what was ticked.
    first.api.patch("/api/v1/controls/C05", &json!({"state": "retired"})).await.expect(200);
    let sent = [("shown", "C07"), ("control", "C01"), ("control", "C05")];
    let refused = first.browser.submit(&form, &sent).await.expect(422).text;
    assert!(refused.contains("C05 is retired"), "{refused}");
    assert_eq!(ticked(&refused), ["C01"]);
    assert_eq!(ticked(&first.browser.get(&page).await.expect(200).text), ["C07", "C09"]);
    let reader = app.person("rea@example.org", &[Role::Viewer]).await;
    assert!(!reader.browser.get(&page).await.expect(200).text.contains(&form));
    reader.browser.submit(&form, &[("control", "C01")]).await.expect(403);
}

#[tokio::test]
async fn the_twelve_are_there_once_and_a_workshop_meets_them() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let listed = first.api.get("/api/v1/controls").await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 12);
    let access = find(&listed["items"], "key", "C07");
    assert_eq!((&access["state"], &access["proof"]), (&json!("planned"), &json!("none")));
    let mapped = access["mappings"].as_array().unwrap();
    assert!(mapped.contains(&json!({ "framework": "iso27001_2022", "item": "A.8.2" })));
    import(&app, &first, &WORKSHOP.replace("2026-10-05", "2026-02-05"), &[]).await;
    let listed = first.api.get("/api/v1/controls").await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 12);

    let by_control = coverage(&first, "control").await;
    let row = |key: &str| find(&by_control["controls"], "control", key).clone();
    for (key, risks) in [("C01", 3), ("C02", 1), ("C03", 2), ("C05", 3), ("C07", 6), ("C08", 6), ("C12", 1)] {
        assert_eq!(row(key)["risks"], risks, "{key}");
        assert_eq!(row(key)["covered"], 0, "{key}");
    }
    let cell = json!({ "stride": "repudiation", "phase": "installation", "risks": 1 });
    let cells = row("C06")["cells"].as_array().unwrap().clone();
    assert!(cells.contains(&cell), "{cells:?}");
    let relying = first.api.get("/api/v1/risks?control=C07&limit=100").await.expect(200).json();
    assert_eq!(relying["items"].as_array().unwrap().len(), 6);

    // Proof of a control covers all risks that rely on it.
    let proof = json!({ "title": "Access was reviewed", "url": "https://example.org/review" });
    first.api.post("/api/v1/controls/C07/evidence", &proof).await.expect(201);
    let by_control = coverage(&first, "control").await;
    assert_eq!(find(&by_control["controls"], "control", "C07")["covered"], 6);
    let items = coverage(&first, "framework").await;
    let item =
        items["items"].as_array().unwrap().iter().find(|item| item["item"] == "A.8.2").unwrap().clone();
    assert_eq!((&item["proof"], &item["risks"]), (&json!("fresh"), &json!(6)));
    assert_eq!(item["controls"], json!(["C07"]));
    coverage(&first, "framework").await;
    first.api.get("/api/v1/metrics/coverage?group=moon").await.problem(422);

    for (page, text) in [
        ("/controls", "Role-based access control"),
        ("/controls/C07", "Access was reviewed"),
        ("/controls/coverage", "A.8.2"),
    ] {
        let page = first.browser.get(page).await.expect(200);
        assert!(page.text.contains(text), "{}", page.text);
    }
}

#[tokio::test]
async fn a_control_decays_once_and_says_so_on_its_risks() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "Anyone can read the orders").await;
    let rely = json!({ "add": ["C04"], "reason": "the firewall holds it" });
    let relying = first.api.put(&format!("/api/v1/risks/{key}/controls"), &rely).await.expect(200).json();
    assert_eq!(relying["controls"], json!(["C04"]));
    first.api.patch("/api/v1/controls/C04", &json!({ "owner": "first@example.org" })).await.expect(200);
    first
        .api
        .post("/api/v1/controls/C04/evidence", &json!({ "title": "Blocks", "value": 12.5 }))
        .await
        .expect(201);
    assert_eq!(control(&first, "C04").await["state"], "active");
    let rating = first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json()["level"].clone();

    app.pass(Duration::days(6)).await;
    assert_eq!(control(&first, "C04").await["state"], "active");
    for _ in 0..3 {
        app.pass(Duration::days(100)).await;
    }
    // Sessions do not last so long.
    let first = app.first().await;
    let stale = control(&first, "C04").await;
    assert_eq!((&stale["state"], &stale["proof"]), (&json!("degraded"), &json!("stale")));
    let page = first.browser.get(&format!("/risks/{key}")).await.expect(200);
    assert!(page.text.contains("Control not shown to work"), "{}", page.text);
    let risk = first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json();
    assert_eq!(risk["level"], rating, "no rating moves by itself");
    let told = notice::Entity::find().all(app.state.database.reader()).await.unwrap();
    assert_eq!(told.iter().filter(|notice| notice.kind == "control").count(), 1);
    let log = first.api.get("/api/v1/audit-log?action=control.state").await.expect(200).json();
    assert_eq!(log["items"].as_array().unwrap().len(), 2, "active, then degraded: {log}");

    // Old proof does not help, new proof does.
    let old = app.state.clock.now() - Duration::days(30);
    let proof = json!({ "title": "An old log", "at": old });
    first.api.post("/api/v1/controls/C04/evidence", &proof).await.expect(201);
    assert_eq!(control(&first, "C04").await["state"], "degraded");
    let ahead = json!({ "title": "Tomorrow's", "at": app.state.clock.now() + Duration::days(1) });
    let problem = first.api.post("/api/v1/controls/C04/evidence", &ahead).await.problem(422);
    assert_eq!(problem["errors"][0]["rule"], "past_moment");
    first.browser.submit("/controls/C04/evidence", &[("title", "Today's log")]).await;
    assert_eq!(control(&first, "C04").await["state"], "active");
    let page = first.browser.get(&format!("/risks/{key}")).await.expect(200);
    assert!(!page.text.contains("Control not shown to work"));
    // What a person says of a control is said of its risks at once.
    let marked = async || first.browser.get(&format!("/risks/{key}")).await.expect(200).text;
    first.api.patch("/api/v1/controls/C04", &json!({ "state": "degraded" })).await.expect(200);
    assert!(marked().await.contains("Control not shown to work"));
    first.api.patch("/api/v1/controls/C04", &json!({ "state": "active" })).await.expect(200);
    assert!(!marked().await.contains("Control not shown to work"));
    // What an import links is marked within the hour.
    first.api.patch("/api/v1/controls/C07", &json!({ "state": "degraded" })).await.expect(200);
    import(&app, &first, &WORKSHOP.replace("2026-10-05", "2026-02-05"), &[]).await;
    app.pass(Duration::hours(1)).await;
    let marks = risk_tag::Entity::find().filter(risk_tag::Column::Kind.eq("mark"));
    assert_eq!(marks.count(app.state.database.reader()).await.unwrap(), 6);
}

#[tokio::test]
async fn scans_of_a_source_are_proof_by_themselves() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    import(&app, &first, &trivy(&[(1001, "MEDIUM")]), &[("asset", "web")]).await;
    let source = first.api.get("/api/v1/sources").await.expect(200).json();
    let name = source["items"][0]["name"].as_str().unwrap().to_owned();
    let feeds = json!({ "feeds": [{ "source": name }] });
    first.api.patch("/api/v1/controls/C11", &feeds).await.expect(200);
    app.pass(Duration::seconds(3700)).await;
    app.pass(Duration::seconds(3700)).await;
    let proof = first.api.get("/api/v1/controls/C11/evidence").await.expect(200).json();
    assert_eq!(proof["items"].as_array().unwrap().len(), 1, "{proof}");
    assert_eq!(proof["items"][0]["kind"], "import");
    assert_eq!(control(&first, "C11").await["state"], "active");
    let wrong = json!({ "feeds": [{ "source": "lost" }] });
    first.api.patch("/api/v1/controls/C11", &wrong).await.problem(422);
}

#[tokio::test]
async fn what_is_wrong_with_a_control_is_said_all_at_once() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    let new = json!({ "key": "OUR-1", "name": "Four eyes", "cadence_days": 30,
        "mappings": [{ "framework": "cis_v8", "item": "6.8" }] });
    let made = first.api.post("/api/v1/controls", &new).await.expect(201).json();
    assert_eq!((&made["state"], &made["mappings"][0]["item"]), (&json!("planned"), &json!("6.8")));
    first.api.post("/api/v1/controls", &new).await.problem(409);
    let wrong = json!({ "name": " ", "cadence_days": 0, "mappings": [{ "framework": "moon", "item": "1" }] });
    let problem = first.api.patch("/api/v1/controls/OUR-1", &wrong).await.problem(422);
    let fields: Vec<&Value> =
        problem["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, [&json!("name"), &json!("cadence_days"), &json!("mappings")]);

    let key = app.risk("shop", "Anyone can read the orders").await;
    let path = format!("/api/v1/risks/{key}/controls");
    let before = first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json();
    let problem = first.api.put(&path, &json!({ "add": ["C01", "X1"], "remove": ["X2"] })).await.problem(422);
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{problem}");
    assert_eq!(first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json(), before);
    first.api.put(&path, &json!({ "add": ["C01", "OUR-1"] })).await.expect(200);
    let left = first.api.put(&path, &json!({ "remove": ["C01"] })).await.expect(200).json();
    assert_eq!(left["controls"], json!(["OUR-1"]));
    let history = first.api.get(&format!("/api/v1/risks/{key}/history")).await.expect(200).json();
    let last = history["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["data"]["controls"]["removed"], json!(["C01"]));
    // More than a database takes in one question is refused, not failed on.
    let many: Vec<String> = (0..70_000).map(|number| number.to_string()).collect();
    let problem = first.api.put(&path, &json!({ "add": many })).await.problem(422);
    assert_eq!(problem["errors"][0]["field"], "add");
    let items: Vec<Value> =
        (0..24_000).map(|item| json!({ "framework": "cis_v8", "item": item.to_string() })).collect();
    let problem = first.api.patch("/api/v1/controls/OUR-1", &json!({ "mappings": items })).await.problem(422);
    assert_eq!(problem["errors"][0]["field"], "mappings");
    let viewer = app.person("viewer@example.org", &[Role::Viewer]).await;
    viewer.api.put(&path, &json!({ "add": ["C01"] })).await.problem(403);
}
