//! A secret in a report of a scanner goes no further than the parser: the canary of each sample is in no table, file,
//! log, ticket, message or answer.
//!
//! Samples are all files under `tests/fixtures/report/` that hold the word CANARY; a new one is found by itself.

use std::path::Path;

use chrono::Duration;
use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};
use serde_json::json;

use super::report::{import, many, risks, send, trivy};
use crate::harness::app::{Person, TestApp};
use crate::harness::database::TestDatabase;
use crate::harness::process::run_with;
use crate::slack::workspace::Workspace;
use crate::ticket::world::World;

const CANARY: &str = "CANARY";

/// Documents that go to people outside.
const EXPORTS: [&str; 2] = ["/api/v1/vex?asset=web", "/api/v1/vex?asset=web&format=cyclonedx"];

/// A report that holds the word in every place where Trivy repeats a secret.
const TRIVY: &str = r#"{
  "SchemaVersion": 2, "ArtifactName": "orchard", "ArtifactType": "filesystem",
  "Results": [{ "Target": "config/app.env", "Class": "secret", "Secrets": [
    { "RuleID": "pear-token", "Category": "Pear", "Severity": "CRITICAL", "Title": "Pear token", "StartLine": 3, "EndLine": 3,
      "Match": "PEAR_TOKEN=pear_CANARY0123456789abcdef",
      "Code": { "Lines": [{ "Number": 3, "Content": "PEAR_TOKEN=pear_CANARY0123456789abcdef",
                            "Highlighted": "PEAR_TOKEN=pear_CANARY0123456789abcdef" }] } } ] }]
}"#;

/// A report that holds the word.
struct Sample {
    /// The name of its format.
    format: String,
    name: String,
    bytes: Vec<u8>,
}

fn samples() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/report");
    let own = Sample { format: "trivy".to_owned(), name: "own.json".to_owned(), bytes: TRIVY.into() };
    let mut samples = vec![own];
    for format in std::fs::read_dir(folder).unwrap() {
        let format = format.unwrap();
        for file in std::fs::read_dir(format.path()).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let is_snapshot = path.extension().is_some_and(|extension| extension == "snap");
            if !is_snapshot && holds_canary(&bytes) {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                samples.push(Sample {
                    format: format.file_name().to_string_lossy().into_owned(),
                    name,
                    bytes,
                });
            }
        }
    }
    samples.sort_by(|one, other| (&one.format, &one.name).cmp(&(&other.format, &other.name)));
    samples
}

/// The word as it is, and as the databases write bytes out.
fn holds_canary(bytes: &[u8]) -> bool {
    let hexadecimal = hex::encode(CANARY);
    [CANARY, hexadecimal.as_str()]
        .iter()
        .any(|word| bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes())))
}

/// Imports every sample on the asset.
async fn import_all(app: &TestApp, who: &Person, asset: &str) {
    for sample in samples() {
        let scope = format!("{}/{}", sample.format, sample.name);
        let fields = [("asset", asset), ("source", sample.format.as_str()), ("scope", scope.as_str())];
        let answer = send(who, sample.bytes, &fields).await;
        assert!(!holds_canary(answer.text.as_bytes()), "{scope}: {}", answer.text);
        answer.expect(202);
        app.settle().await;
    }
}

/// Everything the database holds, as bytes.
async fn everything(database: &TestDatabase) -> Vec<u8> {
    if let Some(path) = database.url().strip_prefix("sqlite://") {
        let mut bytes = Vec::new();
        for end in ["", "-wal"] {
            bytes.extend(std::fs::read(format!("{path}{end}")).unwrap_or_default());
        }
        return bytes;
    }
    let connection = Database::connect(database.url()).await.unwrap();
    let ask = async |sql: String| {
        let rows = connection.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).collect::<Vec<_>>()
    };
    let mut bytes = Vec::new();
    for table in ask("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'".to_owned()).await {
        for row in ask(format!("SELECT CAST(t AS TEXT) FROM \"{table}\" t")).await {
            bytes.extend(row.into_bytes());
        }
    }
    connection.close().await.unwrap();
    bytes
}

/// Confirms every risk, so that each gets a ticket and messages.
async fn confirm_all(app: &TestApp, who: &Person) -> usize {
    let all = risks(who, "state=new").await;
    for risk in &all {
        let path = format!("/api/v1/risks/{}", risk["key"].as_str().unwrap());
        who.api.patch(&path, &json!({"likelihood": 5, "impact": 5, "ticket_wanted": true})).await.expect(200);
        for form in [
            json!({"event": "start_triage"}),
            json!({"event": "confirm", "owner": who.email, "reason": "It is in the report"}),
        ] {
            who.api.post(&format!("{path}/transitions"), &form).await.expect(200);
        }
    }
    app.settle().await;
    all.len()
}

#[tokio::test]
async fn it_is_in_no_table_and_no_answer() {
    let app = TestApp::spawn().await;
    app.asset("web", None).await;
    let first = app.first().await;
    import_all(&app, &first, "web").await;
    assert!(confirm_all(&app, &first).await > 0);
    let mut paths =
        vec!["/api/v1/imports".to_owned(), "/api/v1/gate?asset=web".to_owned(), "/risks".to_owned()];
    paths.extend(EXPORTS.map(str::to_owned));
    let mut confidential = 0;
    for risk in risks(&first, "").await {
        let key = risk["key"].as_str().unwrap().to_owned();
        let risk = first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json();
        confidential += usize::from(risk["confidential"] == true);
        paths.push(format!("/risks/{key}"));
        paths.extend(["", "/findings", "/history", "/sla"].map(|part| format!("/api/v1/risks/{key}{part}")));
    }
    for import in first.api.get("/api/v1/imports?limit=200").await.json()["items"].as_array().unwrap() {
        paths.extend(["", "/plan"].map(|part| format!("/api/v1/imports/{}{part}", import["id"])));
        paths.push(format!("/imports/{}", import["id"]));
    }
    assert!(confidential > 0, "secrets are confidential by themselves");
    for path in paths {
        let client = if path.starts_with("/api/") { &first.api } else { &first.browser };
        assert!(!holds_canary(client.get(&path).await.expect(200).text.as_bytes()), "{path}");
    }
    assert!(!holds_canary(&everything(&app.database).await));
}

/// What people write in a risk is for the inside, whether it is confidential or not.
#[tokio::test]
async fn what_people_write_is_in_no_export() {
    let app = TestApp::spawn().await;
    app.asset("web", None).await;
    let first = app.first().await;
    send(&first, TRIVY, &[("asset", "web"), ("scope", "secrets")]).await.expect(202);
    import(&app, &first, &trivy(&many(1, 2, "MEDIUM")), &[("asset", "web")]).await;
    let said = format!("The password is {CANARY}0123");
    for risk in risks(&first, "").await {
        let path = format!("/api/v1/risks/{}", risk["key"].as_str().unwrap());
        let edit = json!({"title": said, "description": said, "mitigation": said, "plan": said});
        first.api.patch(&path, &edit).await.expect(200);
        first.api.post(&format!("{path}/comments"), &json!({"body": said})).await.expect(201);
        let triage = json!({"event": "start_triage"});
        first.api.post(&format!("{path}/transitions"), &triage).await.expect(200);
    }
    let of =
        async |cve: &str| risks(&first, &format!("cve={cve}")).await[0]["key"].as_str().unwrap().to_owned();
    let dismiss = json!({
        "event": "dismiss", "resolution": "not_affected", "reason": said,
        "evidence": [format!("https://example.org/?said={CANARY}0123")],
        "justification": "component_not_present",
    });
    let confirm = json!({"event": "confirm", "owner": first.email, "reason": said});
    for (cve, form) in [("CVE-2026-1", dismiss), ("CVE-2026-2", confirm)] {
        first.api.post(&format!("/api/v1/risks/{}/transitions", of(cve).await), &form).await.expect(200);
    }
    for path in EXPORTS {
        let document = first.api.get(path).await.expect(200).text;
        assert!(document.contains("CVE-2026-1") && document.contains("CVE-2026-2"), "{document}");
        assert!(document.contains("Update lib2 from"), "{document}");
        assert!(!holds_canary(document.as_bytes()), "{document}");
    }
}

#[tokio::test]
async fn a_kept_file_is_not_readable_in_the_database() {
    let app = TestApp::spawn().await;
    app.asset("web", None).await;
    let first = app.first().await;
    import_all(&app, &first, "web").await;
    for sample in samples() {
        let path = format!("/api/v1/sources/{}", sample.format);
        first.api.patch(&path, &json!({"keep_files": true})).await.expect(200);
    }
    app.pass(Duration::minutes(11)).await;
    import_all(&app, &first, "web").await;
    assert!(!holds_canary(&everything(&app.database).await));
}

#[actix_web::test]
async fn it_is_in_no_ticket() {
    let world = World::start().await;
    import_all(&world.app, &world.first, "shop").await;
    let confirmed = confirm_all(&world.app, &world.first).await;
    let keys = world.site.sandbox.issue_keys();
    assert_eq!(keys.len(), confirmed, "each has a ticket");
    for key in keys {
        let url = format!("{}/rest/api/3/issue/{key}", world.site.url);
        let asked = world.site.http.get(url).basic_auth("abate@sandbox.example", Some("sandbox-token"));
        let issue = asked.send().await.unwrap().error_for_status().unwrap().text().await.unwrap();
        assert!(issue.contains("description") && issue.contains(&key), "{issue}");
        assert!(!holds_canary(issue.as_bytes()), "{issue}");
    }
}

#[tokio::test]
async fn it_is_in_no_message() {
    let workspace = Workspace::start().await;
    let app = &workspace.app;
    app.asset("web", None).await;
    let first = app.first().await;
    import_all(app, &first, "web").await;
    assert!(confirm_all(app, &first).await > 0);
    app.pass(Duration::days(40)).await;
    for who in ["U0ANA", "U0NOBODY"] {
        let said = workspace.page(who).await;
        assert!(!holds_canary(said.as_bytes()), "{said}");
    }
    assert!(workspace.sees("U0ANA").await.contains("late"), "the channel was told");
    assert!(!holds_canary(&everything(&app.database).await));
}

#[tokio::test]
async fn it_is_in_no_log() {
    let database = TestDatabase::create().await;
    let folder = tempfile::tempdir().unwrap();
    for sample in samples() {
        let path = folder.path().join(&sample.name);
        std::fs::write(&path, &sample.bytes).unwrap();
        let arguments =
            ["import", path.to_str().unwrap(), "--asset", "web", "--source", &sample.format, "--json"];
        let outcome = run_with(&database, &arguments, &[("ABATE_LOG", "trace")], "").await;
        assert_eq!(outcome.code, Some(0), "{}: {outcome:?}", sample.name);
        assert!(outcome.stderr.contains("DEBUG"), "it logs in full: {}", outcome.stderr);
        assert!(!holds_canary(outcome.stderr.as_bytes()), "{}: {}", sample.name, outcome.stderr);
        assert!(!holds_canary(outcome.stdout.as_bytes()), "{}: {}", sample.name, outcome.stdout);
    }
}
