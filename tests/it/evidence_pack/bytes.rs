//! A pack is the same to the byte however often it is made, and its totals are its rows.

use std::collections::BTreeMap;

use chrono::Duration;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Opened, ask, download, pack};
use crate::evidence::upload;
use crate::harness::app::{Person, TestApp};
use crate::harness::process;
use crate::intake::report::{import, many, risks, trivy};

/// A report that holds the word in a secret.
pub(super) const SECRET: &str = r#"{
  "SchemaVersion": 2, "ArtifactName": "orchard", "ArtifactType": "filesystem",
  "Results": [{ "Target": "config/app.env", "Class": "secret", "Secrets": [
    { "RuleID": "pear-token", "Category": "Pear", "Severity": "CRITICAL", "Title": "Pear token", "StartLine": 3, "EndLine": 3,
      "Match": "PEAR_TOKEN=pear_CANARY0123456789abcdef" } ] }]
}"#;

/// Does a little of everything.
async fn work(app: &TestApp, first: &Person, from: u32) {
    import(app, first, &trivy(&many(from, 6, "HIGH")), &[("asset", "web")]).await;
    app.pass(Duration::hours(3)).await;
    let keys: Vec<String> =
        risks(first, "state=new").await.iter().map(|risk| risk["key"].as_str().unwrap().to_owned()).collect();
    let step = async |key: &str, form: Value| {
        first.api.post(&format!("/api/v1/risks/{key}/transitions"), &form).await.expect(200);
    };
    step(&keys[0], json!({"event": "start_triage"})).await;
    let confirm = json!({"event": "confirm", "owner": first.email, "likelihood": 4, "impact": 4, "reason": "It is so."});
    step(&keys[0], confirm).await;
    let edit = json!({"title": format!("Renamed, \"{from}\""), "plan": "Replace the library."});
    first.api.patch(&format!("/api/v1/risks/{}", keys[0]), &edit).await.expect(200);
    first
        .api
        .patch(
            &format!("/api/v1/risks/{}", keys[1]),
            &json!({"likelihood": 1, "impact": 2, "reason": "No way in."}),
        )
        .await
        .expect(200);
    let evidence = json!({"title": "=cmd()", "url": "https://example.org/proof"});
    first.api.post(&format!("/api/v1/risks/{}/evidence", keys[0]), &evidence).await.expect(201);
    app.pass(Duration::hours(2)).await;
}

/// The pack that the command writes.
async fn command(app: &TestApp, from: &str, to: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pack.zip");
    let arguments = ["evidence", "--from", from, "--to", to, "--json", "--out", file.to_str().unwrap()];
    let told: Value = serde_json::from_str(&process::run(&app.database, &arguments).await.success()).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(told["sha256"], hex::encode(Sha256::digest(&bytes)));
    let again = process::run(&app.database, &arguments).await;
    assert_eq!(again.code, Some(1), "no file is written over");
    bytes
}

#[tokio::test]
async fn the_same_days_give_the_same_bytes_whatever_was_done_since() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    work(&app, &first, 5000).await;
    let one = pack(&app, &first, "2026-03-01", "2026-03-31").await;
    let two = pack(&app, &first, "2026-03-01", "2026-03-31").await;
    assert!(one.bytes == two.bytes, "differs: {:?}", different(&one, &two));
    // A day that is over stays as it was, whatever is done on the next ones.
    app.pass(Duration::days(1)).await;
    let day = pack(&app, &first, "2026-03-01", "2026-03-02").await;
    work(&app, &first, 6000).await;
    import(&app, &first, &trivy(&many(5003, 3, "LOW")), &[("asset", "web")]).await;
    app.pass(Duration::days(40)).await;
    let later = pack(&app, &first, "2026-03-01", "2026-03-02").await;
    assert!(day.bytes == later.bytes, "differs: {:?}", different(&day, &later));
    let by_command = Opened::of(command(&app, "2026-03-01", "2026-03-02").await);
    assert!(day.bytes == by_command.bytes, "differs: {:?}", different(&day, &by_command));
    assert_ne!(
        one.files["register.json"],
        pack(&app, &first, "2026-03-01", "2026-03-31").await.files["register.json"]
    );
}

fn different(one: &Opened, other: &Opened) -> BTreeMap<String, (String, String)> {
    let names = one.files.keys().chain(other.files.keys());
    names
        .filter(|name| one.files.get(*name) != other.files.get(*name))
        .map(|name| {
            let text = |pack: &Opened| pack.files.get(name).cloned().unwrap_or_default();
            (name.clone(), (text(one), text(other)))
        })
        .collect()
}

#[tokio::test]
async fn totals_are_rows_digests_are_of_the_files_and_no_secret_is_inside() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    import(&app, &first, SECRET, &[("asset", "web")]).await;
    work(&app, &first, 5000).await;
    let key = risks(&first, "state=open").await[0]["key"].as_str().unwrap().to_owned();
    upload(&first, &key, "proof.txt", "Seen with own eyes.").await.expect(201);
    let made = ask(&app, &first, json!({"from": "2026-03-01", "to": "2026-03-31", "with_files": true})).await;
    // A pack stays, when what belongs to nothing is thrown away.
    app.pass(Duration::days(2)).await;
    let pack = download(&first, &made).await;
    assert_eq!(made["sha256"], hex::encode(Sha256::digest(&pack.bytes)));
    let manifest = pack.json("manifest.json");
    assert_eq!(manifest, made["manifest"]);
    for (name, about) in manifest["files"].as_object().unwrap() {
        let content = &pack.files[name];
        assert_eq!(about["sha256"], hex::encode(Sha256::digest(content)), "{name}");
        assert_eq!(about["bytes"], content.len(), "{name}");
    }
    for (section, total) in manifest["totals"].as_object().unwrap() {
        if section == "log" {
            let seals =
                pack.files["log.jsonl"].lines().filter(|line| line.starts_with("{\"sealed\"")).count();
            assert_eq!(*total, json!(seals));
            continue;
        }
        let rows = pack.rows(section);
        assert_eq!(*total, json!(rows.len()), "{section}");
        let mut table = csv::Reader::from_reader(pack.files[&format!("{section}.csv")].as_bytes());
        assert_eq!(table.records().map(Result::unwrap).count(), rows.len(), "{section}");
    }
    assert_eq!(manifest["totals"]["register"], 7);
    assert_eq!(manifest["totals"]["findings"], 7);
    assert_eq!(manifest["totals"]["evidence"], 2);
    let proof = pack.rows("evidence")[1]["file_sha256"].as_str().unwrap().to_owned();
    assert_eq!(pack.files[&format!("files/{proof}")], "Seen with own eyes.");
    assert!(pack.files["evidence.csv"].contains("'=cmd()"), "no formula");
    assert_eq!(pack.rows("evidence")[0]["title"], "=cmd()");
    let sums: Vec<&str> = pack.files["SHA256SUMS"].lines().collect();
    assert_eq!(sums.len(), pack.files.len() - 1);
    for (name, content) in &pack.files {
        assert!(!content.contains("CANARY"), "a secret in {name}");
    }
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.jsonl");
    std::fs::write(&log, &pack.files["log.jsonl"]).unwrap();
    let key = manifest["log"]["public_key"].as_str().unwrap();
    let verify = ["verify-log", "--public-key", key, "--file", log.to_str().unwrap()];
    process::run(&app.database, &verify).await.success();
}
