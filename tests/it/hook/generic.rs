//! Senders that carry the secret, or sign with it.

use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;

use super::{admin, call, event, imports, make};
use crate::harness::app::TestApp;
use crate::intake::report::{risks, trivy};

fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{timestamp}.{body}").as_bytes());
    format!("v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[actix_web::test]
async fn a_report_comes_in_once_with_the_secret_and_never_without() {
    let app = TestApp::spawn().await;
    let admin = admin(&app).await;
    let hook = make(&admin, json!({"kind": "generic", "name": "Nightly scan", "asset": "orchard"})).await;
    let (path, secret) = ("/hooks/generic/1", hook["secret"].as_str().unwrap());
    let bearer = format!("Bearer {secret}");
    let report = trivy(&[(1, "HIGH"), (2, "MEDIUM")]);
    for headers in [
        vec![],
        vec![("Authorization", "Bearer ")],
        vec![("Authorization", "Bearer wrong")],
        vec![("X-Abate-Secret", "")],
        vec![("X-Abate-Signature", "v1="), ("X-Abate-Timestamp", "1772442000")],
    ] {
        assert_eq!(call(&app, path, &headers, &report).await.status, 401, "{headers:?}");
    }
    let headers = [("Authorization", bearer.as_str()), ("X-Abate-Delivery", "run-7")];
    for _ in 0..2 {
        assert_eq!(call(&app, path, &headers, &report).await.status, 202);
    }
    app.settle().await;
    let all = imports(&admin).await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!((&all[0]["source"], &all[0]["complete"]), (&json!("nightly scan"), &json!(false)));
    assert_eq!(risks(&admin, "asset=orchard").await.len(), 2);
    // Less in the next delivery closes nothing.
    let fewer = trivy(&[(1, "HIGH")]);
    assert_eq!(call(&app, path, &headers[..1], &fewer).await.status, 202);
    app.settle().await;
    let all = imports(&admin).await;
    assert_eq!((all.len(), &all[0]["counts"]["vanished"]), (2, &json!(0)));
}

#[actix_web::test]
async fn a_signature_is_taken_while_it_is_fresh_and_over_this_body() {
    let app = TestApp::spawn().await;
    let admin = admin(&app).await;
    let hook = make(&admin, json!({"kind": "generic", "name": "signed"})).await;
    let secret = hook["secret"].as_str().unwrap();
    let (path, body) = ("/hooks/generic/1", event("e-1", 8.0));
    let now = app.state.clock.now().timestamp();
    let (fresh, old) = (now.to_string(), (now - 301).to_string());
    let right = signature(secret, &fresh, &body);
    let send = async |timestamp: &str, signature: &str, body: &str| {
        let headers = [("X-Abate-Timestamp", timestamp), ("X-Abate-Signature", signature)];
        call(&app, path, &headers, body).await.status
    };
    assert_eq!(send(&old, &signature(secret, &old, &body), &body).await, 401);
    assert_eq!(send(&fresh, &right, &format!("{body} ")).await, 401);
    assert_eq!(send(&fresh, &signature("", &fresh, &body), &body).await, 401);
    assert_eq!(send(&fresh, &right, &body).await, 202);
    app.settle().await;
    assert_eq!(imports(&admin).await.len(), 1);
}

#[actix_web::test]
async fn what_cannot_be_read_is_told_on_the_hook() {
    let app = TestApp::spawn().await;
    let admin = admin(&app).await;
    let hook = make(&admin, json!({"kind": "generic", "name": "broken"})).await;
    let bearer = format!("Bearer {}", hook["secret"].as_str().unwrap());
    let headers = [("Authorization", bearer.as_str())];
    assert_eq!(call(&app, "/hooks/generic/1", &headers, "{\"hello\": 1}").await.status, 202);
    assert_eq!(call(&app, "/hooks/generic/1", &headers, "").await.status, 400);
    app.settle().await;
    let shown = admin.api.get("/api/v1/hooks/1").await.expect(200).json();
    assert_eq!(shown["failed"], 1);
    assert!(shown["problem"].as_str().unwrap().contains("not known"), "{shown}");
}

#[actix_web::test]
async fn datadog_sends_what_the_template_asks_for() {
    let app = TestApp::spawn().await;
    let admin = admin(&app).await;
    let hook = make(&admin, json!({"kind": "datadog", "name": "datadog"})).await;
    let secret = hook["secret"].as_str().unwrap();
    let template = admin.api.get("/api/v1/connections/datadog-template").await.expect(200).json();
    let filled = template
        .to_string()
        .replace("$SECURITY_SIGNAL_ID", "AQAA-1")
        .replace("$SECURITY_SIGNAL_SEVERITY", "high")
        .replace("$SECURITY_SIGNAL_TITLE", "Credential stuffing")
        .replace("$SECURITY_RULE_ID", "aaa-1")
        .replace("$TAGS", "service:login,technique:t1110-brute-force");
    assert_eq!(call(&app, "/hooks/datadog/1", &[], &filled).await.status, 401);
    let headers = [("X-Abate-Secret", secret)];
    assert_eq!(call(&app, "/hooks/datadog/1", &headers, "no json").await.status, 400);
    for _ in 0..2 {
        assert_eq!(call(&app, "/hooks/datadog/1", &headers, &filled).await.status, 202);
    }
    app.settle().await;
    let all = imports(&admin).await;
    assert_eq!((all.len(), &all[0]["format"]), (1, &json!("datadog")));
}
