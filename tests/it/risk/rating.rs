//! The three ratings of a risk: their order, the level that counts, and where each came from.

use abate::access::role::Role;
use abate::feed::Catalogue;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};

use crate::feed::{kev, take};
use crate::harness::app::{Person, TestApp};
use crate::intake::report::{import, risks, trivy};

async fn ratings(person: &Person, key: &str) -> Value {
    person.api.get(&format!("/api/v1/risks/{key}/ratings")).await.expect(200).json()
}

/// The ratings as kind, likelihood, impact, level and source, oldest first.
fn told(ratings: &Value) -> Vec<(String, u64, u64, String, String)> {
    let word = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let number = |row: &Value, name: &str| row[name].as_u64().unwrap();
    ratings["ratings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                word(row, "kind"),
                number(row, "likelihood"),
                number(row, "impact"),
                word(row, "level"),
                word(row, "source"),
            )
        })
        .collect()
}

fn row(
    kind: &str,
    likelihood: u64,
    impact: u64,
    level: &str,
    source: &str,
) -> (String, u64, u64, String, String) {
    (kind.to_owned(), likelihood, impact, level.to_owned(), source.to_owned())
}

#[tokio::test]
async fn the_level_is_read_from_the_current_rating() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "Anyone can read the orders").await;
    let path = format!("/api/v1/risks/{key}");
    let risk = first.api.get(&path).await.expect(200).json();
    assert_eq!((&risk["level"], &risk["score"]), (&json!("high"), &json!(16)));

    let lower = json!({ "current_likelihood": 2, "current_impact": 4, "reason": "the firewall is there" });
    let risk = first.api.patch(&path, &lower).await.expect(200).json();
    assert_eq!((&risk["level"], &risk["score"]), (&json!("medium"), &json!(8)));
    assert_eq!((&risk["inherent"], &risk["current"]), (&json!([4, 4]), &json!([2, 4])));

    // What a person has said of the current rating stays when the inherent one moves.
    let risk = first.api.patch(&path, &json!({ "likelihood": 5, "impact": 4 })).await.expect(200).json();
    assert_eq!((&risk["level"], &risk["inherent"]), (&json!("medium"), &json!([5, 4])));

    let rows = ratings(&first, &key).await;
    assert_eq!(
        told(&rows),
        [
            row("inherent", 4, 4, "high", "person"),
            row("current", 4, 4, "high", "person"),
            row("current", 2, 4, "medium", "person"),
            row("inherent", 5, 4, "critical", "person"),
        ]
    );
    let (newest, older) = (&rows["ratings"][2], &rows["ratings"][1]);
    assert_eq!((&newest["holds"], &older["holds"]), (&json!(true), &json!(false)));
    assert_eq!(newest["reason"], "the firewall is there");
    assert_eq!(newest["actor"], "first@example.org");
    assert_eq!(newest["grid"], "standard@1");
    let page = first.browser.get(&format!("/risks/{key}")).await.expect(200);
    assert!(page.text.contains("the firewall is there"), "{}", page.text);
}

#[tokio::test]
async fn an_order_that_is_upside_down_needs_a_reason() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "Anyone can read the orders").await;
    let path = format!("/api/v1/risks/{key}");
    let before = first.api.get(&path).await.expect(200).json();
    for (form, field) in [
        (json!({ "current_likelihood": 5, "current_impact": 3 }), "current"),
        (json!({ "target_likelihood": 4, "target_impact": 5 }), "target"),
        (json!({ "likelihood": 1, "impact": 1, "target_likelihood": 2, "target_impact": 1 }), "target"),
    ] {
        let problem = first.api.patch(&path, &form).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{form}");
        assert_eq!(problem["errors"][0]["rule"], "rating_order", "{form}");
    }
    first.api.patch(&path, &json!({ "current_likelihood": 3 })).await.problem(422);
    first
        .api
        .patch(&path, &json!({ "current_likelihood": 6, "current_impact": 1, "reason": "x" }))
        .await
        .problem(422);
    let after = first.api.get(&path).await.expect(200).json();
    assert_eq!(before, after, "nothing was written");

    let form = json!({ "target_likelihood": 4, "target_impact": 5, "reason": "the new service holds more" });
    let risk = first.api.patch(&path, &form).await.expect(200).json();
    assert_eq!(risk["target"], json!([4, 5]));
    let rows = ratings(&first, &key).await;
    assert_eq!(rows["ratings"].as_array().unwrap().last().unwrap()["reason"], "the new service holds more");
}

#[tokio::test]
async fn a_scanners_rating_says_where_it_came_from() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    import(&app, &first, &trivy(&[(1001, "MEDIUM"), (1002, "HIGH")]), &[("asset", "web")]).await;
    let key = risks(&first, "cve=CVE-2026-1001").await[0]["key"].as_str().unwrap().to_owned();
    let rows = ratings(&first, &key).await;
    assert_eq!(told(&rows), [row("inherent", 3, 3, "medium", "scanner")]);
    assert_eq!(
        rows["ratings"][0]["because"],
        json!(["impact 3: the tier of the asset", "likelihood 3: the scanner says medium"])
    );
    assert_eq!(rows["inputs"]["severities"][0]["severity"], "medium");
    assert_eq!(rows["inputs"]["tier"], "important");
    assert!(rows["inputs"]["kev"].as_array().unwrap().is_empty());

    take(&app, Catalogue::Kev, &kev(&[1001])).await;
    let rows = ratings(&first, &key).await;
    let expected = [
        row("inherent", 3, 3, "medium", "scanner"),
        row("inherent", 4, 3, "high", "feed"),
        row("current", 4, 3, "high", "feed"),
    ];
    assert_eq!(told(&rows), expected);
    assert_eq!(rows["ratings"][1]["inputs"]["kev"]["cve"], "CVE-2026-1001");
    assert_eq!(rows["inputs"]["kev"][0]["added_on"], "2026-03-01");

    // Another severity of the scanner is a rating of its own.
    let again = trivy(&[(1001, "MEDIUM"), (1002, "CRITICAL")]);
    import(&app, &first, &again, &[("asset", "web"), ("run", "2")]).await;
    let key = risks(&first, "cve=CVE-2026-1002").await[0]["key"].as_str().unwrap().to_owned();
    let rows = ratings(&first, &key).await;
    assert_eq!(told(&rows)[1], row("inherent", 5, 3, "high", "scanner"));
}

/// What a verified fix has left is the current rating; the closed risk counts under the level that was worked off, and
/// when it is back it is rated as before controls again.
#[tokio::test]
async fn what_a_fix_has_left_is_rated_and_forgotten_when_the_risk_is_back() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let verifier = app.person("verifier@example.org", &[Role::Viewer, Role::Verifier]).await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "Anyone can read the orders").await;
    let path = format!("/api/v1/risks/{key}");
    let steps = format!("{path}/transitions");
    first.api.patch(&path, &json!({ "target_likelihood": 2, "target_impact": 4 })).await.expect(200);
    let evidence = json!(["https://example.org/change/1"]);
    for form in [
        json!({ "event": "start_triage" }),
        json!({ "event": "confirm", "owner": "first@example.org", "reason": "seen" }),
        json!({ "event": "claim_fixed", "evidence": evidence }),
    ] {
        first.api.post(&steps, &form).await.expect(200);
    }
    let verify = json!({ "event": "verify_pass", "evidence": evidence, "reason": "tested again",
        "residual_likelihood": 1, "residual_impact": 4 });
    verifier.api.post(&steps, &verify).await.expect(200);
    let risk = first.api.get(&path).await.expect(200).json();
    assert_eq!((&risk["state"], &risk["level"]), (&json!("closed"), &json!("high")));
    assert_eq!((&risk["current"], &risk["score"]), (&json!([1, 4]), &json!(4)));

    let reopen = json!({ "event": "reopen", "reason": "it is back", "evidence": evidence });
    verifier.api.post(&steps, &reopen).await.expect(200);
    let risk = first.api.get(&path).await.expect(200).json();
    assert_eq!((&risk["state"], &risk["level"]), (&json!("open"), &json!("high")));
    assert_eq!((&risk["current"], &risk["score"]), (&json!([4, 4]), &json!(16)));
}

#[tokio::test]
async fn the_form_on_the_page_changes_texts_and_ratings() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "Anyone can read the orders").await;
    let page = format!("/risks/{key}");
    let version =
        first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json()["version"].to_string();
    let mut form = vec![
        ("version", version.as_str()),
        ("title", "Orders can be read by anyone"),
        ("description", "First line\r\nSecond line"),
        ("inherent_likelihood", "4"),
        ("inherent_impact", "4"),
        ("current_likelihood", "5"),
        ("current_impact", "4"),
    ];
    let refused = first.browser.submit(&format!("{page}/edit"), &form).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("The current rating is above the inherent one"), "{}", refused.text);
    assert!(refused.text.contains("Orders can be read by anyone"), "what was written is kept");

    form[5] = ("current_likelihood", "2");
    let saved = first.browser.submit(&format!("{page}/edit"), &form).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let risk = first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json();
    assert_eq!(risk["title"], "Orders can be read by anyone");
    assert_eq!(risk["description"], "First line\nSecond line");
    assert_eq!(risk["current"], json!([2, 4]));
    // The form was drawn from a version that is no longer the newest.
    assert_eq!(first.browser.submit(&format!("{page}/edit"), &form).await.status, 412);
}

/// The database itself refuses to change or remove what a risk was rated.
#[tokio::test]
async fn ratings_are_only_ever_added() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    app.risk("shop", "Anyone can read the orders").await;
    for sql in ["UPDATE risk_rating SET level = 0", "DELETE FROM risk_rating"] {
        let refused = app.state.database.write(async |tx| {
            tx.execute_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
            Ok(())
        });
        assert!(refused.await.is_err(), "{sql}");
    }
}
