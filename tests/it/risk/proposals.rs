//! What a first person wrote waits for a second one, and for nothing else.

use abate::access::role::Role;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};

async fn step(person: &Person, path: &str, form: Value) -> Value {
    person.api.post(&format!("{path}/transitions"), &form).await.expect(200).json()
}

async fn in_triage(app: &TestApp) -> (Person, String) {
    app.asset("shop", None).await;
    let path = format!("/api/v1/risks/{}", app.risk("shop", "Anyone can read the orders").await);
    let first = app.first().await;
    step(&first, &path, json!({"event": "start_triage"})).await;
    (first, path)
}

/// A regression: the form of the proposed dismissal stood in the way of every other step.
#[tokio::test]
async fn a_proposed_dismissal_does_not_keep_a_risk_from_being_confirmed() {
    let app = TestApp::spawn().await;
    let (first, path) = in_triage(&app).await;
    let dismiss = json!({
        "event": "dismiss", "resolution": "false_positive", "reason": "a test page",
        "evidence": ["https://example.org/page"],
    });
    step(&first, &path, dismiss).await;
    assert_eq!(first.api.get(&path).await.json()["state"], "triage");
    let confirm = json!({"event": "confirm", "owner": "first@example.org", "reason": "it is real after all"});
    step(&first, &path, confirm).await;
    assert_eq!(first.api.get(&path).await.json()["state"], "open");
}

#[tokio::test]
async fn the_second_person_of_a_dismissal_agrees_to_what_the_first_one_wrote() {
    let app = TestApp::spawn().await;
    let (first, path) = in_triage(&app).await;
    let dismiss = json!({
        "event": "dismiss", "resolution": "false_positive", "reason": "a test page",
        "evidence": ["https://example.org/page"],
    });
    step(&first, &path, dismiss).await;
    let other = app.person("other@example.org", &[Role::Viewer, Role::Triager]).await;
    step(&other, &path, json!({"event": "dismiss"})).await;
    assert_eq!(first.api.get(&path).await.json()["resolution"], "false_positive");
}

/// A regression: starting work lost what the owner had written, so that nobody could approve it any more.
#[tokio::test]
async fn an_acceptance_that_was_asked_for_can_be_approved_after_work_has_started() {
    let app = TestApp::spawn().await;
    let (first, path) = in_triage(&app).await;
    step(&first, &path, json!({"event": "confirm", "owner": "first@example.org", "reason": "seen"})).await;
    let ask = json!({
        "event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-04-15",
    });
    step(&first, &path, ask).await;
    step(&first, &path, json!({"event": "start", "plan": "rewrite it"})).await;
    let head = app.person("head@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    step(&head, &path, json!({"event": "accept"})).await;
    let risk = first.api.get(&path).await.json();
    assert_eq!((&risk["state"], &risk["acceptance_ends_on"]), (&json!("accepted"), &json!("2026-04-15")));
}

/// A regression: two risks could each be proposed as duplicates of the other, and both closed, so that the problem was
/// gone from sight.
#[tokio::test]
async fn two_risks_do_not_become_duplicates_of_each_other() {
    let app = TestApp::spawn().await;
    let (first, one) = in_triage(&app).await;
    let two = format!("/api/v1/risks/{}", app.risk("shop", "Anyone can change the orders").await);
    step(&first, &two, json!({"event": "start_triage"})).await;
    let key = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    for (from, to) in [(&one, &two), (&two, &one)] {
        let dismiss = json!({
            "event": "dismiss", "resolution": "duplicate", "duplicate_of": key(to), "reason": "the same",
            "evidence": ["https://example.org/page"],
        });
        step(&first, from, dismiss).await;
    }
    let other = app.person("other@example.org", &[Role::Viewer, Role::Triager]).await;
    step(&other, &one, json!({"event": "dismiss"})).await;
    let actions = other.api.get(&format!("{two}/actions")).await.expect(200).json();
    assert!(
        actions["open"].as_array().unwrap().iter().all(|action| action["event"] != "dismiss"
            || action["missing"].to_string().contains("duplicate_stands")),
        "{actions}"
    );
    let answer = other.api.post(&format!("{two}/transitions"), &json!({"event": "dismiss"})).await;
    let problem = answer.problem(422);
    assert_eq!(problem["errors"][0]["field"], "duplicate_of", "{problem}");
    assert_eq!(problem["errors"][0]["rule"], "duplicate_stands", "{problem}");
    assert_eq!(first.api.get(&two).await.json()["state"], "triage");
}

/// A regression: the second person could send another form than the first, and it was theirs that counted.
#[tokio::test]
async fn four_eyes_see_one_thing() {
    let app = TestApp::spawn().await;
    let (first, path) = in_triage(&app).await;
    let dismiss = json!({
        "event": "dismiss", "resolution": "false_positive", "reason": "a test page",
        "evidence": ["https://example.org/page"],
    });
    step(&first, &path, dismiss).await;
    let other = app.person("other@example.org", &[Role::Viewer, Role::Triager]).await;
    let otherwise =
        json!({"event": "dismiss", "resolution": "not_affected", "justification": "component_not_present"});
    let version = first.api.get(&path).await.json()["version"].clone();
    let problem = other.api.post(&format!("{path}/transitions"), &otherwise).await.problem(422);
    let broken: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["rule"].as_str().unwrap()).collect();
    assert_eq!(broken, ["same_as_proposed", "same_as_proposed"], "{problem}");
    assert_eq!(first.api.get(&path).await.json()["version"], version);
    // The one who proposed cannot agree, and the answer names the rule.
    let own = first.api.post(&format!("{path}/transitions"), &json!({"event": "dismiss"})).await.problem(403);
    assert_eq!(own["errors"][0]["rule"], "second_person", "{own}");
}

#[tokio::test]
async fn an_approver_may_shorten_an_acceptance_and_change_nothing_else() {
    let app = TestApp::spawn().await;
    let (first, path) = in_triage(&app).await;
    step(&first, &path, json!({"event": "confirm", "owner": "first@example.org", "reason": "seen"})).await;
    let ask = json!({
        "event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-04-15",
    });
    step(&first, &path, ask).await;
    let head = app.person("head@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    for (change, field) in [
        (json!({"event": "accept", "expires_on": "2026-04-16"}), "expires_on"),
        (json!({"event": "accept", "compensating_controls": "none"}), "compensating_controls"),
        (json!({"event": "accept", "justification": "whatever"}), "justification"),
        (json!({"event": "accept", "likelihood": 1, "impact": 1}), "likelihood"),
    ] {
        let problem = head.api.post(&format!("{path}/transitions"), &change).await.problem(422);
        assert!(
            problem["errors"].as_array().unwrap().iter().any(|error| error["field"] == field),
            "{problem}"
        );
    }
    let asker =
        first.api.post(&format!("{path}/transitions"), &json!({"event": "accept"})).await.problem(403);
    assert_eq!(asker["errors"][0]["rule"], "asked_by_another", "{asker}");
    step(&head, &path, json!({"event": "accept", "expires_on": "2026-03-20", "reason": "not so long"})).await;
    let risk = first.api.get(&path).await.json();
    assert_eq!((&risk["state"], &risk["acceptance_ends_on"]), (&json!("accepted"), &json!("2026-03-20")));
}

/// In triage both can be asked for at once; each keeps its own form.
#[tokio::test]
async fn a_dismissal_and_an_acceptance_that_wait_do_not_mix() {
    let app = TestApp::spawn().await;
    let (first, path) = in_triage(&app).await;
    first.api.patch(&path, &json!({"owner": "first@example.org"})).await.expect(200);
    let dismiss = json!({
        "event": "dismiss", "resolution": "false_positive", "reason": "a test page",
        "evidence": ["https://example.org/page"],
    });
    step(&first, &path, dismiss).await;
    let ask = json!({
        "event": "accept_from_triage", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-04-15",
    });
    step(&first, &path, ask).await;
    // Two things wait: which one is meant has to be said.
    let no = json!({"reason": "neither"});
    first.api.post(&format!("{path}/decline"), &no).await.problem(422);
    let back = json!({"what": "acceptance", "reason": "asked too early"});
    let risk = first.api.post(&format!("{path}/decline"), &back).await.expect(200).json();
    assert_eq!(risk["state"], "triage");
    let other = app.person("other@example.org", &[Role::Viewer, Role::Triager]).await;
    step(&other, &path, json!({"event": "dismiss"})).await;
    assert_eq!(first.api.get(&path).await.json()["resolution"], "false_positive");
}

#[tokio::test]
async fn whoever_could_agree_may_say_no_and_gives_a_reason() {
    let app = TestApp::spawn().await;
    let (first, path) = in_triage(&app).await;
    let decline = format!("{path}/decline");
    first.api.post(&decline, &json!({"reason": "nothing is there"})).await.problem(409);
    let dismiss = json!({
        "event": "dismiss", "resolution": "false_positive", "reason": "a test page",
        "evidence": ["https://example.org/page"],
    });
    step(&first, &path, dismiss).await;
    let engineer = app.person("eva@example.org", &[Role::Viewer, Role::Engineer]).await;
    engineer.api.post(&decline, &json!({"reason": "no"})).await.problem(403);
    let other = app.person("other@example.org", &[Role::Viewer, Role::Triager]).await;
    let empty = other.api.post(&decline, &json!({"reason": " "})).await.problem(422);
    assert_eq!(empty["errors"][0]["rule"], "reasoned", "{empty}");
    other.api.post(&decline, &json!({"reason": "it is live"})).await.expect(200);
    let history = first.api.get(&format!("{path}/history")).await.expect(200);
    assert!(history.text.contains("declined") && history.text.contains("it is live"), "{}", history.text);
    let alone = other.api.post(&format!("{path}/transitions"), &json!({"event": "dismiss"})).await;
    alone.problem(422);
}

/// A regression: any text passed as evidence.
#[tokio::test]
async fn evidence_is_a_reference_to_something() {
    let app = TestApp::spawn().await;
    let (first, path) = in_triage(&app).await;
    step(&first, &path, json!({"event": "confirm", "owner": "first@example.org", "reason": "seen"})).await;
    let claim =
        |evidence: &str| json!({"event": "claim_fixed", "evidence": ["https://example.org/1", evidence]});
    for wrong in ["because", "evidence:1", "commit:xyz", "javascript:alert(1)"] {
        let answer = first.api.post(&format!("{path}/transitions"), &claim(wrong)).await.problem(422);
        assert_eq!(answer["errors"][0]["field"], "evidence[1]", "{answer}");
    }
    assert_eq!(first.api.get(&path).await.json()["state"], "open");
    step(&first, &path, claim("commit:0123abcd")).await;
    assert_eq!(first.api.get(&path).await.json()["state"], "verification");
}

/// A regression: an accepted risk could be left without anybody who answers for it.
#[tokio::test]
async fn an_accepted_risk_keeps_an_owner() {
    let app = TestApp::spawn().await;
    let (first, path) = in_triage(&app).await;
    step(&first, &path, json!({"event": "confirm", "owner": "first@example.org", "reason": "seen"})).await;
    let ask = json!({
        "event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-04-15",
    });
    step(&first, &path, ask).await;
    let head = app.person("head@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    step(&head, &path, json!({"event": "accept"})).await;
    first.api.patch(&path, &json!({"owner": null})).await.problem(422);
}
