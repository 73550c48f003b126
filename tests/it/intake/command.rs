//! `abate import`, as scripts use it.

use std::path::PathBuf;

use super::report::{many, trivy};
use crate::fault_proxy::{Fault, FaultProxy, Rule};
use crate::harness::database::TestDatabase;
use crate::harness::process::{Server, free_address, run};

fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn exit_codes_tell_what_came_of_it() {
    let database = TestDatabase::create().await;
    let folder = tempfile::tempdir().unwrap();
    let all = file(&folder, "all.json", &trivy(&many(7000, 30, "LOW")));
    let few = file(&folder, "few.json", &trivy(&many(7000, 3, "LOW")));
    let bad = file(&folder, "bad.json", "{\"hello\": 1}");
    let import = async |path: &PathBuf, more: &[&str]| {
        let mut arguments = vec!["import", path.to_str().unwrap(), "--asset", "web"];
        arguments.extend(more);
        run(&database, &arguments).await
    };
    let planned = import(&all, &["--plan", "--json"]).await;
    assert_eq!(planned.code, Some(0), "{planned:?}");
    assert!(planned.stdout.contains("\"planned\""));
    let applied = import(&all, &["--run", "1"]).await;
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert!(applied.stdout.contains("30 created"), "{applied:?}");
    assert_eq!(import(&few, &["--run", "2"]).await.code, Some(0));
    let asks = import(&few, &["--run", "3"]).await;
    assert_eq!(asks.code, Some(3), "{asks:?}");
    assert!(asks.stderr.contains("27 of 30"));
    let failed = import(&bad, &[]).await;
    assert_eq!(failed.code, Some(1));
    assert!(failed.stderr.contains("format of this file is not known"), "{failed:?}");
}

#[tokio::test]
async fn a_report_can_be_sent_to_a_server() {
    let database = TestDatabase::create().await;
    let server = Server::start(&database).await;
    run(&database, &["user", "create", "--email", "ci@example.com", "--name", "CI", "--role", "integration"])
        .await
        .success();
    let token =
        run(&database, &["token", "create", "--user", "ci@example.com", "--scope", "import"]).await.success();
    let folder = tempfile::tempdir().unwrap();
    let report = file(&folder, "report.json", &trivy(&many(7000, 5, "HIGH")));
    let base = server.client().base().to_owned();
    let sent = ["import", report.to_str().unwrap(), "--server", &base, "--token", token.trim()];
    let outcome = run(&database, &sent).await.success();
    assert!(outcome.contains("applied: 5 findings, 5 created"), "{outcome}");
}

/// A lost answer, a lost connection and a busy server do not lead to a second import.
#[tokio::test]
async fn a_report_is_sent_again_and_imported_once() {
    let database = TestDatabase::create().await;
    let server = Server::start(&database).await;
    let base = server.client().base().to_owned();
    let proxy = FaultProxy::start(base.trim_start_matches("http://").parse().unwrap()).await;
    run(&database, &["user", "create", "--email", "ci@example.com", "--name", "CI"]).await.success();
    let token = run(&database, &["token", "create", "--user", "ci@example.com"]).await.success();
    let folder = tempfile::tempdir().unwrap();
    let report = file(&folder, "report.json", &trivy(&many(7000, 5, "HIGH")));
    proxy.add(Rule::once("POST", "/imports", Fault::CloseBefore));
    proxy.add(Rule::once("POST", "/imports", Fault::LoseAnswer));
    proxy.add(Rule::once("POST", "/imports", Fault::Answer { status: 503, headers: vec![] }));
    proxy.add(Rule::once("GET", "*/imports/*", Fault::CloseBefore));
    let url = proxy.url();
    let sent = [
        "import",
        report.to_str().unwrap(),
        "--server",
        &url,
        "--token",
        token.trim(),
        "--branch",
        "main",
        "--commit",
        "abc",
        "--digest",
        "sha256:1234",
        "--json",
    ];
    let outcome = run(&database, &sent).await.success();
    let import: serde_json::Value = serde_json::from_str(&outcome).unwrap();
    assert_eq!((&import["status"], &import["counts"]["created"]), (&"applied".into(), &5.into()), "{import}");
    assert_eq!((&import["commit"], &import["digest"]), (&"abc".into(), &"sha256:1234".into()));
    assert_eq!(proxy.seen("POST", "/api/v1/imports"), 4);
    let all = server.client().with_token(token.trim()).get("/api/v1/imports").await.expect(200).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 1, "{all}");
}

#[tokio::test]
async fn exit_codes_are_the_same_when_a_server_does_the_work() {
    let database = TestDatabase::create().await;
    let server = Server::start(&database).await;
    run(&database, &["user", "create", "--email", "ci@example.com", "--name", "CI"]).await.success();
    let token = run(&database, &["token", "create", "--user", "ci@example.com"]).await.success();
    let folder = tempfile::tempdir().unwrap();
    let all = file(&folder, "all.json", &trivy(&many(7000, 30, "LOW")));
    let few = file(&folder, "few.json", &trivy(&many(7000, 3, "LOW")));
    let bad = file(&folder, "bad.json", "{\"hello\": 1}");
    let base = server.client().base().to_owned();
    let import = async |path: &PathBuf, more: &[&str]| {
        let mut arguments = vec![
            "import",
            path.to_str().unwrap(),
            "--asset",
            "web",
            "--server",
            &base,
            "--token",
            token.trim(),
        ];
        arguments.extend(more);
        run(&database, &arguments).await
    };
    assert_eq!(import(&all, &["--plan"]).await.code, Some(0));
    assert_eq!(import(&all, &["--run", "1"]).await.code, Some(0));
    let part = import(&few, &["--run", "2", "--partial"]).await.success();
    assert!(part.contains("0 vanished"), "{part}");
    assert_eq!(import(&few, &["--run", "3"]).await.code, Some(0));
    let asks = import(&few, &["--run", "4"]).await;
    assert_eq!(asks.code, Some(3), "{asks:?}");
    let failed = import(&bad, &[]).await;
    assert_eq!(failed.code, Some(1));
    assert!(failed.stderr.contains("format of this file is not known"), "{failed:?}");
    let nobody = format!("http://{}", free_address());
    let unreachable =
        run(&database, &["import", few.to_str().unwrap(), "--server", &nobody, "--token", "x"]).await;
    assert_eq!(unreachable.code, Some(1));
    assert!(unreachable.stderr.contains("cannot be reached"), "{unreachable:?}");
}
