//! Copies of feeds: fetched when they are due, kept when the next one is no good.

use abate::feed::Catalogue;
use chrono::Duration;
use serde_json::{Value, json};

use super::{file, kev, take};
use crate::harness::app::TestApp;
use crate::harness::process;

async fn feed(app: &TestApp, name: &str) -> Value {
    let feeds = app.first().await.api.get("/api/v1/feeds").await.expect(200).json();
    feeds.as_array().unwrap().iter().find(|feed| feed["name"] == name).unwrap().clone()
}

#[tokio::test]
async fn nothing_is_fetched_unless_it_is_enabled() {
    let app = TestApp::spawn().await;
    app.pass(Duration::days(2)).await;
    let kev = feed(&app, "kev").await;
    assert_eq!(
        (&kev["configured"], &kev["tried_at"], &kev["stale"]),
        (&json!(null), &json!(null), &json!(false))
    );
    let page = app.first().await.browser.get("/feeds").await.expect(200);
    assert!(page.text.contains("Off"), "{}", page.text);
}

#[tokio::test]
async fn the_timer_looks_again_and_a_failure_keeps_the_last_copy() {
    let (kept, path) = file(&kev(&[1, 1000, 1001, 1002, 1003].map(|number| number + 1000)));
    let app = TestApp::spawn_with(&[("ABATE_FEEDS__KEV__URL", path.to_str().unwrap())]).await;
    app.pass(Duration::minutes(10)).await;
    let fresh = feed(&app, "kev").await;
    assert_eq!((&fresh["rows"], &fresh["error"]), (&json!(5), &json!(null)), "{fresh}");
    assert_eq!(fresh["content_at"], "2026-03-01T10:00:00Z");

    for (text, why) in [("{\"vulnerabilities\": [", "not a KEV catalogue"), (&kev(&[1001]), "cut short")] {
        std::fs::write(kept.path(), text).unwrap();
        app.pass(Duration::hours(25)).await;
        let failed = feed(&app, "kev").await;
        assert!(failed["error"].as_str().unwrap().contains(why), "{failed}");
        assert_eq!((&failed["rows"], &failed["sha256"]), (&fresh["rows"], &fresh["sha256"]));
    }
    app.pass(Duration::hours(25)).await;
    assert_eq!(feed(&app, "kev").await["stale"], true);
    std::fs::write(kept.path(), kev(&[1001, 1002, 1003, 1004])).unwrap();
    app.pass(Duration::hours(2)).await;
    let mended = feed(&app, "kev").await;
    assert_eq!(
        (&mended["rows"], &mended["error"], &mended["stale"]),
        (&json!(4), &json!(null), &json!(false))
    );
}

#[tokio::test]
async fn a_table_that_is_cut_short_writes_nothing() {
    let app = TestApp::spawn().await;
    let whole: String = std::iter::once("cve,epss,percentile\n".to_owned())
        .chain((0..12_000).map(|number| format!("CVE-2026-{},0.1,0.2\n", 10_000 + number)))
        .collect();
    let cut = take(&app, Catalogue::Epss, &whole[..whole.len() - 3]).await;
    assert!(cut.problem.unwrap().contains("cut short"));
    assert_eq!(feed(&app, "epss").await["rows"], 0);
    let taken = take(&app, Catalogue::Epss, &whole).await;
    assert_eq!((taken.rows, taken.changed, taken.problem), (12_000, true, None));
    assert!(!take(&app, Catalogue::Epss, &whole).await.changed);
}

#[tokio::test]
async fn the_command_takes_a_file_and_says_what_is_wrong_with_it() {
    let app = TestApp::spawn().await;
    let (_good, good) = file(&kev(&[1001, 1002]));
    let arguments = ["feed", "refresh", "kev", "--json", "--file", good.to_str().unwrap()];
    let said: Value = serde_json::from_str(&process::run(&app.database, &arguments).await.success()).unwrap();
    assert_eq!((&said[0]["feed"], &said[0]["rows"]), (&json!("kev"), &json!(2)));
    let listed = process::run(&app.database, &["feed", "list"]).await.success();
    assert!(listed.contains("2 entries"), "{listed}");
    let (_bad, bad) = file("[]");
    let failed =
        process::run(&app.database, &["feed", "refresh", "kev", "--file", bad.to_str().unwrap()]).await;
    assert_eq!(failed.code, Some(1));
    assert!(failed.stdout.contains("not a KEV catalogue"), "{failed:?}");
    let none = process::run(&app.database, &["feed", "refresh"]).await;
    assert!(none.stderr.contains("ABATE_FEEDS__KEV__URL"), "{none:?}");
}
