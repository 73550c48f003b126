//! The list of risks and the register of assets.

use abate::access::role::Role;
use abate::platform::setting;
use abate::risk::search;
use chrono::{DateTime, Duration, Utc};

use crate::harness::app::TestApp;

#[tokio::test]
async fn filters_come_by_the_address_and_empty_ones_are_left_out() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    app.risk("api", "Stolen session").await;
    app.risk("api", "Altered amount").await;
    while search::take_up(&app.state).await.unwrap() {}
    let browser = app.first().await.browser;
    let page = browser.get("/risks?state=&level=high&q=session&team=").await.expect(200).text;
    assert!(page.contains("Stolen session") && !page.contains("Altered amount"), "{page}");
    let page = browser.get("/risks?level=low").await.expect(200).text;
    assert!(page.contains("No risk matches") && page.contains("Clear the filters"), "{page}");
    let page = browser.get("/risks?state=all&q=R-2").await.expect(200).text;
    assert!(page.contains("Altered amount") && !page.contains("Stolen session"), "{page}");
}

/// A regression: after a large import everything of its last ten minutes was looked through again every two seconds,
/// until something changed.
#[tokio::test]
async fn what_was_taken_up_is_left_behind_also_when_nothing_changes() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    app.risk("api", "Stolen session").await;
    app.pass(Duration::hours(3)).await;
    let text = setting::read(app.state.database.reader(), "search.taken_up_until").await.unwrap().unwrap();
    let position: serde_json::Value = serde_json::from_str(&text).unwrap();
    let at: DateTime<Utc> = position["updated_at"].as_str().unwrap().parse().unwrap();
    assert!(at > app.state.clock.now() - Duration::minutes(15), "{text}");
}

#[tokio::test]
async fn a_filter_that_means_nothing_is_said_and_is_no_failure() {
    let app = TestApp::spawn().await;
    let browser = app.first().await.browser;
    for query in ["level=huge", "state=nowhere", "overdue=perhaps", "limit=0", "cursor=x", "due_before=soon"]
    {
        browser.get(&format!("/risks?{query}")).await.problem(422);
    }
}

#[tokio::test]
async fn pages_of_the_list_hold_each_risk_once() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    for number in 1..=5 {
        app.risk("api", &format!("Risk number {number}")).await;
    }
    let browser = app.first().await.browser;
    let mut found = Vec::new();
    let mut path = "/risks?limit=2".to_owned();
    loop {
        let page = browser.get(&path).await.expect(200).text;
        found.extend((1..=5).filter(|number| page.contains(&format!(">Risk number {number}<"))));
        let Some((before, _)) = page.split_once("\" rel=\"next\"") else { break };
        path = before.rsplit("href=\"").next().expect("an address").replace("&#38;", "&");
    }
    found.sort_unstable();
    assert_eq!(found, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn nobody_sees_the_risks_and_assets_of_other_teams() {
    let app = TestApp::spawn().await;
    let (ours, theirs) = (app.team("ours").await, app.team("theirs").await);
    app.asset("our-api", Some(ours)).await;
    app.asset("their-api", Some(theirs)).await;
    app.risk("our-api", "Our risk").await;
    let hidden = app.risk("their-api", "Their risk").await;
    let member = app.member("member@example.org", &[Role::Viewer], Some(ours)).await;
    let page = member.browser.get("/risks?state=all").await.expect(200).text;
    assert!(page.contains("Our risk") && !page.contains("Their risk"), "{page}");
    assert!(page.contains("1 open risk that you can see"), "the counts are theirs alone: {page}");
    let page = member.browser.get("/assets").await.expect(200).text;
    assert!(page.contains("our-api") && !page.contains("their-api"), "{page}");
    member.browser.get(&format!("/risks/{hidden}")).await.problem(404);
    member.browser.get("/assets/their-api").await.problem(404);
    let page = member.browser.get("/").await.expect(200).text;
    assert!(!page.contains("Their risk"), "{page}");
}

#[tokio::test]
async fn an_asset_lists_its_open_risks() {
    let app = TestApp::spawn().await;
    app.asset("api", None).await;
    app.asset("ledger", None).await;
    app.risk("api", "On the API").await;
    let browser = app.first().await.browser;
    let page = browser.get("/assets").await.expect(200).text;
    assert!(page.contains("1 open"), "{page}");
    assert!(browser.get("/assets/api").await.expect(200).text.contains("On the API"));
    assert!(!browser.get("/assets/ledger").await.expect(200).text.contains("On the API"));
}
