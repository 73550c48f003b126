//! What other systems push: believed, kept once, read through the one door for reports.

mod aws;
mod generic;
mod limit;
mod manage;
mod unread;

use abate::access::role::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::harness::http::Answer;

/// Somebody who may set up hooks and see what they bring.
async fn admin(app: &TestApp) -> Person {
    app.person("admin@example.org", &[Role::Admin, Role::Triager]).await
}

/// Makes a hook.
async fn make(who: &Person, body: Value) -> Value {
    who.api.post("/api/v1/hooks", &body).await.expect(201).json()
}

/// Calls an address of ours from outside.
async fn call(app: &TestApp, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let client = app.visitor();
    let mut request = client.request(Method::POST, path).header("Content-Type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request.body(body.to_owned())).await
}

/// The imports, newest first.
async fn imports(who: &Person) -> Vec<Value> {
    let page = who.api.get("/api/v1/imports").await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

/// An event of GuardDuty, as EventBridge sends it.
fn event(id: &str, severity: f64) -> String {
    json!({
        "version": "0", "id": id, "detail-type": "GuardDuty Finding", "source": "aws.guardduty",
        "detail": {
            "schemaVersion": "2.0", "accountId": "111122223333", "region": "eu-west-1", "partition": "aws",
            "id": "f-1", "type": "Exfiltration:S3/AnomalousBehavior", "severity": severity,
            "title": "Unusual reads of a bucket", "description": "Many objects were read.",
            "resource": { "resourceType": "S3Bucket", "s3BucketDetails": [{ "arn": "arn:aws:s3:::orders" }] },
            "service": { "serviceName": "guardduty", "detectorId": "d", "archived": false, "count": 1 },
        },
    })
    .to_string()
}
