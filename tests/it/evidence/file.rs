//! Files: round trip, headers, who may read them, and what becomes of those that nobody claims.

use abate::access::role::Role;
use abate::file::store::{self, NewFile};
use abate_entity::{audit_entry, stored_file, stored_file_chunk};
use chrono::Duration;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{attach, listed, upload};
use crate::harness::app::TestApp;

/// The largest file that is taken.
const MOST: usize = 25 * 1024 * 1024;

/// Bytes that look like a zip and do not repeat.
fn archive(length: usize) -> Vec<u8> {
    let mut seed = 7_u64;
    let noise = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        seed.to_be_bytes()[0]
    });
    b"PK\x03\x04".iter().copied().chain(noise).take(length).collect()
}

#[tokio::test]
async fn the_largest_file_comes_back_as_it_was_and_is_kept_in_sealed_parts() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "A risk").await;
    let first = app.first().await;
    let bytes = archive(MOST);
    let row = upload(&first, &key, "scan.zip", bytes.clone()).await.expect(201).json();
    let digest = hex::encode(Sha256::digest(&bytes));
    assert_eq!(
        row["file"],
        json!({
            "name": "scan.zip", "media_type": "application/zip", "size": MOST, "sha256": digest,
        })
    );
    assert_eq!(
        (&row["kind"], &row["title"], &row["counts"]),
        (&json!("file"), &json!("scan.zip"), &json!(true))
    );
    let path = format!("/api/v1/risks/{key}/evidence/{}/file", row["id"]);
    let answer = first.api.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(answer.headers()["content-length"], MOST.to_string().as_str());
    assert!(answer.bytes().await.unwrap() == bytes, "the bytes are those that were sent");
    // Memory holds one part at a time, and what is stored is not readable.
    let parts = stored_file_chunk::Entity::find().all(app.state.database.reader()).await.unwrap();
    assert_eq!(parts.len(), MOST / (256 * 1024));
    assert!(parts.iter().all(|part| part.bytes.len() < 257 * 1024 && !part.bytes.starts_with(b"PK")));
    let too_large = upload(&first, &key, "larger.zip", archive(MOST + 1)).await.problem(413);
    assert_eq!(too_large["errors"][0]["field"], "file");
    assert_eq!(listed(&first, &key).await.len(), 1);
}

#[tokio::test]
async fn a_file_goes_out_as_an_attachment_only_and_each_download_is_in_the_log() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "A risk").await;
    let first = app.first().await;
    let bytes = b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script>".as_slice();
    let row = upload(&first, &key, "n\u{e4}he.png", bytes).await.expect(201).json();
    let answer =
        first.browser.get(&format!("/api/v1/risks/{key}/evidence/{}/file", row["id"])).await.expect(200);
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("content-disposition", "attachment; filename*=UTF-8''n%C3%A4he.png"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-store"),
        ("etag", &format!("\"{}\"", row["file"]["sha256"].as_str().unwrap())),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let entries = audit_entry::Entity::find().filter(audit_entry::Column::Action.eq("evidence.download"));
    let entries = entries.all(app.state.database.reader()).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!((&entries[0].subject, &entries[0].data["file"]), (&key, &row["file"]["sha256"]));
}

#[tokio::test]
async fn a_file_is_read_by_those_who_see_its_risk_and_under_no_other_risk() {
    let app = TestApp::spawn().await;
    let (red, blue) = (app.team("red").await, app.team("blue").await);
    app.asset("red-shop", Some(red)).await;
    app.asset("blue-shop", Some(blue)).await;
    let (own, other) = (app.risk("red-shop", "Ours").await, app.risk("blue-shop", "Theirs").await);
    let first = app.first().await;
    let row = upload(&first, &other, "a.txt", "secret of blue").await.expect(201).json();
    let ana = app.member("ana@example.org", &[Role::Engineer], Some(red)).await;
    for key in [&own, &other] {
        ana.api.get(&format!("/api/v1/risks/{key}/evidence/{}/file", row["id"])).await.problem(404);
        let withdraw = format!("/api/v1/risks/{key}/evidence/{}/withdraw", row["id"]);
        ana.api.post(&withdraw, &json!({"reason": "x"})).await.problem(404);
    }
    upload(&ana, &other, "b.txt", "b").await.problem(404);
    attach(&ana, &other, &json!({"title": "x"})).await.problem(404);
}

#[tokio::test]
async fn the_same_file_stands_once_on_a_risk_until_it_is_withdrawn() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let (key, other) = (app.risk("shop", "One").await, app.risk("shop", "Two").await);
    let first = app.first().await;
    let row = upload(&first, &key, "a.txt", "same").await.expect(201).json();
    let again = upload(&first, &key, "b.txt", "same").await.problem(409);
    assert_eq!(again["evidence"], row["id"]);
    upload(&first, &other, "a.txt", "same").await.expect(201);
    let withdraw = format!("/api/v1/risks/{key}/evidence/{}/withdraw", row["id"]);
    let why = first.api.post(&withdraw, &json!({"reason": " "})).await.problem(422);
    assert_eq!(why["errors"][0]["field"], "reason");
    let gone = first.api.post(&withdraw, &json!({"reason": "of another risk"})).await.expect(200).json();
    assert_eq!(gone["withdrawn"]["by"], "first@example.org");
    first.api.post(&withdraw, &json!({"reason": "again"})).await.problem(409);
    upload(&first, &key, "a.txt", "same").await.expect(201);
    let history = first.api.get(&format!("/api/v1/risks/{key}/history")).await.expect(200).text;
    assert!(history.contains("evidence_withdrawn") && history.contains("of another risk"), "{history}");
}

#[tokio::test]
async fn what_nothing_claims_is_gone_after_a_day() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "A risk").await;
    let first = app.first().await;
    upload(&first, &key, "a.txt", "stays").await.expect(201);
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, b"cut off").unwrap();
    let new = NewFile { name: "lost.txt", media_type: "text/plain", created_by: None };
    let lost = store::put(&app.state, new, file).await.unwrap();
    app.pass(Duration::hours(23)).await;
    let db = app.state.database.reader();
    assert_eq!(stored_file::Entity::find().count(db).await.unwrap(), 2);
    app.pass(Duration::hours(2)).await;
    let left = stored_file::Entity::find().all(db).await.unwrap();
    assert_eq!(left.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["a.txt"]);
    let of_lost = stored_file_chunk::Entity::find().filter(stored_file_chunk::Column::FileId.eq(lost.id));
    assert_eq!(of_lost.count(db).await.unwrap(), 0);
}

#[tokio::test]
async fn the_page_takes_a_file_and_shows_what_people_wrote_as_text() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "A risk").await;
    let browser = app.first().await.browser;
    let path = format!("/risks/{key}/evidence");
    let file = || Part::bytes(b"%PDF-1.7".as_slice()).file_name("<script>alert(1)<script>.pdf");
    browser.submit_parts(&path, Form::new().part("file", file())).await.expect(303);
    let none = || Part::bytes(Vec::new()).file_name("");
    let note = Form::new().text("title", "<b>said</b>").part("file", none()).text("url", "");
    browser.submit_parts(&path, note).await.expect(303);
    browser.submit_parts(&path, Form::new().text("title", " ").part("file", none())).await.expect(422);
    let both = Form::new().part("file", file()).text("url", "https://example.org");
    browser.submit_parts(&path, both).await.expect(422);
    let page = browser.get(&format!("/risks/{key}")).await.expect(200).text;
    assert!(page.contains("&#60;script&#62;alert(1)") && !page.contains("<b>said"), "{page}");
    assert!(page.contains(&format!("/api/v1/risks/{key}/evidence/1/file")), "{page}");
    let withdraw = format!("{path}/1/withdraw");
    browser.submit(&withdraw, &[("reason", "wrong <i>one</i>")]).await.expect(303);
    let page = browser.get(&format!("/risks/{key}")).await.expect(200).text;
    assert!(page.contains("wrong &#60;i&#62;one") && !page.contains("evidence/1/file"), "{page}");
}
