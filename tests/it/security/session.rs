//! Signing in and out, and requests that another site makes a signed-in browser send.

use abate::access::role::Role;
use abate::access::user;
use chrono::Duration;
use reqwest::Method;
use reqwest::header::ORIGIN;
use serde_json::json;

use crate::harness::app::TestApp;
use crate::harness::http::{Answer, Client};

const PASSWORD: &str = "correct horse battery staple";

async fn with_password(app: &TestApp) {
    let state = &app.state;
    let password_hash = Some(state.passwords.hash(&state.ids, PASSWORD).await.expect("a hash"));
    let new = user::NewUser {
        email: "ana@example.org".to_owned(),
        name: "Ana".to_owned(),
        roles: vec![Role::Viewer],
        team_id: None,
        password_hash,
    };
    let now = state.clock.now();
    state.database.write(async |tx| user::create(tx, &new, now).await).await.expect("a user");
}

async fn sign_in(client: &Client, password: &str, next: &str) -> Answer {
    client.submit("/sign-in", &[("email", "Ana@Example.org"), ("password", password), ("next", next)]).await
}

#[tokio::test]
async fn a_session_begins_with_a_safe_cookie_and_ends() {
    let app = TestApp::spawn_with(&[("ABATE_BASE_URL", "https://risks.example.org")]).await;
    with_password(&app).await;
    let client = app.visitor();
    let answer = sign_in(&client, PASSWORD, "").await.expect(303);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-abate="), "{cookie}");
    for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.split("; ").any(|part| part == attribute), "{attribute} in {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    client.get("/api/v1/me").await.expect(200);

    app.time.advance(Duration::hours(11));
    client.get("/api/v1/me").await.expect(200);
    app.time.advance(Duration::hours(2));
    client.get("/api/v1/me").await.problem(401);
}

/// Where people come by http, browsers would drop the safe cookie; theirs is as safe as http allows.
#[tokio::test]
async fn a_session_over_http_has_a_cookie_of_its_own() {
    let app = TestApp::spawn().await;
    with_password(&app).await;
    let client = app.visitor();
    let answer = sign_in(&client, PASSWORD, "").await.expect(303);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("abate="), "{cookie}");
    for attribute in ["Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.split("; ").any(|part| part == attribute), "{attribute} in {cookie}");
    }
    client.get("/api/v1/me").await.expect(200);
}

#[tokio::test]
async fn signing_out_ends_the_session_also_for_a_stolen_cookie() {
    let app = TestApp::spawn().await;
    let person = app.person("ana@example.org", &[Role::Viewer]).await;
    let name = "abate";
    let stolen = app.visitor().with_session(name, &person.browser.cookie(name).expect("a cookie"), "");
    stolen.get("/api/v1/me").await.expect(200);
    person.browser.submit("/sign-out", &[]).await.expect(303);
    assert_eq!(person.browser.cookie(name), None, "the browser forgets it");
    stolen.get("/api/v1/me").await.problem(401);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_get_the_same_answer() {
    let app = TestApp::spawn().await;
    with_password(&app).await;
    let wrong = sign_in(&app.visitor(), "wrong", "").await;
    let unknown =
        app.visitor().submit("/sign-in", &[("email", "ana@example.com"), ("password", "wrong")]).await;
    assert_eq!((wrong.status, unknown.status), (403, 403));
    assert_eq!(wrong.text.to_lowercase().replace("example.org", "example.com"), unknown.text.to_lowercase());
    assert_eq!(wrong.header("set-cookie"), "");
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let app = TestApp::spawn().await;
    with_password(&app).await;
    let mut last = sign_in(&app.visitor(), "wrong", "").await;
    for _ in 0..40 {
        if last.status == 429 {
            break;
        }
        last = sign_in(&app.visitor(), "wrong", "").await;
    }
    assert_eq!(last.status, 429, "{}", last.text);
    let right = sign_in(&app.visitor(), PASSWORD, "").await;
    assert_eq!(right.status, 429, "the right password has to wait too");
}

/// After signing in one is led to a page of this host, whatever the link said.
#[tokio::test]
async fn signing_in_leads_to_no_other_site() {
    let app = TestApp::spawn().await;
    with_password(&app).await;
    let to = async |next: &str| {
        let answer = sign_in(&app.visitor(), PASSWORD, next).await.expect(303);
        answer.header("location").to_owned()
    };
    assert_eq!(to("/risks?state=open").await, "/risks?state=open");
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
    ] {
        assert_eq!(to(next).await, "/", "{next:?}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let path = format!("/risks/{}/comments", app.risk("shop", "A risk").await);
    let person = app.first().await;
    let browser = &person.browser;
    let token = browser.csrf().to_owned();
    let text = ("body", "Planted");

    let from =
        async |origin: &str, fields: &[(&str, &str)]| browser.submit_from(origin, &path, fields).await.status;
    assert_eq!(from("https://evil.example", &[text, ("csrf", &token)]).await, 403, "another origin");
    assert_eq!(from("null", &[text, ("csrf", &token)]).await, 403, "no origin to speak of");
    assert_eq!(from(browser.base(), &[text]).await, 403, "no token");
    assert_eq!(from(browser.base(), &[text, ("csrf", "")]).await, 403, "an empty token");
    assert_eq!(from(browser.base(), &[text, ("csrf", "guessed")]).await, 403, "a wrong token");
    let cross = browser.request(Method::POST, &path).header("Sec-Fetch-Site", "cross-site");
    let cross = browser.send(cross.form(&[text, ("csrf", token.as_str())])).await;
    assert_eq!(cross.status, 403, "the browser says that it comes from another site");

    let other = app.person("ben@example.org", &[Role::Triager]).await;
    assert_eq!(
        from(browser.base(), &[text, ("csrf", other.browser.csrf())]).await,
        403,
        "somebody else's token"
    );
    let comments = person.api.get(&format!("/api/v1{path}")).await.expect(200);
    assert!(!comments.text.contains("Planted"), "{}", comments.text);

    assert_eq!(from(browser.base(), &[("body", "Meant"), ("csrf", &token)]).await, 303);
    let comments = person.api.get(&format!("/api/v1{path}")).await.expect(200);
    assert!(comments.text.contains("Meant"), "{}", comments.text);
}

#[tokio::test]
async fn the_api_wants_the_token_from_a_browser_too() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let team = json!({"key": "red", "name": "Red"});
    let browser = &first.browser;
    browser.post("/api/v1/teams", &team).await.problem(403);
    let send = async |origin: &str| {
        let request = browser.request(Method::POST, "/api/v1/teams").header("X-CSRF-Token", browser.csrf());
        browser.send(request.header(ORIGIN, origin).json(&team)).await
    };
    send("https://evil.example").await.problem(403);
    send(browser.base()).await.expect(201);
}

#[tokio::test]
async fn signing_somebody_in_from_another_site_is_refused() {
    let app = TestApp::spawn().await;
    with_password(&app).await;
    let fields = [("email", "ana@example.org"), ("password", PASSWORD)];
    let answer = app.visitor().submit_from("https://evil.example", "/sign-in", &fields).await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.header("set-cookie"), "");
}
