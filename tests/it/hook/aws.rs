//! SNS and EventBridge. A double serves the certificate and takes the confirmation.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use abate_integrations::sns::SnsMessage;
use base64::Engine as _;
use chrono::{DateTime, Utc};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use super::{admin, call, event, imports, make};
use crate::harness::app::TestApp;

pub(super) const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:findings";
const CERTIFICATE_PATH: &str = "/SimpleNotificationService-0a1b.pem";
const CERTIFICATE: &[u8] = include_bytes!("../../fixtures/sns/certificate.pem");
const SIGNING_KEY: &[u8] = include_bytes!("../../fixtures/sns/signing_key.der");

/// Serves the certificate at any address that ends in `.pem`, and 200 elsewhere.
pub(super) struct Amazon {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Amazon {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut request = Vec::new();
                let mut buffer = [0; 2048];
                while !request.windows(4).any(|window| window == b"\r\n\r\n") {
                    match stream.read(&mut buffer) {
                        Ok(0) | Err(_) => break,
                        Ok(count) => request.extend_from_slice(&buffer[..count]),
                    }
                }
                let text = String::from_utf8_lossy(&request).into_owned();
                let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
                let body =
                    if path.ends_with(".pem") { CERTIFICATE } else { b"<ConfirmSubscriptionResponse/>" };
                log.lock().unwrap().push(path);
                let head =
                    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(&[head.as_bytes(), body].concat());
            }
        });
        Self { address, asked }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }

    /// A message that somebody still has to sign.
    pub(super) fn unsigned(&self, kind: &str, id: &str, time: DateTime<Utc>) -> Value {
        self.message(kind, id, "x", &time.to_rfc3339())
    }

    fn message(&self, kind: &str, id: &str, text: &str, time: &str) -> Value {
        let mut message = json!({
            "Type": kind, "MessageId": id, "TopicArn": TOPIC, "Message": text, "Timestamp": time,
            "SignatureVersion": "2", "Signature": "", "SigningCertURL": self.url(CERTIFICATE_PATH),
        });
        if kind != "Notification" {
            message["Token"] = json!("t");
            message["SubscribeURL"] = json!(self.url("/confirm?Token=t"));
        }
        sign(&mut message);
        message
    }
}

pub(super) fn sign(message: &mut Value) {
    let text = SnsMessage::parse(message.to_string().as_bytes()).unwrap().signed_text();
    let key = RsaKeyPair::from_pkcs8(SIGNING_KEY).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    message["Signature"] = json!(base64::engine::general_purpose::STANDARD.encode(signature));
}

pub(super) async fn send(app: &TestApp, message: &Value) -> u16 {
    let kind = message["Type"].as_str().unwrap().to_owned();
    call(app, "/hooks/aws/1", &[("x-amz-sns-message-type", &kind)], &message.to_string()).await.status
}

pub(super) async fn app() -> TestApp {
    TestApp::spawn_with(&[("ABATE_HOOKS__AWS_HOSTS", "127.0.0.1"), ("ABATE_OUTGOING_ALLOW", "127.0.0.0/8")])
        .await
}

#[actix_web::test]
async fn a_subscription_is_confirmed_and_a_signed_finding_becomes_a_risk_once() {
    let (app, amazon) = (app().await, Amazon::start());
    let admin = admin(&app).await;
    make(&admin, json!({"kind": "aws", "name": "aws", "topic": TOPIC})).await;
    let now = app.state.clock.now().to_rfc3339();
    assert_eq!(send(&app, &amazon.message("SubscriptionConfirmation", "c-1", "x", &now)).await, 202);
    app.settle().await;
    assert_eq!(amazon.asked("/confirm?Token=t"), 1);
    let finding = amazon.message("Notification", "m-1", &event("e-1", 8.0), &now);
    for _ in 0..2 {
        assert_eq!(send(&app, &finding).await, 202);
    }
    app.settle().await;
    let all = imports(&admin).await;
    assert_eq!((all.len(), &all[0]["format"]), (1, &json!("guardduty")));
    assert_eq!(all[0]["counts"]["findings"], 1);
    assert_eq!(amazon.asked(CERTIFICATE_PATH), 1, "a certificate that was believed is not fetched again");
}

#[actix_web::test]
async fn what_is_forged_old_foreign_or_of_another_topic_is_not_believed() {
    let (app, amazon) = (app().await, Amazon::start());
    let admin = admin(&app).await;
    make(&admin, json!({"kind": "aws", "name": "aws", "topic": TOPIC})).await;
    let now = app.state.clock.now();
    let good = |id: &str| amazon.message("Notification", id, &event("e-1", 8.0), &now.to_rfc3339());
    let mut forged = good("m-1");
    forged["Message"] = json!(event("e-1", 1.0));
    let old = (now - chrono::Duration::minutes(61)).to_rfc3339();
    let old = amazon.message("Notification", "m-2", &event("e-1", 8.0), &old);
    let mut foreign = good("m-3");
    foreign["SigningCertURL"] =
        json!(format!("http://localhost:{}{CERTIFICATE_PATH}", amazon.address.port()));
    let mut other = good("m-4");
    other["TopicArn"] = json!("arn:aws:sns:eu-west-1:999999999999:mine");
    sign(&mut other);
    let mut unsigned = good("m-5");
    unsigned["Signature"] = json!("");
    let mut version = good("m-6");
    version["SignatureVersion"] = json!("3");
    let asked = amazon.asked(CERTIFICATE_PATH);
    for (name, message) in [
        ("forged", forged),
        ("old", old),
        ("foreign", foreign),
        ("other", other),
        ("unsigned", unsigned),
        ("version", version),
    ] {
        assert_eq!(send(&app, &message).await, 401, "{name}");
    }
    // Only what could be Amazon's was worth a look at the certificate.
    assert_eq!(amazon.asked(CERTIFICATE_PATH) - asked, 3);
    let mut elsewhere = amazon.message("SubscriptionConfirmation", "c-1", "x", &now.to_rfc3339());
    elsewhere["SubscribeURL"] = json!("https://example.org/confirm");
    sign(&mut elsewhere);
    assert_eq!(send(&app, &elsewhere).await, 401);
    app.settle().await;
    assert_eq!(imports(&admin).await.len(), 0);
}

#[actix_web::test]
async fn a_hook_without_topic_believes_no_topic() {
    let (app, amazon) = (app().await, Amazon::start());
    let admin = admin(&app).await;
    make(&admin, json!({"kind": "aws", "name": "aws"})).await;
    let now = app.state.clock.now().to_rfc3339();
    assert_eq!(send(&app, &amazon.message("Notification", "m-1", &event("e-1", 8.0), &now)).await, 401);
}

#[actix_web::test]
async fn an_api_destination_carries_the_secret_and_repeats_itself_by_the_events_id() {
    let app = TestApp::spawn().await;
    let admin = admin(&app).await;
    let hook = make(&admin, json!({"kind": "aws", "name": "events"})).await;
    let headers = [("X-Abate-Secret", hook["secret"].as_str().unwrap())];
    assert_eq!(call(&app, "/hooks/aws/1", &[], &event("e-1", 8.0)).await.status, 401);
    assert_eq!(call(&app, "/hooks/aws/1", &headers, "{").await.status, 400);
    for id in ["e-1", "e-1", "e-2"] {
        assert_eq!(call(&app, "/hooks/aws/1", &headers, &event(id, 8.0)).await.status, 202);
    }
    app.settle().await;
    let all = imports(&admin).await;
    assert_eq!(all.len(), 2, "{all:?}");
}
