//! What is one's own, and how people, teams and passwords are made on pages.

use abate::access::role::Role;
use reqwest::Method;
use reqwest::header::{ACCEPT, REFERER};
use serde_json::json;

use crate::harness::app::TestApp;
use crate::harness::http::Client;

const FIRST: &str = "correct horse battery";
const SECOND: &str = "staple of another kind";

async fn enters(app: &TestApp, password: &str) -> Option<Client> {
    let visitor = app.visitor();
    let fields = [("email", "ana@example.org"), ("password", password)];
    let answer = visitor.submit_from(app.base(), "/sign-in", &fields).await;
    (answer.status == 303).then_some(visitor)
}

#[tokio::test]
async fn an_administrator_makes_people_teams_and_passwords() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    first.browser.submit("/teams/new", &[("key", "Pay Ments"), ("name", "Payments")]).await.expect(422);
    first.browser.submit("/teams/new", &[("key", "payments"), ("name", "Payments")]).await.expect(303);
    let refused = [("email", "ana@example.org"), ("name", "Ana"), ("roles", "king"), ("password", FIRST)];
    let page = first.browser.submit("/people/new", &refused).await.expect(422).text;
    assert!(page.contains("value=\"Ana\"") && page.contains("king") && !page.contains(FIRST), "{page}");
    let short = [("email", "ana@example.org"), ("name", "Ana"), ("roles", ""), ("password", "short")];
    first.browser.submit("/people/new", &short).await.expect(422);
    let new = [
        ("email", "ana@example.org"),
        ("name", "Ana"),
        ("roles", "viewer, triager@payments"),
        ("password", FIRST),
    ];
    first.browser.submit("/people/new", &new).await.expect(303);
    first.browser.submit("/people/new", &new).await.expect(409);
    let ana = enters(&app, FIRST).await.expect("she can sign in");
    let account = ana.get("/account").await.expect(200).text;
    assert!(account.contains("Triager in payments") && account.contains("Viewer"), "{account}");
    // Whoever lost the password gets another one, and is signed out.
    first.browser.submit("/people/ana@example.org/password", &[("password", "short")]).await.expect(422);
    first.browser.submit("/people/ana@example.org/password", &[("password", SECOND)]).await.expect(303);
    ana.get("/account").await.expect(401);
    assert!(enters(&app, FIRST).await.is_none() && enters(&app, SECOND).await.is_some());
    let path = "/api/v1/users/ana@example.org/password";
    first.api.put(path, &json!({"password": FIRST})).await.expect(204);
    assert!(enters(&app, FIRST).await.is_some());
    first.api.put("/api/v1/users/eve@example.org/password", &json!({"password": FIRST})).await.problem(404);
    // Administering one team is not enough.
    let payments = app.team("web").await;
    let some = app.member("sam@example.org", &[Role::Admin], Some(payments)).await;
    some.api.put(path, &json!({"password": SECOND})).await.problem(403);
    some.browser.submit("/people/new", &new).await.expect(403);
    some.browser.submit("/people/ana@example.org/password", &[("password", SECOND)]).await.expect(403);
}

#[tokio::test]
async fn everybody_changes_their_own_hours_and_password() {
    let app = TestApp::spawn().await;
    let ana = app.person("ana@example.org", &[Role::Viewer]).await;
    let first = app.first().await;
    first.api.put("/api/v1/users/ana@example.org/password", &json!({"password": FIRST})).await.expect(204);
    ana.browser.get("/account").await.expect(401);
    let ana = app.known("ana@example.org").await;
    let elsewhere = enters(&app, FIRST).await.expect("she can sign in");
    let form = |current, password, again| [("current", current), ("password", password), ("again", again)];
    for wrong in
        [form("not mine, no", SECOND, SECOND), form(FIRST, SECOND, FIRST), form(FIRST, "short", "short")]
    {
        let page = ana.browser.submit("/account/password", &wrong).await.expect(422).text;
        assert!(!page.contains(SECOND), "a password is in the page");
    }
    ana.browser.submit("/account/password", &form(FIRST, SECOND, SECOND)).await.expect(303);
    ana.browser.get("/account").await.expect(200);
    elsewhere.get("/account").await.expect(401);
    assert!(enters(&app, FIRST).await.is_none() && enters(&app, SECOND).await.is_some());
    let hours = [("zone", "Mars/Base"), ("quiet_from", "18:00"), ("quiet_to", "08:00")];
    ana.browser.submit("/account/hours", &hours).await.expect(422);
    let hours = [("zone", "Asia/Tokyo"), ("quiet_from", "19:30"), ("quiet_to", "07:00")];
    ana.browser.submit("/account/hours", &hours).await.expect(303);
    let page = ana.browser.get("/account").await.expect(200).text;
    assert!(page.contains("Asia/Tokyo") && page.contains("19:30"), "{page}");
}

#[tokio::test]
async fn whose_session_has_ended_is_led_back_to_the_page_of_the_form() {
    let app = TestApp::spawn().await;
    let visitor = app.visitor();
    let sent = |from: &str| {
        let request = visitor.request(Method::POST, "/risks/R-1/comments").form(&[("body", "seen")]);
        visitor.send(request.header(ACCEPT, "text/html").header(REFERER, from))
    };
    let answer = sent(&format!("{}/risks/R-1?tab=2", app.base())).await.expect(303);
    assert_eq!(answer.header("location"), "/sign-in?next=%2Frisks%2FR-1%3Ftab%3D2");
    let page = visitor.get("/sign-in").await.expect(200).text;
    assert!(page.contains("Your session has ended"), "{page}");
    let answer = sent("https://evil.example/risks").await.expect(303);
    assert_eq!(answer.header("location"), "/sign-in?next=%2Frisks");
    let answer = sent("no address").await.expect(303);
    assert_eq!(answer.header("location"), "/sign-in");
}
