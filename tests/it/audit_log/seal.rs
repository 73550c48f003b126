//! Every entry is sealed once, soon, and nobody who writes one waits for it.

use std::time::Duration as StdDuration;

use abate::access::actor::Via;
use abate::access::role::Role;
use abate::audit_log;
use abate::platform::problem::{Kind as ProblemKind, Problem};
use abate_entity::{audit_checkpoint, audit_entry, audit_seal};
use chrono::Duration;
use futures_util::future::join_all;
use sea_orm::{
    ConnectionTrait as _, Database, EntityTrait as _, PaginatorTrait as _, QueryOrder as _, Statement,
    TransactionTrait as _,
};
use serde_json::json;

use super::{add, sealed, verify};
use crate::harness::app::TestApp;
use crate::harness::database::Kind;

/// How long sealing may take before a test gives up. Generous, for a busy machine; nothing measures it.
const PATIENCE: StdDuration = StdDuration::from_secs(60);

#[tokio::test]
async fn what_people_do_is_sealed_by_itself_and_names_its_request() {
    let app = TestApp::spawn().await;
    app.asset("web", None).await;
    app.risk("web", "Open port").await;
    let by_itself = async {
        while audit_log::seal::waiting(app.state.database.reader()).await.unwrap() > 0 {
            tokio::time::sleep(StdDuration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, by_itself).await.expect("it is sealed in time");
    let (code, report) = verify(&app, &[]).await;
    assert_eq!(code, Some(0), "{report:#}");
    let db = app.state.database.reader();
    let created = audit_entry::Entity::find().order_by_desc(audit_entry::Column::Id).one(db).await.unwrap();
    let created = created.expect("an entry");
    assert_eq!((created.action.as_str(), created.address.as_str()), ("risk.created", "127.0.0.1"));
    assert!(uuid::Uuid::parse_str(&created.request_id).is_ok(), "{created:?}");
    assert!(created.agent.starts_with("token-"), "a token acted for the person: {created:?}");
    let metrics = app.visitor().get("/metrics").await.expect(200).text;
    assert!(metrics.contains("abate_audit_entries_unsealed 0"), "{metrics}");
}

#[tokio::test]
async fn checkpoints_are_signed_at_the_first_seal_then_after_a_while_and_at_the_end() {
    let app = TestApp::spawn().await;
    let signed = async || {
        let rows = audit_checkpoint::Entity::find().order_by_asc(audit_checkpoint::Column::Id);
        let rows = rows.all(app.state.database.reader()).await.unwrap();
        rows.into_iter().map(|row| row.seq).collect::<Vec<_>>()
    };
    add(&app, [1]).await;
    sealed(&app).await;
    assert_eq!(signed().await, [1]);
    add(&app, [2, 3]).await;
    sealed(&app).await;
    assert_eq!(signed().await, [1], "too soon for another one");
    app.time.advance(Duration::minutes(10));
    sealed(&app).await;
    assert_eq!(signed().await, [1, 3]);
    sealed(&app).await;
    assert_eq!(signed().await, [1, 3], "nothing is new");
    add(&app, 10..2010).await;
    sealed(&app).await;
    assert_eq!(signed().await.last(), Some(&2003));
    add(&app, [3000]).await;
    app.end().await;
    let (code, report) = verify(&app, &[]).await;
    assert_eq!(
        (code, report["last_seq"].as_i64(), report["unsealed"].as_i64()),
        (Some(0), Some(2004), Some(0))
    );
}

#[tokio::test]
async fn sixteen_writers_at_once_lose_nothing_and_each_entry_is_sealed_once() {
    let each = if Kind::of_this_run() == Kind::Postgres { 500 } else { 40 };
    let app = TestApp::spawn().await;
    let app = &app;
    let writers = (0..16).map(|writer| async move {
        let mut written = 0_u64;
        for turn in 0..each {
            let subject = format!("writer-{writer}-{turn}");
            let done = app.state.database.write(async |tx| {
                let now = app.state.clock.now();
                let data = json!({"turn": turn});
                audit_log::add_as(tx, None, Via::Command, "test.write", &subject, data, now).await?;
                // Some change their mind, which leaves a hole in the numbers.
                if (writer + turn) % 7 == 3 {
                    return Err(Problem::new(ProblemKind::Conflict, "not this one"));
                }
                Ok(())
            });
            written += u64::from(done.await.is_ok());
        }
        written
    });
    let written: u64 = join_all(writers).await.into_iter().sum();
    sealed(app).await;
    let db = app.state.database.reader();
    assert_eq!(audit_entry::Entity::find().count(db).await.unwrap(), written);
    assert_eq!(audit_seal::Entity::find().count(db).await.unwrap(), written);
    let last = audit_seal::Entity::find().order_by_desc(audit_seal::Column::Seq).one(db).await.unwrap();
    assert_eq!(last.map(|seal| seal.seq), i64::try_from(written).ok(), "no number is left out");
    let (code, report) = verify(app, &[]).await;
    assert_eq!((code, report["checked"].as_u64()), (Some(0), Some(written)), "{report:#}");
}

#[tokio::test]
async fn writers_do_not_wait_while_a_sealer_holds_everything_it_can() {
    if Kind::of_this_run() != Kind::Postgres {
        // SQLite has one writer at a time, whoever that is.
        return;
    }
    let app = TestApp::spawn().await;
    let triager = app.person("tess@example.org", &[Role::Triager]).await;
    app.asset("web", None).await;
    add(&app, [1000]).await;
    sealed(&app).await;
    let other = Database::connect(app.database.url()).await.unwrap();
    let sealer = other.begin().await.unwrap();
    sealer.execute_unprepared("LOCK TABLE audit_seal IN ACCESS EXCLUSIVE MODE").await.unwrap();
    sealer.execute_unprepared("SELECT * FROM lease WHERE name = 'audit_seal' FOR UPDATE").await.unwrap();
    // Nothing of this would end otherwise.
    let form = json!({"asset": "web", "title": "Open port", "likelihood": 4, "impact": 4});
    triager.api.post("/api/v1/risks", &form).await.expect(201);
    let locks = app.state.database.write(async |tx| {
        let now = app.state.clock.now();
        audit_log::add_as(tx, None, Via::Command, "test.write", "x", json!({}), now).await?;
        let sql = "SELECT COUNT(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'audit_seal'::regclass";
        let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
        Ok(row.expect("a row").try_get_by_index::<i64>(0)?)
    });
    assert_eq!(locks.await.unwrap(), 0, "a writer touches no seal");
    sealer.rollback().await.unwrap();
    other.close().await.unwrap();
    sealed(&app).await;
    assert_eq!(verify(&app, &[]).await.0, Some(0));
}
