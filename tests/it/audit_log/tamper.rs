//! Each way to change the log is refused by the database, and found by `abate verify-log` where it was done all the same.

use abate_entity::{audit_checkpoint, audit_entry, audit_seal};
use chrono::Duration;
use sea_orm::{ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _};

use super::{add, first, sealed, unguard, verify};
use crate::harness::app::TestApp;
use crate::harness::database::Kind;

#[tokio::test]
async fn every_kind_of_tampering_is_named_at_its_first_number() {
    let app = TestApp::spawn().await;
    // Numbers with holes, as transactions that were rolled back leave them.
    add(&app, (1..=39).map(|n| n * 2)).await;
    sealed(&app).await;
    app.time.advance(Duration::minutes(1));
    add(&app, [80]).await;
    sealed(&app).await;
    app.end().await;
    let (code, report) = verify(&app, &[]).await;
    assert_eq!((code, &report["sound"], report["checked"].as_u64()), (Some(0), &true.into(), Some(40)));
    assert_eq!(report["unsealed"], 0);

    unguard(&app).await;
    let entry_of = |seq: i64| format!("(SELECT entry_id FROM audit_seal WHERE seq = {seq})");
    let steps = [
        ("DELETE FROM audit_entry WHERE id >= 78; DELETE FROM audit_seal WHERE seq >= 39".to_owned(), 39, "cut"),
        (format!("UPDATE audit_entry SET subject = 'R-999' WHERE id = {}", entry_of(37)), 37, "altered"),
        (format!("UPDATE audit_entry SET data = '{{\"n\": 0}}' WHERE id = {}", entry_of(36)), 36, "altered"),
        (format!("UPDATE audit_entry SET actor_id = NULL WHERE id = {}", entry_of(35)), 35, "altered"),
        (format!("DELETE FROM audit_entry WHERE id = {}", entry_of(33)), 33, "deleted"),
        (
            format!("DELETE FROM audit_entry WHERE id = {}; DELETE FROM audit_seal WHERE seq = 30", entry_of(30)),
            30,
            "deleted",
        ),
        (
            "UPDATE audit_seal SET seq = -1 WHERE seq = 26; UPDATE audit_seal SET seq = 26 WHERE seq = 27; \
             UPDATE audit_seal SET seq = 27 WHERE seq = -1"
                .to_owned(),
            26,
            "reordered",
        ),
        (
            "INSERT INTO audit_entry (id, recorded_at, via, action, subject, data, request_id, address) \
             SELECT 43, recorded_at, via, action, 'R-7', data, request_id, address FROM audit_entry WHERE id = 42"
                .to_owned(),
            22,
            "inserted",
        ),
        (format!("UPDATE audit_seal SET hash = '{}' WHERE seq = 18", "0".repeat(64)), 18, "altered"),
        (format!("UPDATE audit_seal SET previous = '{}' WHERE seq = 14", "0".repeat(64)), 14, "reordered"),
        ("UPDATE audit_entry SET recorded_at = '2026-03-02T10:00:00+00:00' WHERE id = 8".to_owned(), 4, "altered"),
    ];
    for (statements, seq, kind) in steps {
        app.database.tamper(&statements).await;
        let (code, report) = verify(&app, &[]).await;
        assert_eq!((code, first(&report)), (Some(2), (seq, kind)), "{statements}: {report:#}");
    }
    // In words, too, and from a later number on.
    let (code, report) = verify(&app, &["--from", "15"]).await;
    assert_eq!((code, first(&report)), (Some(2), (18, "altered")), "{report:#}");
}

#[tokio::test]
async fn the_database_refuses_to_change_the_log() {
    let app = TestApp::spawn().await;
    add(&app, 1..=5).await;
    sealed(&app).await;
    let mut statements: Vec<String> = Vec::new();
    for (table, column) in [("audit_entry", "via"), ("audit_seal", "hash"), ("audit_checkpoint", "hash")] {
        statements.push(format!("UPDATE {table} SET {column} = 'x'"));
        statements.push(format!("DELETE FROM {table}"));
        statements.push(match Kind::of_this_run() {
            Kind::Postgres => format!("TRUNCATE {table}"),
            Kind::Sqlite => format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}"),
        });
    }
    for statement in &statements {
        let tried = app.state.database.write(async |tx| Ok(tx.execute_unprepared(statement).await?)).await;
        let cause = tried.expect_err(statement).cause().map(ToString::to_string).unwrap_or_default();
        assert!(cause.contains("insert-only"), "{statement}: {cause}");
    }
    let db = app.state.database.reader();
    assert_eq!(audit_entry::Entity::find().count(db).await.unwrap(), 5);
    assert_eq!(audit_seal::Entity::find().count(db).await.unwrap(), 5);
    assert!(audit_checkpoint::Entity::find().count(db).await.unwrap() >= 1);
    assert_eq!(verify(&app, &[]).await.0, Some(0));
}

#[tokio::test]
async fn an_end_cut_off_with_its_checkpoints_is_found_by_those_kept_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoints.jsonl");
    let file = file.to_str().unwrap();
    let app = TestApp::spawn_with(&[("ABATE_AUDIT__CHECKPOINT_FILE", file)]).await;
    add(&app, 1..=10).await;
    sealed(&app).await;
    app.end().await;
    assert_eq!(verify(&app, &["--checkpoint", file]).await.0, Some(0));
    unguard(&app).await;
    app.database
        .tamper("DELETE FROM audit_entry WHERE id > 6; DELETE FROM audit_seal WHERE seq > 6; DELETE FROM audit_checkpoint")
        .await;
    assert_eq!(verify(&app, &[]).await.0, Some(0), "nothing in the database tells of it");
    let (code, report) = verify(&app, &["--checkpoint", file]).await;
    assert_eq!((code, first(&report)), (Some(2), (7, "cut")));
}

#[tokio::test]
async fn a_checkpoint_that_somebody_else_signed_is_forged() {
    let app = TestApp::spawn().await;
    add(&app, 1..=3).await;
    sealed(&app).await;
    app.end().await;
    unguard(&app).await;
    let zeros = "0".repeat(128);
    app.database.tamper(&format!("UPDATE audit_checkpoint SET signature = '{zeros}'")).await;
    let (code, report) = verify(&app, &[]).await;
    assert_eq!((code, first(&report).1), (Some(2), "forged"), "{report:#}");
    // With another key, too, whose signature would be a fitting one.
    app.database.tamper(&format!("UPDATE audit_checkpoint SET public_key = '{}'", "0".repeat(64))).await;
    assert_eq!(first(&verify(&app, &[]).await.1).1, "forged");
}
