//! A process that is killed leaves an import that is there as a whole, or not at all.

use std::time::Duration;

use abate::platform::database::Database;
use abate_entity::{finding, import, risk, risk_event, risk_identity, staged_change};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::report::{many, trivy};
use crate::harness::database::TestDatabase;
use crate::harness::process::{command, run};

const FINDINGS: u64 = 1_500;

/// Kills the command at growing moments of its work; afterwards a second call brings the import to its end.
#[tokio::test]
async fn an_import_that_was_killed_is_whole_after_the_next_one() {
    for delay in [30, 120, 300, 600] {
        let database = TestDatabase::create().await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        std::fs::write(&path, trivy(&many(8000, FINDINGS as u32, "HIGH"))).unwrap();
        let mut child = command(&["import", path.to_str().unwrap(), "--asset", "web"])
            .env("ABATE_DATABASE_URL", database.url())
            .current_dir(folder.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(delay)).await;
        // It may be done by now, which is one of the moments too.
        drop(child.kill().await);
        let before = counts(&database).await;
        assert!(
            before.iter().all(|count| *count == before[0]),
            "half an import after {delay} ms: {before:?}"
        );
        assert!(before[0] == 0 || before[0] == FINDINGS, "{before:?}");

        run(&database, &["import", path.to_str().unwrap(), "--asset", "web", "--run", "after"])
            .await
            .success();
        assert_eq!(counts(&database).await, [FINDINGS; 4], "killed after {delay} ms");
        let opened = Database::open(database.url()).await.unwrap();
        let last = import::Entity::find().filter(import::Column::Run.eq("after")).one(opened.reader()).await;
        let last = last.unwrap().unwrap();
        assert_eq!(last.status, "applied");
        let staged = staged_change::Entity::find().filter(staged_change::Column::ImportId.eq(last.id));
        assert_eq!(staged.count(opened.reader()).await.unwrap(), 0);
        opened.close().await.unwrap();
    }
}

async fn counts(database: &TestDatabase) -> [u64; 4] {
    let opened = Database::open(database.url()).await.unwrap();
    let db = opened.reader();
    let counts = [
        risk::Entity::find().count(db).await.unwrap(),
        finding::Entity::find().count(db).await.unwrap(),
        risk_identity::Entity::find().count(db).await.unwrap(),
        risk_event::Entity::find().count(db).await.unwrap(),
    ];
    opened.close().await.unwrap();
    counts
}
