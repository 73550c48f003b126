//! `/gate`

use super::ask::clean;
use crate::harness::app::TestApp;

#[tokio::test]
async fn the_page_asks_changes_rules_and_waives() {
    let app = TestApp::spawn().await;
    let first = clean(&app).await;
    let page = first.browser.get("/gate?asset=web").await.expect(200).text;
    assert!(page.contains("web may go on"), "{page}");
    let rule = [("tier", "important"), ("check", "full_scan"), ("threshold", "3")];
    first.browser.submit("/gate/rules", &rule).await.expect(303);
    let off = [("tier", "important"), ("check", "kev"), ("active", "false")];
    first.browser.submit("/gate/rules", &off).await.expect(303);
    let rules = first.api.get("/api/v1/gate-rules").await.expect(200).json();
    let found = |check: &str| {
        let all = rules["items"].as_array().unwrap();
        all.iter().find(|rule| rule["tier"] == "important" && rule["check"] == check).unwrap().clone()
    };
    assert_eq!(
        (found("full_scan")["threshold"].as_str(), found("kev")["active"].as_bool()),
        (Some("3"), Some(false))
    );
    let waiver = [
        ("asset", "web"),
        ("check", "late"),
        ("reason", "A release freeze until Friday"),
        ("until", "2026-03-06"),
    ];
    first.browser.submit("/gate/waivers", &waiver).await.expect(303);
    let wrong = first.browser.submit("/gate/waivers", &waiver[..3]).await.expect(422).text;
    assert!(wrong.contains("Give its last day"), "{wrong}");
    let page = first.browser.get("/gate").await.expect(200).text;
    assert!(page.contains("A release freeze until Friday") && page.contains("In force"));
    first.browser.submit("/gate/waivers/1/withdraw", &[]).await.expect(303);
    assert!(first.browser.get("/gate").await.expect(200).text.contains("Withdrawn"));
}
