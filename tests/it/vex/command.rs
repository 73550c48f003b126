//! `abate vex`

use serde_json::Value;

use crate::harness::database::TestDatabase;
use crate::harness::process::{Server, run};

#[tokio::test]
async fn the_command_and_the_server_write_the_same() {
    let database = TestDatabase::create().await;
    let server = Server::start(&database).await;
    run(&database, &["user", "create", "--email", "ana@example.com", "--name", "A", "--role", "admin"])
        .await
        .success();
    let token = run(&database, &["token", "create", "--user", "ana@example.com"]).await.success();
    let asset = serde_json::json!({"key": "web", "name": "Web"});
    server.client().with_token(token.trim()).post("/api/v1/assets", &asset).await.expect(201);
    let base = server.client().base().to_owned();
    for format in ["openvex", "cyclonedx"] {
        let arguments = ["vex", "--asset", "web", "--format", format];
        let local = run(&database, &arguments).await.success();
        let asked = [&arguments[..], &["--server", &base, "--token", token.trim()]].concat();
        assert_eq!(run(&database, &asked).await.success(), local);
        let document: Value = serde_json::from_str(&local).unwrap();
        assert_eq!(document["version"], 1, "{local}");
    }
    let unknown = run(&database, &["vex", "--asset", "nosuch"]).await;
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.stderr.contains("nosuch"), "{unknown:?}");
}
