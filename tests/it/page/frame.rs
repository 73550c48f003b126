//! What holds for every page.

use reqwest::Method;
use reqwest::header::ACCEPT;

use crate::harness::app::TestApp;
use crate::harness::http::{Answer, Client};

/// Gets a page as a browser does.
async fn visit(client: &Client, path: &str) -> Answer {
    client.send(client.request(Method::GET, path).header(ACCEPT, "text/html")).await
}

#[tokio::test]
async fn every_page_is_strict_about_what_it_loads() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    let key = app.risk("api", "A risk").await;
    let browser = app.first().await.browser;
    for path in ["/", "/risks", &format!("/risks/{key}"), "/assets", "/assets/api", "/nowhere"] {
        let page = visit(&browser, path).await;
        assert!(
            page.header("content-type").starts_with("text/html"),
            "{path}: {}",
            page.header("content-type")
        );
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert!(!page.text.contains(" style=") && !page.text.contains("<style"), "{path} styles itself");
        assert_eq!(
            page.text.matches("<script").count(),
            page.text.matches("<script src=\"/static/").count(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_page_finds_the_files_that_it_names() {
    let app = TestApp::spawn().await;
    let page = visit(&app.visitor(), "/sign-in").await.expect(200);
    let files: Vec<&str> = page.text.split('"').filter(|part| part.starts_with("/static/")).collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let answer = app.visitor().get(file).await.expect(200);
        assert!(answer.header("cache-control").contains("immutable"), "{file}");
    }
    app.visitor().get("/static/000000000000/abate.css").await.expect(404);
}

#[tokio::test]
async fn a_problem_is_a_page_for_a_browser_and_a_document_for_a_program() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let page = visit(&first.browser, "/risks/R-999").await.expect(404);
    assert!(page.text.contains("<h1>") && page.text.contains("R-999"), "{}", page.text);
    assert!(page.text.contains("Sign out"), "the bar is there, so that one can go on");
    first.api.get("/api/v1/risks/R-999").await.problem(404);
    first.browser.get("/risks/R-999").await.problem(404);
}

#[tokio::test]
async fn a_stranger_is_led_to_the_sign_in_page_and_back() {
    let app = TestApp::spawn().await;
    let answer = visit(&app.visitor(), "/risks?state=open").await.expect(303);
    assert_eq!(answer.header("location"), "/sign-in?next=%2Frisks%3Fstate%3Dopen");
}
