//! The headers that tell browsers what an answer may do.

use reqwest::Method;
use reqwest::header::ACCEPT;

use super::route::{OTHERS, example};
use crate::harness::app::TestApp;

#[tokio::test]
async fn every_answer_says_what_it_may_do() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    app.risk("shop", "A risk").await;
    let browser = app.first().await.browser;
    let pages = OTHERS.iter().filter(|(method, ..)| *method == "GET").map(|(_, path, _)| example(path));
    let further = ["/nowhere", "/risks/R-999", "/api/v1/risks", "/api/v1/nowhere", "/api/docs/index.html"];
    for path in pages.chain(further.map(str::to_owned)) {
        let request = browser.request(Method::GET, &path).header(ACCEPT, "text/html");
        let answer = browser.send(request).await;
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {part} in {policy:?}");
        }
        let inline = policy.contains("unsafe-inline") || policy.contains("unsafe-eval");
        assert_eq!(inline, path.starts_with("/api/docs"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(!answer.header("cache-control").is_empty(), "{path}");
        for tell_tale in ["server", "x-powered-by"] {
            assert_eq!(answer.header(tell_tale), "", "{path}");
        }
    }
}

/// Pages hold nothing that the policy would have to block.
#[tokio::test]
async fn pages_hold_no_inline_script_or_style() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    app.risk("shop", "<script>alert(1)</script> \"><img src=x onerror=alert(1)>").await;
    let browser = app.first().await.browser;
    for path in ["/", "/risks", "/risks/R-1", "/assets", "/assets/shop", "/nowhere", "/sign-in"] {
        let request = browser.request(Method::GET, path).header(ACCEPT, "text/html");
        let text = browser.send(request).await.text.to_lowercase();
        assert!(
            !text.contains("<script>") && !text.contains("<img src=x"),
            "{path}: what people wrote is text"
        );
        for inline in [" style=\"", " onclick=", " onload=", " onerror=alert(1)>", "javascript:"] {
            assert!(!text.contains(inline), "{path} holds {inline}");
        }
    }
}

#[tokio::test]
async fn metrics_count_by_route_and_tell_no_names() {
    let app = TestApp::spawn().await;
    app.asset("quince", None).await;
    let key = app.risk("quince", "A risk").await;
    let first = app.first().await;
    first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200);
    first.browser.get(&format!("/risks/{key}?secret=abc")).await.expect(200);
    let metrics = app.visitor().get("/metrics").await.expect(200);
    assert!(metrics.header("content-type").starts_with("text/plain"));
    assert!(metrics.text.contains("route=\"/api/v1/risks/{key}\""), "{}", metrics.text);
    assert!(metrics.text.contains("abate_jobs{state=\"parked\"}"), "{}", metrics.text);
    for told in [key.as_str(), "abc", "quince", "example.org"] {
        assert!(!metrics.text.contains(told), "{told} in {}", metrics.text);
    }
}
