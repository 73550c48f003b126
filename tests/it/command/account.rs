//! `abate user`, `abate team` and `abate token`: how a new installation gets its people.

use serde_json::Value;

use crate::harness::database::TestDatabase;
use crate::harness::process::{Server, run, run_with};

#[tokio::test]
async fn the_first_user_gets_every_role_but_verifier() {
    let database = TestDatabase::create().await;
    run(&database, &["user", "create", "--email", "ana@example.org", "--name", "Ana", "--role", "viewer"])
        .await
        .success();
    run(&database, &["user", "create", "--email", "ben@example.org", "--name", "Ben", "--role", "verifier"])
        .await
        .success();
    let token = async |email: &str| run(&database, &["token", "create", "--user", email]).await.success();
    let (ana, ben) = (token("ana@example.org").await, token("ben@example.org").await);

    let server = Server::start(&database).await;
    let roles = async |token: &str| -> Vec<String> {
        let me = server.client().with_token(token.trim()).get("/api/v1/me").await.expect(200).json();
        serde_json::from_value(me["roles"].clone()).expect("roles")
    };
    let ana = roles(&ana).await;
    assert!(ana.contains(&"admin".to_owned()) && ana.contains(&"triager".to_owned()), "{ana:?}");
    assert!(!ana.contains(&"verifier".to_owned()), "{ana:?}");
    assert_eq!(roles(&ben).await, ["verifier"]);
}

#[tokio::test]
async fn a_password_is_taken_from_standard_input_or_made_and_shown_once() {
    let database = TestDatabase::create().await;
    let create = ["user", "create", "--email", "ana@example.org", "--name", "Ana", "--json"];
    let given: Value = parse(&run_with(&database, &create, &[], "a long enough phrase\n").await.success());
    assert_eq!(given["password"], Value::Null, "a given password is not repeated");

    let create = ["user", "create", "--email", "ben@example.org", "--name", "Ben", "--json"];
    let made: Value = parse(&run(&database, &create).await.success());
    assert!(made["password"].as_str().expect("a password").len() >= 16, "{made}");

    let short = ["user", "create", "--email", "eve@example.org", "--name", "Eve"];
    let refused = run_with(&database, &short, &[], "short\n").await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("12 characters"), "{}", refused.stderr);
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_would_be_right() {
    let database = TestDatabase::create().await;
    let outcome = run(&database, &["token", "create", "--user", "nobody@example.org"]).await;
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("nobody@example.org"), "{}", outcome.stderr);

    let create = ["user", "create", "--email", "ana@example.org", "--name", "Ana", "--role", "king"];
    let outcome = run(&database, &create).await;
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("risk_manager"), "it lists the roles: {}", outcome.stderr);

    let create = ["user", "create", "--email", "ana@example.org", "--name", "Ana", "--team", "nowhere"];
    let outcome = run(&database, &create).await;
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("nowhere"), "{}", outcome.stderr);
}

#[tokio::test]
async fn a_token_is_printed_alone_and_keeps_to_its_scope() {
    let database = TestDatabase::create().await;
    run(&database, &["team", "create", "--key", "wallet", "--name", "Wallet"]).await.success();
    let create = [
        "user",
        "create",
        "--email",
        "ana@example.org",
        "--name",
        "Ana",
        "--role",
        "triager",
        "--team",
        "wallet",
    ];
    run(&database, &create).await.success();
    let token = ["token", "create", "--user", "ana@example.org", "--scope", "read", "--expires", "1d"];
    let printed = run(&database, &token).await.success();
    let token = printed.trim_end();
    assert!(token.starts_with("abt_") && !token.contains(char::is_whitespace), "{printed:?}");

    let server = Server::start(&database).await;
    let client = server.client().with_token(token);
    client.get("/api/v1/me").await.expect(200);
    client.post("/api/v1/risks", &serde_json::json!({"asset": "shop", "title": "Title"})).await.problem(403);
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}
