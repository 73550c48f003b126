//! The register comes in as a table.

use abate::access::role::Role;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::harness::http::Answer;

/// A file of our own making.
pub(super) fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../tests/fixtures/register/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

async fn send(who: &Person, table: impl Into<Vec<u8>>, mode: &str) -> Answer {
    let form =
        Form::new().text("mode", mode.to_owned()).part("file", Part::bytes(table.into()).file_name("table"));
    who.api.send(who.api.request(Method::POST, "/api/v1/assets/import").multipart(form)).await
}

fn counts(report: &Value) -> [u64; 4] {
    ["created", "changed", "unchanged", "wrong"].map(|name| report["counts"][name].as_u64().unwrap())
}

#[tokio::test]
async fn a_workbook_is_planned_then_applied_and_the_same_again_changes_nothing() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    first.api.post("/api/v1/teams", &json!({"key": "press", "name": "Press team"})).await.expect(201);
    let plan = send(&first, fixture("orchard.xlsx"), "plan").await.expect(200).json();
    assert_eq!((plan["applied"].clone(), counts(&plan)), (json!(false), [3, 0, 0, 0]));
    assert_eq!(plan["sheet"], "Critical assets");
    assert_eq!(first.api.get("/api/v1/assets").await.json()["items"], json!([]));

    let done = send(&first, fixture("orchard.xlsx"), "apply").await.expect(200).json();
    assert_eq!((done["applied"].clone(), counts(&done)), (json!(true), [3, 0, 0, 0]));
    let shop = first.api.get("/api/v1/assets/orchard-shop").await.expect(200).json();
    assert_eq!((&shop["tier"], &shop["owner"]), (&json!("mission"), &json!("first@example.org")));
    assert_eq!(shop["matchers"][0]["pattern"], "git.example.com/orchard/shop");
    let ledger = first.api.get("/api/v1/assets/harvest-ledger").await.expect(200).json();
    assert_eq!((&ledger["kind"], &ledger["review_state"]), (&json!("data_store"), &json!("reviewed")));
    assert_eq!(ledger["team"], "press");

    let again = send(&first, fixture("orchard.xlsx"), "apply").await.expect(200).json();
    assert_eq!(counts(&again), [0, 0, 3, 0]);
    assert_eq!(first.api.get("/api/v1/assets/orchard-shop").await.json()["version"], shop["version"]);
}

#[tokio::test]
async fn a_row_changes_what_it_says_and_nothing_else() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    send(&first, fixture("orchard.csv"), "apply").await.expect(200);
    let table = "Name,Tier,Owner\nOrchard shop,business,Somebody else\n";
    let report = send(&first, table, "apply").await.expect(200).json();
    assert_eq!(counts(&report), [0, 1, 0, 0]);
    assert_eq!(report["rows"][0]["changes"], json!(["tier"]));
    assert_eq!(report["notes"][0]["line"], 2);
    let shop = first.api.get("/api/v1/assets/shop").await.expect(200).json();
    assert_eq!((&shop["tier"], &shop["environment"]), (&json!("business"), &json!("production")));
    assert_eq!(shop["data_classes"], json!(["pii", "pci"]));
}

#[tokio::test]
async fn every_wrong_row_is_named_and_nothing_is_written() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("mill", None).await;
    let taken = json!({"matchers": [{"kind": "host", "pattern": "mill.example.com"}]});
    first
        .api
        .send(first.api.request(Method::PUT, "/api/v1/assets/mill/matchers").json(&taken))
        .await
        .expect(200);
    let table = "Name,Tier,Team,Host,Key\nShop,gold,,,\nPress,mission,nobody,,\nPress,mission,,,\nStill,low,,mill.example.com,\n\
                 Good,low,,,\nGood,low,,,\nOdd,low,,,Two Words\n";
    let plan = send(&first, table, "plan").await.expect(200).json();
    assert_eq!(counts(&plan), [1, 0, 0, 6]);
    let problem = send(&first, table, "apply").await.problem(422);
    let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    assert_eq!(
        fields,
        ["line 2, Tier", "line 3, Team", "line 4, Name", "line 5, Host", "line 7, Name", "line 8, Key"],
        "{problem}"
    );
    assert_eq!(first.api.get("/api/v1/assets").await.json()["items"].as_array().unwrap().len(), 1);
    for file in ["far_corner.xlsx", "bomb.xlsx"] {
        let answer = send(&first, fixture(file), "plan").await;
        assert!(answer.status < 500, "{file}: {}", answer.text);
    }
    let problem = send(&first, "no table at all", "apply").await.problem(422);
    assert_eq!(problem["errors"][0]["field"], "file");
}

#[tokio::test]
async fn a_table_keeps_within_the_teams_of_its_sender() {
    let app = TestApp::spawn().await;
    let press = app.team("press").await;
    app.asset("mill", Some(press)).await;
    app.asset("shop", None).await;
    let miller = app.member("miller@example.org", &[Role::RiskManager], Some(press)).await;
    let own = "Name,Tier,Team\nmill,mission,press\nStill,low,press\n";
    assert_eq!(counts(&send(&miller, own, "apply").await.expect(200).json()), [1, 1, 0, 0]);
    for other in
        ["Name,Tier\nshop,mission\n", "Name,Tier,Team\nmill,low,security\n", "Name,Tier\nNew one,low\n"]
    {
        let problem = send(&miller, other, "apply").await.problem(422);
        assert_eq!(problem["errors"][0]["field"], "line 2, Team", "{other}");
    }
}
