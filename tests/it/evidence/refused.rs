//! Files that are not what they say, or that would run.

use abate_entity::{evidence, stored_file};
use reqwest::Method;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};

use super::{listed, upload};
use crate::harness::app::TestApp;

#[tokio::test]
async fn a_file_that_lies_or_runs_is_refused_and_nothing_is_kept() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "A risk").await;
    let first = app.first().await;
    for (name, bytes) in [
        ("page.html", b"<p>hello".as_slice()),
        ("shot.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("shot.png", b"<html><script>alert(1)</script>"),
        ("shot.png", b"GIF89a"),
        ("report.pdf", b"<html>%PDF-1.7"),
        ("notes.txt", b"\xef\xbb\xbf<!doctype html><script>alert(1)</script>"),
        ("feed.xml", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("run.txt", b"#!/bin/sh\nrm -rf /"),
        ("tool.exe", b"MZ\x90\x00"),
        ("tool.pdf", b"\x7fELF"),
        ("report.pdf.js", b"alert(1)"),
        ("no-extension", b"text"),
    ] {
        let problem = upload(&first, &key, name, bytes).await.problem(415);
        assert_eq!(problem["errors"][0]["field"], "file", "{name}");
    }
    let empty = upload(&first, &key, "empty.txt", Vec::new()).await.problem(422);
    assert_eq!(empty["errors"][0]["field"], "file");
    let db = app.state.database.reader();
    assert_eq!(evidence::Entity::find().count(db).await.unwrap(), 0);
    assert_eq!(stored_file::Entity::find().count(db).await.unwrap(), 0);
}

/// What is packed is kept as it is; nothing here unpacks it.
#[tokio::test]
async fn an_archive_is_kept_as_it_is() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "A risk").await;
    let first = app.first().await;
    // The head of an entry that claims four gigabytes.
    let mut bomb = b"PK\x03\x04\x14\x00\x00\x00\x08\x00".to_vec();
    bomb.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, b'a']);
    upload(&first, &key, "bomb.zip", bomb.clone()).await.expect(201);
    assert_eq!(listed(&first, &key).await[0]["file"]["size"], bomb.len());
}

#[tokio::test]
async fn a_name_is_one_line_without_a_path() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "A risk").await;
    let first = app.first().await;
    let body = "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"..\\\\..\\\\etc/\u{202e}evil\tx.txt\"\r\n\r\n\
                text\r\n--cut--\r\n";
    let request = first.api.request(Method::POST, &format!("/api/v1/risks/{key}/evidence"));
    let request = request.header("content-type", "multipart/form-data; boundary=cut").body(body);
    let row = first.api.send(request).await.expect(201).json();
    assert_eq!(row["file"]["name"], "evilx.txt");
    let path = format!("/api/v1/risks/{key}/evidence/{}/file", row["id"]);
    let answer = first.api.get(&path).await.expect(200);
    assert_eq!(answer.header("content-disposition"), "attachment; filename*=UTF-8''evilx.txt");
    assert_eq!(answer.text, "text");
}

#[tokio::test]
async fn a_body_that_is_no_form_is_an_answer() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let key = app.risk("shop", "A risk").await;
    let first = app.first().await;
    let send = async |kind: &str, body: &'static str| {
        let request = first.api.request(Method::POST, &format!("/api/v1/risks/{key}/evidence"));
        first.api.send(request.header("content-type", kind).body(body)).await
    };
    send("multipart/form-data; boundary=cut", "--cut\r\nno form").await.problem(400);
    send("multipart/form-data", "x").await.problem(400);
    send("text/plain", "x").await.problem(415);
    send("application/json", "{").await.problem(400);
    let text = "--cut\r\nContent-Disposition: form-data; name=\"titel\"\r\n\r\nx\r\n--cut--\r\n";
    let problem = send("multipart/form-data; boundary=cut", text).await.problem(422);
    assert_eq!(problem["errors"][0]["field"], "titel");
}
