//! Signing in and out.

use abate::access::user;
use reqwest::Method;
use reqwest::header::ACCEPT;

use crate::harness::app::TestApp;
use crate::harness::http::{Answer, Client};

const PASSWORD: &str = "correct horse battery";

async fn app_with_password() -> TestApp {
    let app = TestApp::spawn().await;
    let state = &app.state;
    let hash = state.passwords.hash(&state.ids, PASSWORD).await.unwrap();
    let new = user::NewUser {
        email: "ana@example.org".into(),
        name: "Ana".into(),
        roles: vec![abate::access::role::Role::Viewer],
        team_id: None,
        password_hash: Some(hash),
    };
    let now = state.clock.now();
    state.database.write(async |tx| user::create(tx, &new, now).await).await.unwrap();
    app
}

async fn sign_in(app: &TestApp, visitor: &Client, email: &str, password: &str, next: &str) -> Answer {
    visitor
        .submit_from(app.base(), "/sign-in", &[("email", email), ("password", password), ("next", next)])
        .await
}

#[tokio::test]
async fn the_right_password_opens_the_page_that_was_asked_for() {
    let app = app_with_password().await;
    let visitor = app.visitor();
    let answer = sign_in(&app, &visitor, " ANA@example.org", PASSWORD, "/risks").await.expect(303);
    assert_eq!(answer.header("location"), "/risks");
    assert!(answer.header("set-cookie").contains("HttpOnly"), "{}", answer.header("set-cookie"));
    visitor.get("/risks").await.expect(200);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let app = app_with_password().await;
    let wrong = sign_in(&app, &app.visitor(), "ana@example.org", "wrong", "/").await.expect(403);
    let unknown = sign_in(&app, &app.visitor(), "bob@example.org", "wrong", "/").await.expect(403);
    assert_eq!(wrong.text.replace("ana@", "bob@"), unknown.text);
    assert_eq!(wrong.header("set-cookie"), "");
}

#[tokio::test]
async fn nobody_is_led_to_another_site_after_signing_in() {
    let app = app_with_password().await;
    for elsewhere in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
        let answer = sign_in(&app, &app.visitor(), "ana@example.org", PASSWORD, elsewhere).await.expect(303);
        assert_eq!(answer.header("location"), "/", "{elsewhere}");
    }
}

#[tokio::test]
async fn another_site_cannot_sign_a_browser_in() {
    let app = app_with_password().await;
    let fields = [("email", "ana@example.org"), ("password", PASSWORD)];
    let answer = app.visitor().submit_from("https://evil.example", "/sign-in", &fields).await.expect(403);
    assert_eq!(answer.header("set-cookie"), "");
}

#[tokio::test]
async fn after_signing_out_the_session_is_gone() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let copy = app.visitor().with_session("abate", &first.browser.cookie("abate").unwrap(), "");
    copy.get("/risks").await.expect(200);
    first.browser.submit("/sign-out", &[]).await.expect(303);
    assert_eq!(first.browser.cookie("abate"), None);
    let page = copy.send(copy.request(Method::GET, "/risks").header(ACCEPT, "text/html")).await;
    page.expect(303);
}
