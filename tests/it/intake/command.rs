//! `abate import`, as scripts use it.

use std::path::PathBuf;

use super::report::{many, trivy};
use crate::harness::database::TestDatabase;
use crate::harness::process::{Server, run};

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
