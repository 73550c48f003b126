//! The pages of obligations.

use super::{engineer, go_to, keeper, path_of, weekly};
use crate::harness::app::TestApp;

#[tokio::test]
async fn what_is_offered_is_set_up_with_one_click() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let page = keeper.browser.get("/cadences").await.expect(200);
    assert!(page.text.contains("Set up ASVS audit"), "{}", page.text);
    let sent = keeper.browser.submit("/cadences/defaults", &[("kind", "patch_review")]).await.expect(303);
    assert_eq!(sent.header("location"), "/cadences");
    let page = keeper.browser.get("/cadences").await.expect(200);
    assert!(page.text.contains("11 Mar 2026") && !page.text.contains("Set up Patch review"), "{}", page.text);
    let engineer = engineer(&app).await;
    assert!(!engineer.browser.get("/cadences").await.expect(200).text.contains("Set up"));
    engineer.browser.submit("/cadences/defaults", &[]).await.expect(403);
}

#[tokio::test]
async fn a_run_is_completed_from_its_page() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let cadence = weekly(&app, &keeper).await;
    go_to(&app, "2026-03-09T10:00:00Z").await;
    // Signs in only now: a session does not last a week.
    let engineer = engineer(&app).await;
    let path = path_of(&keeper, &cadence, "2026-03-09").await.replace("/api/v1", "");
    let page = engineer.browser.get(&path).await.expect(200);
    assert!(page.text.contains("Complete") && page.text.contains("Ask to skip"), "{}", page.text);
    let version = field(&page.text, "version");
    let complete = format!("{path}/complete");
    let bare = [("version", version.as_str()), ("evidence", ""), ("evidence_url", "")];
    let refused = engineer.browser.submit(&complete, &bare).await.expect(422);
    assert!(refused.text.contains("add evidence"), "{}", refused.text);
    let stale = [("version", "77"), ("evidence", "import 7"), ("evidence_url", "")];
    engineer.browser.submit(&complete, &stale).await.expect(412);
    let whole = [("version", version.as_str()), ("evidence", "<b>import 7</b>"), ("evidence_url", "")];
    engineer.browser.submit(&complete, &whole).await.expect(303);
    let page = engineer.browser.get(&path).await.expect(200);
    assert!(
        page.text.contains("Done, with evidence") && page.text.contains("&#60;b&#62;import 7"),
        "{}",
        page.text
    );
    let shown = engineer.browser.get(&format!("/cadences/{}", cadence["id"])).await.expect(200);
    assert!(shown.text.contains("16 Mar 2026") && shown.text.contains("engineer"), "{}", shown.text);
}

#[tokio::test]
async fn a_cadence_is_set_up_and_changed_by_form() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    keeper.browser.get("/cadences/new").await.expect(200);
    let form = |rule: &'static str, version: &'static str| {
        [
            ("version", version),
            ("name", "Drill"),
            ("kind", "incident_drill"),
            ("rule", rule),
            ("starts_on", "2026-03-02"),
            ("time_of_day", "09:00"),
            ("zone", "UTC"),
            ("lead_days", "7"),
            ("grace_days", "7"),
            ("team", "security"),
            ("active", "true"),
        ]
    };
    let refused =
        keeper.browser.submit("/cadences", &form("FREQ=MONTHLY;BYMONTHDAY=31", "")).await.expect(422);
    assert!(
        refused.text.contains("BYMONTHDAY=-1") && refused.text.contains("value=\"Drill\""),
        "{}",
        refused.text
    );
    let made = keeper.browser.submit("/cadences", &form("FREQ=MONTHLY;BYDAY=3WE", "")).await.expect(303);
    let path = made.header("location").to_owned();
    assert!(keeper.browser.get(&path).await.expect(200).text.contains("18 Mar 2026"));
    keeper.browser.get(&format!("{path}/edit")).await.expect(200);
    keeper.browser.submit(&path, &form("FREQ=MONTHLY;BYDAY=3TH", "9")).await.expect(412);
    keeper.browser.submit(&path, &form("FREQ=MONTHLY;BYDAY=3TH", "1")).await.expect(303);
    assert!(keeper.browser.get(&path).await.expect(200).text.contains("19 Mar 2026"));
    let engineer = engineer(&app).await;
    engineer.browser.get("/cadences/new").await.expect(403);
}

/// The value of a hidden field.
fn field(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let rest = page.split(&start).nth(1).unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}
