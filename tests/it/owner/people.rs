//! People and teams: changing, leading, leaving.

use abate::access::role::Role;
use abate::owner::directory;
use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use crate::harness::app::TestApp;
use crate::harness::process;

#[actix_web::test]
async fn who_leaves_is_signed_out_and_their_tokens_end() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let ana = app.person("ana@example.org", &[Role::Viewer]).await;
    ana.browser.get("/api/v1/me").await.expect(200);
    let left = first.api.patch("/api/v1/users/ana@example.org", &json!({"active": false})).await.expect(200);
    assert_eq!(left.json()["active"], false);
    assert_eq!(left.json()["left_at"], "2026-03-02T09:00:00Z");
    ana.api.get("/api/v1/me").await.problem(401);
    ana.browser.get("/api/v1/me").await.problem(401);
    // Coming back is signing in anew: the old token and the old session stay ended.
    first.api.patch("/api/v1/users/ana@example.org", &json!({"active": true})).await.expect(200);
    ana.api.get("/api/v1/me").await.problem(401);
    ana.browser.get("/api/v1/me").await.problem(401);
}

#[actix_web::test]
async fn the_last_administrator_stays() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let path = "/api/v1/users/first@example.org";
    first.api.patch(path, &json!({"active": false})).await.problem(409);
    first.api.patch(path, &json!({"roles": [{"role": "viewer", "team": null}]})).await.problem(409);
    first.api.get("/api/v1/me").await.expect(200);
    let here = first.api.get("/api/v1/users").await.expect(200).json();
    assert!(here["items"][0]["roles"].as_array().unwrap().len() > 5, "nothing was written: {here}");
    app.person("ana@example.org", &[Role::Admin]).await;
    first.api.patch(path, &json!({"active": false})).await.expect(200);
}

#[actix_web::test]
async fn an_administrator_of_one_team_changes_nobody() {
    let app = TestApp::spawn().await;
    let red = app.team("red").await;
    let ana = app.member("ana@example.org", &[Role::Admin], Some(red)).await;
    let all = json!({"roles": [{"role": "admin", "team": null}]});
    ana.api.patch("/api/v1/users/ana@example.org", &all).await.problem(403);
    ana.api.patch("/api/v1/teams/red", &json!({"name": "Mine"})).await.problem(403);
    let new = json!({"email": "eve@example.org", "name": "Eve", "roles": ["admin"]});
    ana.api.post("/api/v1/users", &new).await.problem(403);
}

#[actix_web::test]
async fn roles_and_hours_are_changed_field_by_field() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.team("payments").await;
    app.person("ana@example.org", &[Role::Viewer]).await;
    let path = "/api/v1/users/ana@example.org";
    let change = json!({"name": "Ana B", "zone": "Asia/Tokyo", "quiet_from": "20:00",
        "roles": [{"role": "engineer", "team": "payments"}]});
    let changed = first.api.patch(path, &change).await.expect(200).json();
    assert_eq!(changed["name"], "Ana B");
    assert_eq!(changed["roles"], json!([{"role": "engineer", "team": "payments"}]));
    assert_eq!((&changed["zone"], &changed["quiet_from"]), (&json!("Asia/Tokyo"), &json!("20:00")));
    let cleared = first.api.patch(path, &json!({"zone": null})).await.expect(200).json();
    assert_eq!((&cleared["zone"], &cleared["name"]), (&Value::Null, &json!("Ana B")));
    for (wrong, field) in [
        (json!({"zone": "Mars/Olympus"}), "zone"),
        (json!({"quiet_to": "25:00"}), "quiet_to"),
        (json!({"name": " "}), "name"),
        (json!({"roles": [{"role": "viewer", "team": "nobody"}]}), "roles"),
    ] {
        let problem = first.api.patch(path, &wrong).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], field);
    }
    first.api.patch("/api/v1/users/eve@example.org", &json!({})).await.problem(404);
    let entries = first.api.get("/api/v1/audit-log?action=user.edit").await.expect(200).json();
    assert_eq!(entries["items"].as_array().unwrap().len(), 2, "{entries}");
}

#[actix_web::test]
async fn a_lead_holds_the_role_and_answers_for_what_nobody_owns() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let payments = app.team("payments").await;
    let ana = app.person("ana@example.org", &[Role::Viewer]).await;
    let named = json!({"lead": "ana@example.org", "name": "Payments"});
    let team = first.api.patch("/api/v1/teams/payments", &named).await.expect(200).json();
    assert_eq!((&team["name"], &team["lead"]), (&json!("Payments"), &json!("ana@example.org")));
    let roles = ana.api.get("/api/v1/me").await.expect(200).json()["roles"].clone();
    assert_eq!(roles, json!(["viewer", "team_lead"]));
    let db = app.state.database.reader();
    assert_eq!(directory::lead(db, payments).await.unwrap(), Some(ana.id));
    // Who has left leads nobody; the next holder of the role does.
    let ben = app.member("ben@example.org", &[Role::TeamLead], Some(payments)).await;
    first.api.patch("/api/v1/users/ana@example.org", &json!({"active": false})).await.expect(200);
    assert_eq!(directory::lead(db, payments).await.unwrap(), Some(ben.id));
    assert_eq!(directory::holders(db, Role::TeamLead, payments).await.unwrap(), [first.id, ben.id]);
    let problem = first.api.patch("/api/v1/teams/payments", &named).await.problem(422);
    assert_eq!(problem["errors"][0]["field"], "lead");
}

#[actix_web::test]
async fn the_pages_change_people_and_teams_and_say_what_is_wrong() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.person("ana@example.org", &[Role::Viewer]).await;
    let get = |path: &'static str| first.browser.request(Method::GET, path).header(ACCEPT, "text/html");
    let page = first.browser.send(get("/people")).await.expect(200).text;
    assert!(page.contains("ana@example.org") && page.contains("/people/ana%40example.org/edit"), "{page}");
    let edit = [
        ("name", "Ana"),
        ("roles", "engineer, team_lead@security"),
        ("zone", ""),
        ("quiet_from", "19:00"),
        ("quiet_to", "07:00"),
    ];
    first.browser.submit("/people/ana%40example.org/edit", &edit).await.expect(303);
    let page = first.browser.send(get("/people")).await.expect(200).text;
    assert!(page.contains("engineer, team_lead@security") && page.contains("07:00 to 19:00"), "{page}");
    let wrong = [("name", "Ana"), ("roles", "king"), ("quiet_from", "19:00"), ("quiet_to", "07:00")];
    let refused = first.browser.submit("/people/ana%40example.org/edit", &wrong).await.expect(422);
    assert!(refused.text.contains("there is no role"), "{}", refused.text);
    let lead = [("name", "Security"), ("lead", "ana@example.org")];
    first.browser.submit("/teams/security", &lead).await.expect(303);
    let page = first.browser.send(get("/teams")).await.expect(200).text;
    assert!(page.contains(">Ana</td>"), "{page}");
    first.browser.submit("/people/ana%40example.org/leave", &[]).await.expect(303);
    let page = first.browser.send(get("/people")).await.expect(200).text;
    assert!(page.contains("Is back"), "{page}");
}

#[actix_web::test]
async fn commands_name_leads_and_say_who_left() {
    let app = TestApp::spawn().await;
    app.person("ana@example.org", &[Role::Viewer]).await;
    let run = async |arguments: &[&str]| {
        let mut command = process::command(arguments);
        command.env("ABATE_DATABASE_URL", app.database.url());
        command.env("ABATE_SECRET_KEY", crate::harness::database::SECRET_KEY);
        command.output().await.unwrap()
    };
    let lead = run(&["team", "lead", "--key", "security", "--email", "ana@example.org"]).await;
    assert!(lead.status.success(), "{lead:?}");
    let team = app.first().await.api.get("/api/v1/teams").await.expect(200).json();
    assert_eq!(team["items"][0]["lead"], "ana@example.org");
    let left = run(&["user", "deactivate", "--email", "ana@example.org"]).await;
    assert!(left.status.success(), "{left:?}");
    let last = run(&["user", "deactivate", "--email", "first@example.org"]).await;
    assert!(
        !last.status.success() && String::from_utf8_lossy(&last.stderr).contains("administer"),
        "{last:?}"
    );
}

#[actix_web::test]
async fn an_application_that_was_restarted_knows_what_it_knew() {
    let mut app = TestApp::spawn().await;
    let ana = app.person("ana@example.org", &[Role::Viewer]).await;
    app.restart().await;
    ana.api.get("/api/v1/me").await.expect(200);
    app.asset("shop", None).await;
    assert_eq!(app.risk("shop", "One").await, "R-1");
    app.restart().await;
    assert_eq!(app.risk("shop", "Two").await, "R-2");
}
