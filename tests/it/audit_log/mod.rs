//! The audit log: what is in it, how it is sealed, and how every change of it is found.

mod entries;
mod export;
mod list;
mod seal;
mod tamper;

use abate::audit_log::checkpoint;
use abate::audit_log::seal as sealer;
use abate_entity::audit_entry;
use sea_orm::{ActiveValue::Set, ConnectionTrait as _, DbBackend, DbErr, EntityTrait as _};
use serde_json::{Value, json};

use crate::harness::app::TestApp;
use crate::harness::database::Kind;
use crate::harness::process;

/// Adds entries with these numbers.
async fn add(app: &TestApp, ids: impl IntoIterator<Item = i64>) {
    let now = app.state.clock.now();
    let entry = |id: i64| audit_entry::ActiveModel {
        id: Set(id),
        recorded_at: Set(now),
        actor_id: Set((id % 3 > 0).then_some(id % 3)),
        via: Set("api".to_owned()),
        action: Set("risk.confirm".to_owned()),
        subject: Set(format!("R-{id}")),
        data: Set(json!({"to": "open", "score": 0.1 + 0.2, "n": id, "ü": "a\tb"})),
        request_id: Set(String::new()),
        address: Set(String::new()),
        agent: Set(String::new()),
    };
    let entries: Vec<_> = ids.into_iter().map(entry).collect();
    let added = app.state.database.write(async |tx| {
        audit_entry::Entity::insert_many(entries.clone()).exec_without_returning(tx).await?;
        if tx.get_database_backend() == DbBackend::Postgres {
            // PostgreSQL does not count on from numbers that were given to it.
            let count_on =
                "SELECT setval(pg_get_serial_sequence('audit_entry', 'id'), MAX(id)) FROM audit_entry";
            tx.execute_unprepared(count_on).await?;
        }
        Ok(())
    });
    added.await.expect("entries");
}

/// Waits until every entry is sealed, and the checkpoint that is due then is signed.
async fn sealed(app: &TestApp) {
    let waiting = async || -> Result<i64, DbErr> { sealer::waiting(app.state.database.reader()).await };
    while waiting().await.expect("a count") > 0 {
        // The application's own sealer may be quicker, which is fine.
        sealer::pass(&app.state).await.expect("a pass");
    }
    checkpoint::make(&app.state, false).await.expect("a checkpoint, when one is due");
}

/// What `abate verify-log` says, and its exit code.
async fn verify(app: &TestApp, arguments: &[&str]) -> (Option<i32>, Value) {
    let arguments: Vec<_> = ["verify-log", "--json"].iter().chain(arguments).copied().collect();
    let done = process::run(&app.database, &arguments).await;
    let report = serde_json::from_str(&done.stdout);
    (done.code, report.unwrap_or_else(|error| panic!("{error}: {done:?}")))
}

/// Number and kind of the first thing that does not fit.
fn first(report: &Value) -> (i64, &str) {
    let finding = &report["findings"][0];
    assert_eq!(report["first_bad"], finding["seq"], "{report:#}");
    (finding["seq"].as_i64().unwrap_or(0), finding["kind"].as_str().unwrap_or(""))
}

/// Takes the triggers away that keep the log as it is, as the owner of its tables can.
async fn unguard(app: &TestApp) {
    for table in ["audit_entry", "audit_seal", "audit_checkpoint"] {
        let statements = match Kind::of_this_run() {
            Kind::Postgres => format!("DROP TRIGGER {table}_insert_only ON {table}"),
            Kind::Sqlite => ["update", "delete", "replace"]
                .map(|what| format!("DROP TRIGGER {table}_no_{what};"))
                .join(""),
        };
        app.database.tamper(&statements).await;
    }
}
