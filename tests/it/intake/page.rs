//! The pages of imports and workshops.

use reqwest::Method;
use reqwest::multipart::{Form, Part};

use super::report::{many, risks, trivy};
use crate::harness::app::{Person, TestApp};
use crate::harness::http::Answer;

async fn upload(app: &TestApp, who: &Person, csrf: &str, mode: &str) -> Answer {
    let form = Form::new()
        .text("csrf", csrf.to_owned())
        .part("file", Part::text(trivy(&many(9000, 3, "HIGH"))).file_name("nightly.json"))
        .text("asset", "web")
        .text("mode", mode.to_owned());
    let request = who.browser.request(Method::POST, "/imports").header("Origin", app.base()).multipart(form);
    who.browser.send(request).await
}

#[tokio::test]
async fn a_file_is_planned_and_applied_on_the_pages() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let empty = first.browser.get("/imports").await.expect(200);
    assert!(empty.text.contains("Nothing has come in yet"));
    let csrf = first.browser.csrf().to_owned();
    let page = upload(&app, &first, &csrf, "plan").await.expect(303).header("location").to_owned();
    let shown = first.browser.get(&page).await.expect(200);
    assert!(shown.text.contains("lib9000 breaks") && shown.text.contains("Planned"), "{}", shown.text);
    assert_eq!(risks(&first, "").await.len(), 0);
    first.browser.submit(&format!("{page}/apply"), &[]).await.expect(303);
    app.settle().await;
    assert_eq!(risks(&first, "").await.len(), 3);
    assert!(first.browser.get(&page).await.expect(200).text.contains("Applied"));
    assert!(first.browser.get("/imports").await.expect(200).text.contains("nightly.json"));
    first.browser.submit(&format!("{page}/undo"), &[]).await.expect(303);
    assert!(first.browser.get(&page).await.expect(200).text.contains("Undone"));
    assert!(first.browser.get("/workshops").await.expect(200).text.contains("No workshop has come in yet"));
}

#[tokio::test]
async fn an_upload_without_the_forms_token_is_refused() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    upload(&app, &first, "made-up", "apply").await.expect(403);
    assert_eq!(risks(&first, "").await.len(), 0);
}
