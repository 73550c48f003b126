//! The forms on a risk's page.

use abate::access::role::Role;
use reqwest::multipart::Form;
use serde_json::json;

use crate::harness::app::TestApp;
use crate::harness::http::Client;

/// The value of the first hidden field of that name.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("the field is there");
    rest.split('"').next().expect("a value").to_owned()
}

async fn version(browser: &Client, key: &str) -> String {
    hidden(&browser.get(&format!("/risks/{key}")).await.expect(200).text, "version")
}

#[tokio::test]
async fn a_risk_goes_from_new_to_open_by_its_forms() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    let key = app.risk("api", "Session stays valid").await;
    let browser = app.first().await.browser;
    let path = format!("/risks/{key}/transitions");
    let seen = version(&browser, &key).await;
    let moved = browser.submit(&path, &[("event", "start_triage"), ("version", &seen)]).await.expect(303);
    assert_eq!(moved.header("location"), format!("/risks/{key}"));
    let page = browser.get(&format!("/risks/{key}")).await.expect(200);
    assert!(page.text.contains(&format!("{key} is now in triage.")), "the page says what was done");
    assert!(
        !browser.get(&format!("/risks/{key}")).await.text.contains("is now in triage."),
        "and says it once"
    );

    let seen = version(&browser, &key).await;
    let fields = [
        ("event", "confirm"),
        ("version", &seen),
        ("likelihood", "4"),
        ("impact", "4"),
        ("owner", "first@example.org"),
        ("reason", "Seen in a test"),
    ];
    browser.submit(&path, &fields).await.expect(303);
    let page = browser.get(&format!("/risks/{key}")).await.expect(200);
    assert!(
        page.text.contains("Why this due date") && page.text.contains("class=\"outcome\""),
        "it is derived"
    );
    let risk = app.first().await.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json();
    assert_eq!((risk["state"].as_str(), risk["level"].as_str()), (Some("open"), Some("high")));
    let history = app.first().await.api.get(&format!("/api/v1/risks/{key}/history")).await.json();
    assert_eq!(history["items"][2]["via"], "page");
}

#[tokio::test]
async fn an_incomplete_form_comes_back_with_what_it_said_and_changes_nothing() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    let first = app.first().await;
    let made =
        first.api.post("/api/v1/risks", &json!({"asset": "api", "title": "Not rated"})).await.expect(201);
    let key = made.json()["key"].as_str().unwrap().to_owned();
    let path = format!("/risks/{key}/transitions");
    let seen = version(&first.browser, &key).await;
    first.browser.submit(&path, &[("event", "start_triage"), ("version", &seen)]).await.expect(303);
    let seen = version(&first.browser, &key).await;
    let fields = [("event", "confirm"), ("version", seen.as_str()), ("reason", "<b>because</b>")];
    let page = first.browser.submit(&path, &fields).await.expect(422);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(
        page.text.contains("data-problem") && page.text.contains("aria-invalid=\"true\""),
        "{}",
        page.text
    );
    assert!(
        page.text.contains("&#60;b&#62;because") && !page.text.contains("<b>because"),
        "kept, and escaped"
    );
    assert!(page.text.contains("id=\"step-confirm\" data-action open"), "the form stays open");
    let risk = first.api.get(&format!("/api/v1/risks/{key}")).await.json();
    assert_eq!(risk["state"], "triage");
}

#[tokio::test]
async fn a_form_of_an_older_version_changes_nothing() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    let key = app.risk("api", "A risk").await;
    let browser = app.first().await.browser;
    let old = version(&browser, &key).await;
    browser.submit(&format!("/risks/{key}/comments"), &[("body", "I looked at it")]).await.expect(303);
    let fields = [("event", "start_triage"), ("version", old.as_str())];
    let page = browser.submit(&format!("/risks/{key}/transitions"), &fields).await.expect(412);
    assert!(page.text.contains("Somebody changed this risk"), "{}", page.text);
    let risk = app.first().await.api.get(&format!("/api/v1/risks/{key}")).await.json();
    assert_eq!(risk["state"], "new");
}

#[tokio::test]
async fn a_step_that_is_not_yours_is_named_with_whose_it_is() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    let key = app.risk("api", "A risk").await;
    let viewer = app.person("viewer@example.org", &[Role::Viewer]).await;
    let page = viewer.browser.get(&format!("/risks/{key}")).await.expect(200);
    assert!(page.text.contains("This is for a triager"), "{}", page.text);
    assert!(!page.text.contains("id=\"comment-body\""), "a viewer gets no forms");
    let fields = [("event", "start_triage"), ("version", "1")];
    viewer.browser.submit(&format!("/risks/{key}/transitions"), &fields).await.expect(403);
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_session() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    let key = app.risk("api", "A risk").await;
    let (ana, bob) = (app.first().await, app.person("bob@example.org", &[Role::Triager]).await);
    let path = format!("/risks/{key}/transitions");
    for token in ["", "x", bob.browser.csrf()] {
        let fields = [("event", "start_triage"), ("version", "1"), ("csrf", token)];
        ana.browser.submit_from(app.base(), &path, &fields).await.problem(403);
    }
    let fields = [("event", "start_triage"), ("version", "1"), ("csrf", ana.browser.csrf())];
    ana.browser.submit_from("https://evil.example", &path, &fields).await.problem(403);
}

#[tokio::test]
async fn a_comment_is_markdown_that_cannot_run() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    let key = app.risk("api", "A risk").await;
    let browser = app.first().await.browser;
    let body = "**Bold** <img src=x onerror=alert(1)> [go](javascript:alert(1))";
    browser.submit(&format!("/risks/{key}/comments"), &[("body", body)]).await.expect(303);
    let page = browser.get(&format!("/risks/{key}")).await.expect(200).text;
    assert!(page.contains("<strong>Bold</strong>"), "{page}");
    assert!(!page.contains("<img src=x") && !page.contains("javascript:"), "{page}");
}

#[tokio::test]
async fn evidence_is_a_link_to_the_web() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    let key = app.risk("api", "A risk").await;
    let browser = app.first().await.browser;
    let path = format!("/risks/{key}/evidence");
    let form = |url: &'static str| Form::new().text("title", "Change 12").text("url", url);
    browser.submit_parts(&path, form("javascript:alert(1)")).await.expect(422);
    browser.submit_parts(&path, form("https://example.com/12")).await.expect(303);
    let page = browser.get(&format!("/risks/{key}")).await.expect(200).text;
    assert!(page.contains("href=\"https://example.com/12\""), "{page}");
}

#[tokio::test]
async fn a_risk_is_taken_and_given_by_its_page() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    let key = app.risk("api", "A risk").await;
    let (first, bob) =
        (app.first().await, app.person("bob@example.org", &[Role::Engineer, Role::Viewer]).await);
    bob.browser.submit(&format!("/risks/{key}/take"), &[]).await.expect(303);
    let people = |risk: serde_json::Value| (risk["owner"].clone(), risk["assignee"].clone());
    let path = format!("/api/v1/risks/{key}");
    assert_eq!(people(first.api.get(&path).await.json()), (json!(null), json!("bob@example.org")));
    let fields = [("owner", "bob@example.org"), ("assignee", "none")];
    first.browser.submit(&format!("/risks/{key}/people"), &fields).await.expect(303);
    assert_eq!(people(first.api.get(&path).await.json()), (json!("bob@example.org"), json!(null)));
    let viewer = app.person("viewer@example.org", &[Role::Viewer]).await;
    viewer.browser.submit(&format!("/risks/{key}/take"), &[]).await.problem(403);
    let page = first.browser.get(&format!("/risks/{key}")).await.text;
    assert!(page.contains("Changed assignee, owner"), "{page}");
}
