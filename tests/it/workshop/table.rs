//! Tables of risks: what the columns mean is guessed, shown, corrected and remembered.

use serde_json::{Value, json};

use super::{import_of, the_workshop, upload};
use crate::harness::app::{Person, TestApp};

const TABLE: &str = "Ref,What,Where,Likelihood,Impact,Result\nB-1,Boats drift,Harbour,often,4,High\nB-2,Fuel leaks,Pump,2,2,Low\n";

async fn planned(who: &Person, table: &str) -> Value {
    let fields = [("format", "risk_csv"), ("mode", "plan"), ("source", "harbour")];
    let answer = upload(who, "harbour.csv", table.into(), &fields).await.expect(202).json();
    import_of(who, &answer).await
}

fn meaning<'v>(mapping: &'v Value, column: &str) -> &'v Value {
    let columns = mapping["columns"].as_array().unwrap();
    &columns.iter().find(|known| known["column"] == column).unwrap()["field"]
}

#[tokio::test]
async fn a_mapping_is_guessed_corrected_and_remembered() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let import = planned(&first, TABLE).await;
    assert_eq!(
        (&import["status"], &import["counts"]["rejected"]),
        (&json!("planned"), &json!(1)),
        "{import}"
    );
    let path = format!("/api/v1/imports/{}", import["id"]);
    let guess = first.api.get(&format!("{path}/mapping")).await.expect(200).json();
    assert_eq!((meaning(&guess, "Ref"), meaning(&guess, "What")), (&json!("id"), &json!("")), "{guess}");
    first.api.post(&format!("{path}/apply"), &json!({})).await.problem(422);

    let said = json!({ "columns": { "What": "title", "Where": "asset", "Result": "level" }, "values": { "likelihood": { "often": "4" } } });
    let planned_again = first.api.put(&format!("{path}/mapping"), &said).await.expect(200).json();
    assert_eq!(
        (&planned_again["counts"]["created"], &planned_again["counts"]["rejected"]),
        (&json!(2), &json!(0)),
        "{planned_again}"
    );
    let plan = first.api.get(&format!("{path}/plan")).await.expect(200).json();
    assert_eq!(plan["items"][0]["title"], "Boats drift");
    assert_eq!(
        first.api.post(&format!("{path}/apply"), &json!({})).await.expect(202).json()["status"],
        "applied"
    );
    let workshop = the_workshop(&first).await;
    assert_eq!((&workshop["title"], workshop["risks"].as_array().unwrap().len()), (&json!("harbour"), 2));

    // The next table with these columns from this source is read in the same way.
    let later = TABLE.replace("Fuel leaks", "Fuel leaks a lot");
    let import = planned(&first, &later).await;
    let counts = &import["counts"];
    assert_eq!(
        (&counts["rejected"], &counts["updated"], &counts["unchanged"]),
        (&json!(0), &json!(1), &json!(1)),
        "{import}"
    );
}

#[tokio::test]
async fn a_mapping_that_cannot_be_is_named() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let import = planned(&first, TABLE).await;
    let path = format!("/api/v1/imports/{}/mapping", import["id"]);
    let wrong = json!({ "columns": { "What": "heading" }, "values": { "likelihood": { "often": "9" }, "owner": {} } });
    let problem = first.api.put(&path, &wrong).await.problem(422);
    let fields: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    assert_eq!(fields, ["mapping.columns.What", "mapping.values.likelihood.often", "mapping.values.owner"]);
    let fields = [("format", "risk_csv"), ("mapping", "{\"columns\": 1}")];
    let problem = upload(&first, "harbour.csv", TABLE.into(), &fields).await.problem(422);
    assert_eq!(problem["errors"][0]["field"], "mapping");
}

#[tokio::test]
async fn a_mapping_comes_with_the_file() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let mapping = "{\"columns\": {\"What\": \"title\"}, \"values\": {\"likelihood\": {\"often\": \"4\"}}}";
    let fields = [("format", "risk_csv"), ("mapping", mapping)];
    let answer = upload(&first, "harbour.csv", TABLE.into(), &fields).await.expect(202).json();
    assert_eq!(import_of(&first, &answer).await["counts"]["created"], 2);
}

#[tokio::test]
async fn a_mapping_is_corrected_on_the_page() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let import = planned(&first, TABLE).await;
    let path = format!("/imports/{}", import["id"]);
    let page = first.browser.get(&path).await.expect(200);
    assert!(
        page.text.contains("What its columns mean") && page.text.contains("Boats drift"),
        "{}",
        page.text
    );
    let fields = [("column-1", "title"), ("column-2", "asset"), ("value-0", "4")];
    first.browser.submit(&format!("{path}/mapping"), &fields).await.expect(303);
    let import = first.api.get(&format!("/api/v1{path}")).await.expect(200).json();
    assert_eq!(
        (&import["counts"]["created"], &import["counts"]["rejected"]),
        (&json!(2), &json!(0)),
        "{import}"
    );
}
