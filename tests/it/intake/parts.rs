//! Imports that are too large for one transaction: they are written in parts, and go on after a crash.

use std::time::Duration;

use abate::platform::database::Database;
use abate_entity::{finding, import, job, lease, risk, staged_change};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::report::{many, trivy};
use crate::harness::database::TestDatabase;
use crate::harness::process::{Server, run};

/// More steps of the lifecycle than one transaction takes.
const GOING: u32 = 2_600;
/// What stays.
const STAYING: u32 = 400;

fn write(folder: &tempfile::TempDir, name: &str, report: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, report).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Absences are judged a thousand at a time. Killed in between, the import stands as applying with the rest of its rows,
/// and a server that starts afterwards takes it to its end by itself.
#[tokio::test]
async fn an_import_in_parts_is_rolled_forward_after_a_crash() {
    let database = TestDatabase::create().await;
    let folder = tempfile::tempdir().unwrap();
    let all = write(&folder, "all.json", &trivy(&many(10_000, GOING + STAYING, "LOW")));
    let rest = write(&folder, "rest.json", &trivy(&many(10_000, STAYING, "LOW")));
    run(&database, &["import", &all, "--asset", "web", "--run", "1"]).await.success();
    // Once missing: a quarter and more, which asks only when it would count as gone.
    run(&database, &["import", &rest, "--asset", "web", "--run", "2"]).await.success();
    let asks = run(&database, &["import", &rest, "--asset", "web", "--run", "3", "--json"]).await;
    assert_eq!(asks.code, Some(3), "{asks:?}");

    // The yes of a person, as the page and the API write it.
    let opened = Database::open(database.url()).await.unwrap();
    let waiting = import::Entity::find().filter(import::Column::Run.eq("3")).one(opened.reader()).await;
    let id = waiting.unwrap().unwrap().id;
    opened.close().await.unwrap();
    let mut server = Server::start(&database).await;
    let token = token(&database).await;
    let client = server.client().with_token(&token);
    client.post(&format!("/api/v1/imports/{id}/apply"), &serde_json::json!({})).await.expect(202);
    // Killed while some parts are written, or before or after all of them: each is one of the moments.
    let mut left = GOING;
    for _ in 0..400 {
        left = staged(&database, id).await;
        if left < GOING {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.kill().await;
    let (closed, left_now) = (closed_risks(&database).await, staged(&database, id).await);
    assert!(left_now <= left, "parts came back");
    assert_eq!(closed + left_now, GOING, "half a part is written");

    expire_leases(&database).await;
    server.restart().await;
    for _ in 0..2_000 {
        let now = client.get(&format!("/api/v1/imports/{id}")).await.expect(200).json();
        if now["status"] == "applied" && staged(&database, id).await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let done = client.get(&format!("/api/v1/imports/{id}")).await.expect(200).json();
    assert_eq!(done["status"], "applied", "{done}");
    server.kill().await;
    assert_eq!(closed_risks(&database).await, GOING);
    assert_eq!(staged(&database, id).await, 0);
}

/// A first import above the limit of one transaction: every risk is there once, with its finding and its number.
#[tokio::test]
async fn more_than_fifty_thousand_changes_are_all_there_once() {
    const COUNT: u32 = 50_500;
    let database = TestDatabase::create().await;
    let folder = tempfile::tempdir().unwrap();
    let all = write(&folder, "all.json", &trivy(&many(100_000, COUNT, "LOW")));
    let out = run(&database, &["import", &all, "--asset", "web", "--run", "1"]).await.success();
    assert!(out.contains("50500 created"), "{out}");
    let opened = Database::open(database.url()).await.unwrap();
    let db = opened.reader();
    assert_eq!(risk::Entity::find().count(db).await.unwrap(), u64::from(COUNT));
    assert_eq!(finding::Entity::find().count(db).await.unwrap(), u64::from(COUNT));
    let last = risk::Entity::find().filter(risk::Column::Id.gt(i64::from(COUNT))).count(db).await.unwrap();
    assert_eq!(last, 0, "keys have gaps");
    assert_eq!(staged_change::Entity::find().count(db).await.unwrap(), 0);
    opened.close().await.unwrap();
}

async fn token(database: &TestDatabase) -> String {
    let create = ["user", "create", "--email", "ana@example.com", "--name", "Ana", "--role", "triager"];
    run(database, &create).await.success();
    run(database, &["token", "create", "--user", "ana@example.com"]).await.success().trim().to_owned()
}

/// The lease of a killed server runs out after a minute, which nobody has to wait for here.
async fn expire_leases(database: &TestDatabase) {
    let opened = Database::open(database.url()).await.unwrap();
    let past: chrono::DateTime<chrono::Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    let expired = opened.write(async |tx| {
        job::Entity::update_many()
            .col_expr(job::Column::LeasedUntil, Expr::value(past))
            .filter(job::Column::State.eq("running"))
            .exec(tx)
            .await?;
        lease::Entity::update_many().col_expr(lease::Column::ExpiresAt, Expr::value(past)).exec(tx).await?;
        Ok(())
    });
    expired.await.unwrap();
    opened.close().await.unwrap();
}

async fn closed_risks(database: &TestDatabase) -> u32 {
    let opened = Database::open(database.url()).await.unwrap();
    let closed = risk::Entity::find().filter(risk::Column::State.eq("closed")).count(opened.reader()).await;
    opened.close().await.unwrap();
    u32::try_from(closed.unwrap()).unwrap()
}

async fn staged(database: &TestDatabase, id: i64) -> u32 {
    let opened = Database::open(database.url()).await.unwrap();
    let rows = staged_change::Entity::find().filter(staged_change::Column::ImportId.eq(id));
    let count = rows.count(opened.reader()).await.unwrap();
    opened.close().await.unwrap();
    u32::try_from(count).unwrap()
}
