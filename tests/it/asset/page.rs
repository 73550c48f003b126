//! The pages of the register.

use reqwest::Method;
use reqwest::header::ORIGIN;
use reqwest::multipart::{Form, Part};

use super::import::fixture;
use crate::harness::app::TestApp;
use crate::intake::report::{import, trivy};

#[tokio::test]
async fn an_asset_is_added_changed_and_judged_by_its_forms() {
    let app = TestApp::spawn().await;
    let browser = app.first().await.browser;
    browser.get("/assets/new").await.expect(200);
    let fields = [
        ("name", "Harvest ledger"),
        ("kind", "data_store"),
        ("tier", "mission"),
        ("team", "security"),
        ("responsible_party", "us"),
        ("data_classes", "pci, pii"),
    ];
    let made = browser.submit("/assets", &fields).await.expect(303);
    assert_eq!(made.header("location"), "/assets/harvest-ledger");
    let mut wrong = fields.to_vec();
    wrong.extend([("key", "harvest-ledger"), ("lifetime_days", "0")]);
    let page = browser.submit("/assets", &wrong).await.expect(422);
    assert!(
        page.text.contains("Use 1 to 3650 days") && page.text.contains("Harvest ledger"),
        "{}",
        page.text
    );

    let form = browser.get("/assets/harvest-ledger/edit").await.expect(200);
    assert!(form.text.contains("name=\"version\" value=\"1\""), "{}", form.text);
    let mut edit = fields.to_vec();
    edit.extend([("version", "1"), ("environment", "production")]);
    browser.submit("/assets/harvest-ledger", &edit).await.expect(303);
    browser.submit("/assets/harvest-ledger", &edit).await.expect(412);

    let judge = [("likelihood", "4"), ("impact", "5"), ("rationale", "It holds **the money**.")];
    browser.submit("/assets/harvest-ledger/assess", &judge).await.expect(303);
    let matchers = [("matchers", "arn 111122223333\nhost *.example.com")];
    browser.submit("/assets/harvest-ledger/matchers", &matchers).await.expect(303);
    let page = browser.submit("/assets/harvest-ledger/matchers", &[("matchers", "host *")]).await.expect(422);
    assert!(page.text.contains("besides the stars"), "{}", page.text);
    let page = browser.get("/assets/harvest-ledger").await.expect(200);
    for words in
        ["Critical", "<strong>the money</strong>", "*.example.com", "Production", "pci: pci_dss_4_0_1"]
    {
        assert!(page.text.contains(words), "{words} in {}", page.text);
    }
    browser.submit("/assets/harvest-ledger/retire", &[("reason", "Sold")]).await.expect(303);
    assert!(browser.get("/assets?review=retired").await.expect(200).text.contains("Harvest ledger"));
}

#[tokio::test]
async fn what_a_report_named_first_is_reviewed_on_its_page() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("orchard", None).await;
    import(&app, &first, &trivy(&[(1, "HIGH")]), &[]).await;
    let list = first.browser.get("/assets?review=unreviewed").await.expect(200);
    assert!(
        list.text.contains("registry.example.com/orchard/api") && !list.text.contains("/assets/orchard\"")
    );
    let path = "/assets/registry.example.com-orchard-api";
    assert!(first.browser.get(path).await.expect(200).text.contains("Keep it"));
    first.browser.submit(&format!("{path}/review"), &[]).await.expect(303);
    assert!(!first.browser.get(path).await.expect(200).text.contains("Keep it"));
    let merged = first.browser.submit(&format!("{path}/merge"), &[("into", "orchard")]).await.expect(303);
    assert_eq!(merged.header("location"), "/assets/orchard");
    app.settle().await;
    assert!(first.browser.get("/assets/orchard").await.expect(200).text.contains("lib1 breaks"));
}

#[tokio::test]
async fn a_table_shows_what_it_would_change_before_it_does() {
    let app = TestApp::spawn().await;
    let browser = app.first().await.browser;
    for (mode, words) in [("plan", "What the table would change"), ("apply", "The register was brought in")] {
        let form = Form::new()
            .text("csrf", browser.csrf().to_owned())
            .part("file", Part::bytes(fixture("orchard.csv")).file_name("orchard.csv"))
            .text("mode", mode);
        let request = browser.request(Method::POST, "/assets/import").header(ORIGIN, browser.base());
        let page = browser.send(request.multipart(form)).await.expect(200);
        assert!(page.text.contains(words) && page.text.contains("2 new assets"), "{}", page.text);
    }
    assert!(browser.get("/assets").await.expect(200).text.contains("Orchard shop"));
    let form = Form::new().part("file", Part::bytes(fixture("orchard.csv")).file_name("orchard.csv"));
    let request = browser.request(Method::POST, "/assets/import").header(ORIGIN, browser.base());
    browser.send(request.multipart(form)).await.expect(403);
}
