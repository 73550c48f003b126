//! `abate gate`, as pipelines use it.

use std::path::PathBuf;

use crate::harness::database::TestDatabase;
use crate::harness::process::{Server, free_address, run};
use crate::intake::report::{many, trivy};

fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn the_exit_code_says_whether_it_may_go_on() {
    let database = TestDatabase::create().await;
    let server = Server::start(&database).await;
    for (email, role) in [("ana@example.com", "admin"), ("ci@example.com", "integration")] {
        run(&database, &["user", "create", "--email", email, "--name", "A", "--role", role]).await.success();
    }
    let token = run(&database, &["token", "create", "--user", "ana@example.com"]).await.success();
    let asset = serde_json::json!({"key": "web", "name": "Web"});
    server.client().with_token(token.trim()).post("/api/v1/assets", &asset).await.expect(201);
    let ci =
        run(&database, &["token", "create", "--user", "ci@example.com", "--scope", "import"]).await.success();
    let base = server.client().base().to_owned();
    let remote = ["--server", &base, "--token", ci.trim()];
    let gate = async |more: &[&str]| {
        let mut arguments = vec!["gate", "--asset", "web"];
        arguments.extend(more);
        run(&database, &arguments).await
    };
    let closed = gate(&remote).await;
    assert_eq!(closed.code, Some(2), "{closed:?}");
    assert_eq!(closed.stdout.lines().count(), 2, "one line, and one a reason: {closed:?}");
    assert!(closed.stdout.contains("full_scan: There is no full scan of web"), "{closed:?}");
    let folder = tempfile::tempdir().unwrap();
    let report = file(&folder, "report.json", &trivy(&many(7000, 3, "LOW")));
    let mut sent = vec!["import", report.to_str().unwrap(), "--asset", "web", "--run", "1"];
    sent.extend(remote);
    run(&database, &sent).await.success();
    assert!(gate(&remote).await.success().contains("web: may go on"));
    assert!(gate(&["--run", "1", "--json"]).await.success().contains("\"passed\": true"));
    assert_eq!(gate(&["--run", "2"]).await.code, Some(2));
    assert_eq!(run(&database, &["gate", "--asset", "nosuch"]).await.code, Some(2));
    let nobody = format!("http://{}", free_address());
    let unreachable = gate(&["--server", &nobody, "--token", "abt_x"]).await;
    assert_eq!(unreachable.code, Some(1), "{unreachable:?}");
    assert!(unreachable.stderr.contains("cannot be reached"), "{unreachable:?}");
    assert_eq!(gate(&["--server", &base, "--token", "abt_x"]).await.code, Some(1));
}
