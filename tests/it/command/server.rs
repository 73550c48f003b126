//! `abate serve`, `migrate`, `healthcheck` and `openapi`.

use crate::harness::database::{Kind, TestDatabase};
use crate::harness::process::{Server, command, finish, free_address, run, run_with};

#[tokio::test]
async fn healthcheck_says_whether_the_server_is_ready() {
    let database = TestDatabase::create().await;
    let mut server = Server::start(&database).await;
    let address = server.client().base().trim_start_matches("http://").to_owned();
    let check =
        async || run_with(&database, &["healthcheck", "--json"], &[("ABATE_LISTEN", &address)], "").await;
    assert!(check().await.success().contains("\"ready\": true"));
    assert_eq!(server.terminate().await, Some(0), "a server that is asked to end does so");
    let outcome = check().await;
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains(&address), "{}", outcome.stdout);
}

#[tokio::test]
async fn a_taken_port_is_said_so() {
    let database = TestDatabase::create().await;
    let address = free_address();
    let taken = std::net::TcpListener::bind(address).expect("the port");
    let outcome = run_with(&database, &["serve"], &[("ABATE_LISTEN", &address.to_string())], "").await;
    drop(taken);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("ABATE_LISTEN"), "{}", outcome.stderr);
}

/// Replicas that start at once, on a database that has no table yet, all come up.
#[tokio::test]
async fn replicas_that_start_together_all_come_up() {
    let database = TestDatabase::empty_of(Kind::of_this_run()).await;
    let started = futures_util::future::join_all((0..3).map(|_| run(&database, &["migrate"]))).await;
    for outcome in started {
        outcome.success();
    }
    let server = Server::start(&database).await;
    server.client().get("/readyz").await.expect(200);
}

/// What the server was told and answered for stays, however it ends.
#[tokio::test]
async fn an_acknowledged_write_outlives_a_killed_server() {
    let database = TestDatabase::create().await;
    run(&database, &["user", "create", "--email", "ana@example.org", "--name", "Ana"]).await.success();
    let token = run(&database, &["token", "create", "--user", "ana@example.org"]).await.success();
    let mut server = Server::start(&database).await;
    for number in 0..3 {
        let client = server.client().with_token(token.trim());
        let team = serde_json::json!({"key": format!("team-{number}"), "name": "Team"});
        client.post("/api/v1/teams", &team).await.expect(201);
        server.kill().await;
        server.restart().await;
        let teams = server.client().with_token(token.trim()).get("/api/v1/teams").await.expect(200);
        assert!(teams.text.contains(&format!("team-{number}")), "{}", teams.text);
    }
}

#[tokio::test]
async fn openapi_describes_what_the_server_answers() {
    let printed = finish(&mut command(&["openapi"]), "").await.success();
    let printed: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
    let database = TestDatabase::create().await;
    let served = Server::start(&database).await.client().get("/api/openapi.json").await.expect(200).json();
    assert_eq!(printed, served);
    assert!(printed["paths"]["/api/v1/me"]["get"].is_object());
}

#[tokio::test]
async fn every_command_explains_itself() {
    let help = finish(&mut command(&["--help"]), "").await.success();
    let commands = help.split("Commands:").nth(1).expect("a list of commands");
    let commands: Vec<_> = commands
        .lines()
        .take_while(|line| !line.starts_with("Options:"))
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.len() >= 9, "{commands:?}");
    for name in commands {
        let help = finish(&mut command(&[name, "--help"]), "").await.success();
        assert!(help.contains("Usage: abate"), "{help}");
    }
}
