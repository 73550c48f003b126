//! The uploaded file is gone with the import, unless its source is set to keep it.

use abate::access::role::Role;
use abate_entity::{audit_entry, stored_file, stored_file_chunk};
use chrono::Duration;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::json;

use super::report::{import, many, trivy};
use crate::harness::app::TestApp;

#[tokio::test]
async fn a_file_is_kept_encrypted_and_only_where_that_was_set() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let db = app.state.database.reader();
    let report = trivy(&many(1, 3000, "LOW"));
    let gone = import(&app, &first, &report, &[("asset", "web"), ("run", "1")]).await;
    assert_eq!(stored_file::Entity::find().count(db).await.unwrap(), 0);
    first.api.get(&format!("/api/v1/imports/{}/file", gone["id"])).await.expect(404);
    let source = gone["source"].as_str().unwrap();
    let set = first.api.patch(&format!("/api/v1/sources/{source}"), &json!({"keep_files": true})).await;
    assert_eq!(set.expect(200).json()["keep_files"], true);
    app.pass(Duration::minutes(11)).await;
    let kept = import(&app, &first, &report, &[("asset", "web"), ("run", "2")]).await;
    let path = format!("/api/v1/imports/{}/file", kept["id"]);
    let file = first.api.get(&path).await.expect(200);
    assert_eq!(file.text, report);
    assert!(file.header("content-disposition").contains("report.json"));
    let parts = stored_file_chunk::Entity::find().all(db).await.unwrap();
    assert!(parts.len() > 1, "it is stored in parts");
    for part in &parts {
        let found = part.bytes.windows(12).any(|window| window == b"CVE-2026-100");
        assert!(!found, "what is stored is not readable");
    }
    let downloads = audit_entry::Entity::find().filter(audit_entry::Column::Action.eq("import.download"));
    assert_eq!(downloads.count(db).await.unwrap(), 1);
    let triager = app.person("triager@example.org", &[Role::Triager]).await;
    triager.api.get(&path).await.expect(403);
    // Parts that were swapped cannot be opened.
    app.database
        .tamper(
            "UPDATE stored_file_chunk SET ordinal = 99 WHERE ordinal = 0; UPDATE stored_file_chunk SET ordinal = 0 WHERE ordinal = 1",
        )
        .await;
    let broken = first.api.request(reqwest::Method::GET, &path).send().await;
    let read = async { broken.ok()?.text().await.ok() };
    assert_ne!(read.await, Some(report));
}
