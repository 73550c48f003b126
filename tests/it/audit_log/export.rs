//! An exported log is verified from its file alone.

use std::path::Path;

use abate::access::role::Role;
use chrono::Duration;
use serde_json::Value;

use super::{add, sealed, unguard, verify};
use crate::harness::app::TestApp;
use crate::harness::process;

/// What `abate verify-log` says of a file, without database and key, and its exit code.
async fn verify_file(text: &str, arguments: &[&str]) -> (Option<i32>, Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.jsonl");
    std::fs::write(&file, text).unwrap();
    let mut command = process::command(&["verify-log", "--json", "--file"]);
    command.arg(&file).args(arguments).current_dir(folder.path());
    command.env("ABATE_DATABASE_URL", "sqlite:///nowhere/at/all.db").env_remove("ABATE_SECRET_KEY");
    let done = process::finish(&mut command, "").await;
    (done.code, serde_json::from_str(&done.stdout).unwrap_or(Value::String(done.stderr)))
}

#[tokio::test]
async fn an_exported_log_is_verified_without_database_and_key() {
    let app = TestApp::spawn().await;
    let ana = app.person("ana@example.org", &[Role::Auditor]).await;
    add(&app, 1..=5).await;
    sealed(&app).await;
    app.time.advance(Duration::days(1));
    // More than are read at once.
    add(&app, 101..=1600).await;
    sealed(&app).await;
    let whole = ana.api.get("/api/v1/audit-log/export").await.expect(200).text;
    let (code, report) = verify_file(&whole, &[]).await;
    // The export itself is written down, sealed and signed first.
    assert_eq!((code, report["checked"].as_u64()), (Some(0), Some(1506)), "{report:#}");
    let public_key = report["public_key"].as_str().unwrap().to_owned();
    assert_eq!(verify(&app, &[]).await.1["public_key"], public_key.as_str());
    assert_eq!(verify_file(&whole, &["--public-key", &public_key]).await.0, Some(0));
    let (code, report) = verify_file(&whole, &["--public-key", &"0".repeat(64)]).await;
    assert_eq!((code, &report["findings"][0]["kind"]), (Some(2), &"forged".into()));

    let part = ana.api.get("/api/v1/audit-log/export?from=2026-03-02&to=2026-03-02").await.expect(200).text;
    let (code, report) = verify_file(&part, &[]).await;
    assert_eq!((code, report["last_seq"].as_i64()), (Some(0), Some(5)));
    let later = ana.api.get("/api/v1/audit-log/export?from=2026-03-03").await.expect(200).text;
    assert_eq!(verify_file(&later, &[]).await.0, Some(0));
    ana.api.get("/api/v1/audit-log/export?from=2027-01-01").await.problem(422);

    // The same by command, which never writes over a file.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.jsonl");
    let export = ["export-log", file.to_str().unwrap()];
    process::run(&app.database, &export).await.success();
    assert_eq!(verify_file(&read(&file), &[]).await.0, Some(0));
    assert_eq!(process::run(&app.database, &export).await.code, Some(1));
}

/// A regression: an export left the checkpoints out that lie beyond the last seal, which are what tells of a cut end.
#[tokio::test]
async fn an_end_that_was_cut_off_is_found_in_the_export_too() {
    let app = TestApp::spawn().await;
    add(&app, 1..=10).await;
    sealed(&app).await;
    app.end().await;
    unguard(&app).await;
    app.database.tamper("DELETE FROM audit_entry WHERE id > 6; DELETE FROM audit_seal WHERE seq > 6").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.jsonl");
    process::run(&app.database, &["export-log", file.to_str().unwrap()]).await.success();
    let (code, report) = verify_file(&read(&file), &[]).await;
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(code, Some(2), "{report:#}");
    assert!(findings.iter().any(|finding| finding["kind"] == "cut"), "{report:#}");
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap()
}

#[tokio::test]
async fn a_changed_file_is_refused_and_a_changed_log_is_told() {
    let app = TestApp::spawn().await;
    let ana = app.person("ana@example.org", &[Role::Auditor]).await;
    add(&app, 1..=10).await;
    sealed(&app).await;
    let whole = ana.api.get("/api/v1/audit-log/export").await.expect(200).text;
    let without_end = &whole[..whole.trim_end().rfind('\n').unwrap() + 1];
    for (damaged, says) in [
        (without_end.to_owned(), "breaks off"),
        (whole.lines().skip(1).collect::<Vec<_>>().join("\n"), "head"),
        (format!("{whole}{whole}"), "end of the log"),
        ("nonsense".to_owned(), "line 1"),
        (String::new(), "breaks off"),
    ] {
        let (code, said) = verify_file(&damaged, &[]).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(said.as_str().unwrap_or_default().contains(says), "{said}");
    }
    let altered = whole.replacen("\"R-4\"", "\"R-5\"", 1);
    assert_ne!(altered, whole);
    let without_one: Vec<_> = whole.lines().filter(|line| !line.contains("\"R-4\"")).collect();
    for (damaged, kind) in [(altered, "altered"), (without_one.join("\n") + "\n", "deleted")] {
        let (code, report) = verify_file(&damaged, &[]).await;
        assert_eq!((code, report["first_bad"].as_i64()), (Some(2), Some(4)), "{report:#}");
        let findings = report["findings"].as_array().unwrap();
        assert_eq!(findings[0]["kind"], kind, "{report:#}");
        let file = findings.last().unwrap()["detail"].as_str().unwrap();
        assert!(file.contains("not as it was written"), "{report:#}");
    }
    app.end().await;
    unguard(&app).await;
    app.database.tamper("UPDATE audit_entry SET subject = 'R-99' WHERE subject = 'R-4'").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.jsonl");
    process::run(&app.database, &["export-log", file.to_str().unwrap()]).await.success();
    let (code, report) = verify_file(&read(&file), &[]).await;
    assert_eq!((code, report["first_bad"].as_i64()), (Some(2), Some(4)), "{report:#}");
}
