//! Links, notes, commits and scans.

use serde_json::json;

use super::{attach, listed};
use crate::harness::app::TestApp;
use crate::intake::report::{import, risks, trivy};

#[tokio::test]
async fn links_notes_and_commits_are_checked_by_their_kind() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "A risk").await;
    let first = app.first().await;
    let commit = |sha: &str| json!({"sha": sha, "repository": "https://git.example.org/shop"});
    for (form, field) in [
        (json!({"title": "x", "kind": "picture"}), "kind"),
        (json!({"title": "x", "kind": "file"}), "kind"),
        (json!({"title": " ", "kind": "note"}), "title"),
        (json!({"title": "x", "kind": "link"}), "url"),
        (json!({"title": "x", "kind": "link", "url": "ftp://example.org"}), "url"),
        (json!({"title": "x", "kind": "note", "url": "https://example.org"}), "url"),
        (json!({"title": "x", "kind": "commit"}), "commit"),
        (json!({"title": "x", "kind": "commit", "commit": commit("xyz")}), "commit"),
        (
            json!({"title": "x", "kind": "commit", "commit": {"sha": "0123abcd", "repository": "shop"}}),
            "repository",
        ),
        (json!({"title": "x", "kind": "scan"}), "import"),
        (json!({"title": "x", "kind": "scan", "import": 4711}), "import"),
    ] {
        let problem = attach(&first, &key, &form).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{form}: {problem}");
    }
    assert!(listed(&first, &key).await.is_empty());
    let link = attach(&first, &key, &json!({"title": "Change", "url": "https://example.org/1"})).await;
    assert_eq!(link.expect(201).json()["kind"], "link");
    let note = attach(&first, &key, &json!({"title": "Somebody said so"})).await.expect(201).json();
    assert_eq!((&note["kind"], &note["counts"]), (&json!("note"), &json!(false)));
    let form = json!({"title": "Fix", "kind": "commit", "commit": commit("0123ABCD")});
    let made = attach(&first, &key, &form).await.expect(201).json();
    assert_eq!((&made["commit"], &made["url"]), (&json!("0123abcd"), &json!("https://git.example.org/shop")));
}

#[tokio::test]
async fn evidence_and_comments_come_in_pages() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "A risk").await;
    let first = app.first().await;
    for number in 1..=3 {
        attach(&first, &key, &json!({"title": format!("text {number}")})).await.expect(201);
        let comment = json!({"body": format!("text {number}")});
        first.api.post(&format!("/api/v1/risks/{key}/comments"), &comment).await.expect(201);
    }
    for (list, text) in [("evidence", "title"), ("comments", "body")] {
        let mut told = Vec::new();
        let mut address = format!("/api/v1/risks/{key}/{list}?limit=2");
        for _ in 0..2 {
            let page = first.api.get(&address).await.expect(200).json();
            told.extend(page["items"].as_array().unwrap().iter().map(|row| row[text].clone()));
            let cursor = page["next_cursor"].as_str().unwrap_or_default().to_owned();
            address = format!("/api/v1/risks/{key}/{list}?limit=2&cursor={cursor}");
        }
        assert_eq!(told, ["text 1", "text 2", "text 3"], "{list}");
    }
}

#[tokio::test]
async fn a_scan_shows_something_when_it_is_whole_and_of_a_source_that_saw_the_risk() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("web", None).await;
    let report = trivy(&[(1001, "HIGH")]);
    let seen = import(&app, &first, &report, &[("asset", "web"), ("scope", "image")]).await;
    let key = risks(&first, "cve=CVE-2026-1001").await[0]["key"].as_str().unwrap().to_owned();
    let clean = trivy(&[(1002, "LOW")]);
    let run = [("asset", "web"), ("scope", "image"), ("run", "2")];
    let half = import(&app, &first, &clean, &[run[0], run[1], ("run", "1"), ("partial", "true")]).await;
    let other = import(&app, &first, &clean, &[("asset", "web"), ("scope", "other"), ("run", "3")]).await;
    let whole = import(&app, &first, &clean, &run).await;
    let form = |import: &serde_json::Value| json!({"title": "Scan", "kind": "scan", "import": import["id"]});
    for wrong in [&half, &other] {
        let problem = attach(&first, &key, &form(wrong)).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], "import", "{problem}");
    }
    for right in [&seen, &whole] {
        let row = attach(&first, &key, &form(right)).await.expect(201).json();
        assert_eq!((&row["import"], &row["counts"]), (&right["id"], &json!(true)));
    }
}
