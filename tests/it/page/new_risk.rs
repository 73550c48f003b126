//! A risk that a person writes down on the page.

use abate::access::role::Role;

use crate::harness::app::TestApp;

#[tokio::test]
async fn a_risk_is_written_down_on_its_page() {
    let app = TestApp::spawn().await;
    let (ours, theirs) = (app.team("ours").await, app.team("theirs").await);
    app.asset("our-api", Some(ours)).await;
    app.asset("their-api", Some(theirs)).await;
    let rita = app.member("rita@example.org", &[Role::Viewer, Role::Reporter], Some(ours)).await;
    assert!(rita.browser.get("/risks").await.expect(200).text.contains("href=\"/risks/new\""));
    let form = rita.browser.get("/risks/new?asset=our-api").await.expect(200).text;
    assert!(form.contains("value=\"our-api\" selected") && !form.contains("their-api"), "{form}");
    let wrong = [("title", "Keys <b>lie</b> about"), ("asset", "our-api"), ("likelihood", "4")];
    let refused = rita.browser.submit("/risks", &wrong).await.expect(422).text;
    assert!(refused.contains("Keys &#60;b&#62;lie") && refused.contains("aria-invalid"), "{refused}");
    rita.browser.submit("/risks", &[("title", "Theirs"), ("asset", "their-api")]).await.expect(422);
    let right = [
        ("title", "Keys lie about"),
        ("asset", "our-api"),
        ("description", "In the *wiki*."),
        ("likelihood", "4"),
        ("impact", "4"),
    ];
    let made = rita.browser.submit("/risks", &right).await.expect(303);
    assert_eq!(made.header("location"), "/risks/R-1");
    let page = rita.browser.get("/risks/R-1").await.expect(200).text;
    assert!(page.contains("R-1 is recorded.") && page.contains("<em>wiki</em>"), "{page}");
    let viewer = app.person("viewer@example.org", &[Role::Viewer]).await;
    viewer.browser.get("/risks/new").await.expect(403);
    assert!(!viewer.browser.get("/risks").await.expect(200).text.contains("/risks/new"));
}
