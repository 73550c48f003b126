//! Makes reports and sends them.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::harness::http::Answer;

/// A Trivy report on an image with these vulnerabilities: number, severity.
pub(crate) fn trivy(vulnerabilities: &[(u32, &str)]) -> String {
    let list: Vec<Value> = vulnerabilities
        .iter()
        .map(|(number, severity)| {
            json!({
                "VulnerabilityID": format!("CVE-2026-{number}"), "PkgName": format!("lib{number}"), "InstalledVersion": "1.0",
                "FixedVersion": "1.1", "Status": "fixed", "Severity": severity, "Title": format!("lib{number} breaks"),
                "PkgIdentifier": { "PURL": format!("pkg:deb/debian/lib{number}@1.0") }, "CweIDs": ["CWE-79"],
            })
        })
        .collect();
    json!({
        "SchemaVersion": 2, "ArtifactName": "registry.example.com/orchard/api:1.0", "ArtifactType": "container_image",
        "Results": [{ "Target": "orchard (debian 12)", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": list }],
    })
    .to_string()
}

/// Numbers from `from` with one severity.
pub(crate) fn many(from: u32, count: u32, severity: &'static str) -> Vec<(u32, &'static str)> {
    (from..from + count).map(|number| (number, severity)).collect()
}

/// Sends a report.
pub(crate) async fn send(who: &Person, report: impl Into<Vec<u8>>, fields: &[(&str, &str)]) -> Answer {
    let mut form = Form::new();
    for (name, value) in fields {
        form = form.text((*name).to_owned(), (*value).to_owned());
    }
    form = form.part("file", Part::bytes(report.into()).file_name("report.json"));
    who.api.send(who.api.request(Method::POST, "/api/v1/imports").multipart(form)).await
}

/// Sends a report that must be taken, waits until the work is done, and gives the import.
pub(crate) async fn import(app: &TestApp, who: &Person, report: &str, fields: &[(&str, &str)]) -> Value {
    let id = send(who, report, fields).await.expect(202).json()["id"].clone();
    app.settle().await;
    who.api.get(&format!("/api/v1/imports/{id}")).await.expect(200).json()
}

/// The risks that a query finds.
pub(crate) async fn risks(who: &Person, query: &str) -> Vec<Value> {
    let page = who.api.get(&format!("/api/v1/risks?limit=200&{query}")).await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}
