//! What is refused is said on the page that the form stands on, with what was written.

use abate::access::role::Role;
use abate::risk::search;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::harness::app::{Person, TestApp};

async fn step(who: &Person, key: &str, form: serde_json::Value) {
    who.api.post(&format!("/api/v1/risks/{key}/transitions"), &form).await.expect(200);
}

/// An open risk of level high on the asset `api`, whose owner is the first user.
async fn open(app: &TestApp, first: &Person) -> String {
    app.asset("api", None).await;
    let key = app.risk("api", "Session stays valid").await;
    step(first, &key, json!({"event": "start_triage"})).await;
    step(first, &key, json!({"event": "confirm", "owner": "first@example.org", "reason": "seen"})).await;
    key
}

/// The part of a page that is the form of a step.
fn form_of<'a>(page: &'a str, event: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("id=\"step-{event}\"")).expect("the step is open");
    rest.split_once("</form>").expect("a form").0
}

/// A regression: only a link could be given on the page, so that an attached file verified nothing.
#[tokio::test]
async fn an_attached_file_verifies_a_fix() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let key = open(&app, &first).await;
    let page = first.browser.get(&format!("/risks/{key}")).await.expect(200).text;
    let start = form_of(&page, "start");
    assert!(start.contains("value=\"modify\"") && !start.contains("value=\"retain\""), "{start}");
    let fix = json!({"event": "claim_fixed_direct", "evidence": ["https://example.com/1"], "reason": "done"});
    step(&first, &key, fix).await;
    let vera = app.person("vera@example.org", &[Role::Viewer, Role::Verifier]).await;
    let path = format!("/risks/{key}");
    let evidence = format!("{path}/evidence");
    let csrf = || Form::new().text("csrf", vera.browser.csrf().to_owned());
    let file = |name: &str, bytes: &[u8]| Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    let wrong = csrf().text("title", "The <i>re-test</i>").part("file", file("evil.exe", b"MZ\x90\x00"));
    let refused = vera.browser.submit_parts(&evidence, wrong).await.expect(415).text;
    assert!(refused.contains("are not taken"), "{refused}");
    assert!(refused.contains("The &#60;i&#62;re-test&#60;/i&#62;"), "what was written is kept: {refused}");
    assert!(refused.contains("id=\"add-evidence\" open"), "{refused}");
    let empty = csrf().text("title", "").part("file", file("", b""));
    let refused = vera.browser.submit_parts(&evidence, empty).await.expect(422).text;
    assert!(
        refused.contains("Choose a file, give a link") && refused.contains("Session stays valid"),
        "{refused}"
    );
    let right = csrf().part("file", file("retest.txt", b"clean"));
    vera.browser.submit_parts(&evidence, right).await.expect(303);
    let page = vera.browser.get(&path).await.expect(200).text;
    assert!(form_of(&page, "verify_pass").contains("value=\"evidence:2\""), "{page}");
    assert!(page.contains("<code>evidence:2</code>"), "the list names it: {page}");
    let (_, version) = page.split_once("name=\"version\" value=\"").unwrap();
    let version = version.split('"').next().unwrap();
    let sent = |evidence: &'static str| {
        [("event", "verify_pass"), ("version", version), ("evidence", evidence), ("reason", "tested")]
    };
    let moves = format!("{path}/transitions");
    let refused = vera.browser.submit(&moves, &sent("evidence:9")).await.expect(422).text;
    assert!(
        refused.contains("<strong>Evidence (link or file):</strong>") && !refused.contains("vidence[0]"),
        "{refused}"
    );
    vera.browser.submit(&moves, &sent("evidence:2")).await.expect(303);
    assert_eq!(first.api.get(&format!("/api/v1{path}")).await.json()["state"], "closed");
}

/// A regression: the form of an approver offered what it then refused, and there was no way to say no.
#[tokio::test]
async fn an_approver_is_offered_what_is_taken_and_a_no() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let key = open(&app, &first).await;
    let path = format!("/risks/{key}");
    let page = first.browser.get(&path).await.expect(200).text;
    let (_, version) = page.split_once("name=\"version\" value=\"").unwrap();
    let ask = [("event", "accept"), ("version", version.split('"').next().unwrap())];
    let refused = first.browser.submit(&format!("{path}/transitions"), &ask).await.expect(422).text;
    assert!(refused.contains("<strong>Why this can be lived with:</strong>"), "{refused}");
    let asked = json!({"event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-03-30"});
    step(&first, &key, asked).await;
    let head = app.person("head@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    let page = head.browser.get(&path).await.expect(200).text;
    let accept = form_of(&page, "accept");
    assert!(accept.contains("name=\"expires_on\"") && accept.contains("name=\"reason\""), "{accept}");
    assert!(!accept.contains("name=\"justification\"") && !accept.contains("compensating"), "{accept}");
    assert!(accept.contains("max=\"2026-03-30\""), "{accept}");
    let decline = format!("{path}/decline");
    let refused = head.browser.submit(&decline, &[("what", "acceptance")]).await.expect(422).text;
    assert!(refused.contains("id=\"decline-acceptance\" data-action open"), "{refused}");
    head.browser.submit(&decline, &[("what", "acceptance"), ("reason", "fix it")]).await.expect(303);
    let page = head.browser.get(&path).await.expect(200).text;
    assert!(!page.contains("id=\"decline-acceptance\"") && page.contains("fix it"), "{page}");
    assert_eq!(first.api.get(&format!("/api/v1{path}")).await.json()["state"], "open");
    // The register keeps what was written, too.
    let asked = json!({"event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-03-30"});
    step(&first, &key, asked).await;
    let late = [("reason", "as <b>asked</b>"), ("expires_on", "2026-04-30"), ("show", "mine")];
    let refused = head.browser.submit("/acceptances/2/approve", &late).await.expect(422).text;
    assert!(refused.contains("as &#60;b&#62;asked") && refused.contains("value=\"2026-04-30\""), "{refused}");
    assert!(refused.contains("30 Mar 2026"), "days are told as elsewhere: {refused}");
}

/// A regression: the text of a dismissal was gone when somebody else was quicker.
#[tokio::test]
async fn what_was_written_for_a_step_that_is_gone_is_kept() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("api", None).await;
    let key = app.risk("api", "A risk").await;
    step(&first, &key, json!({"event": "start_triage"})).await;
    let page = first.browser.get(&format!("/risks/{key}")).await.expect(200).text;
    let (_, version) = page.split_once("name=\"version\" value=\"").unwrap();
    let version = version.split('"').next().unwrap();
    step(&first, &key, json!({"event": "confirm", "owner": "first@example.org", "reason": "seen"})).await;
    let fields = [("event", "dismiss"), ("version", version), ("reason", "A long <story>")];
    let refused = first.browser.submit(&format!("/risks/{key}/transitions"), &fields).await.expect(412).text;
    assert!(refused.contains("A long &#60;story&#62;") && !refused.contains("send it again"), "{refused}");
    // Whoever answers stays named in the form that is refused.
    let nobody = [("owner", "none"), ("assignee", "first@example.org")];
    let refused = first.browser.submit(&format!("/risks/{key}/people"), &nobody).await.expect(422).text;
    assert!(refused.contains("id=\"assign\" open") && refused.contains("data-problem"), "{refused}");
}

#[tokio::test]
async fn the_list_says_what_it_lists_and_keeps_what_was_ticked() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("api", None).await;
    for title in ["Stolen session", "Altered amount", "Twin", "Twin"] {
        app.risk("api", title).await;
    }
    while search::take_up(&app.state).await.unwrap() {}
    let page = first.browser.get("/risks?team=mine").await.expect(200).text;
    assert!(page.contains("of 4 open risks that you can see"), "{page}");
    let page = first.browser.get("/risks?q=amount").await.expect(200).text;
    assert!(page.contains("1 listed, beside 4 open risks"), "{page}");
    let page = first.browser.get("/risks?q=%25").await.expect(200).text;
    assert!(page.contains("Ask for words, a CVE, or a key.") && page.contains("No risk matches"), "{page}");
    let back = ("back", "/risks?q=amount");
    let none = [back, ("action", "owner"), ("person", "ana@nowhere.example"), ("reason", "She <b>knows</b>")];
    let refused = first.browser.submit("/risks/bulk", &none).await.expect(422).text;
    assert!(refused.contains("Tick the risks that are meant"), "{refused}");
    assert!(refused.contains("She &#60;b&#62;knows") && refused.contains("Altered amount"), "{refused}");
    assert!(!refused.contains("Stolen session"), "the list is the one it was sent from: {refused}");
    let wrong = [back, ("keys", "R-2"), ("action", "owner"), ("person", "ana@nowhere.example")];
    let refused = first.browser.submit("/risks/bulk", &wrong).await.expect(422).text;
    assert!(refused.contains("value=\"R-2\" form=\"bulk\" checked"), "{refused}");
    assert!(refused.contains("no active user with the address ana@nowhere.example"), "{refused}");
    // A table that cannot be read leads back to the register, and says so there.
    for path in ["/assets/import", "/imports"] {
        let form = Form::new()
            .text("csrf", first.browser.csrf().to_owned())
            .part("file", Part::bytes(Vec::new()).file_name("empty.csv"));
        let told = first.browser.submit_parts(path, form).await.expect(303);
        let page = first.browser.get(told.header("location")).await.expect(200).text;
        assert!(page.contains("class=\"flash bad\""), "{path}: {page}");
    }
}
