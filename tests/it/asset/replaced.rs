//! Machines come and go; what is wrong with their service stays one risk, on the asset that they belong to.

use abate::asset::matcher;
use abate::asset::matching::MatcherKind;
use serde_json::{Value, json};

use crate::harness::app::TestApp;
use crate::intake::report::{import, risks};

/// A report in which one rule fails on so many machines of each of two services.
fn machines(from: u32, count: u32) -> String {
    let findings: Vec<Value> = (from..from + count)
        .flat_map(|number| {
            [("web", "111122223333"), ("mill", "444455556666")].map(|(service, account)| {
                json!({
                    "title": "A port is open to everybody", "severity": "high", "description": "Close it.",
                    "kind": "misconfiguration", "rule": "open-port", "fingerprint": format!("open-port of {service}"),
                    "resource": format!("arn:aws:ec2:eu-west-1:{account}:instance/i-{number:017x}"),
                })
            })
        })
        .collect();
    json!({ "type": "Orchard scanner", "target": "fleet", "findings": findings }).to_string()
}

#[tokio::test]
async fn replacing_a_thousand_machines_makes_no_new_risk() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let account = app.asset("orchard-account", None).await;
    let found = async |pattern: &str| {
        let add = app
            .state
            .database
            .write(async |tx| matcher::add(tx, account.id, MatcherKind::Arn, pattern).await);
        add.await.unwrap()
    };
    assert!(found("111122223333").await);
    let before = import(&app, &first, &machines(0, 1_000), &[("run", "1")]).await;
    assert_eq!(before["counts"]["created"], 2, "{before}");
    assert_eq!(risks(&first, "asset=orchard-account").await.len(), 1);
    // Nothing says where the machines of the other account belong, so they stay with what was scanned.
    assert_eq!(risks(&first, "asset=fleet").await.len(), 1);
    for (run, from) in [("2", 1_000), ("3", 5_000)] {
        let after = import(&app, &first, &machines(from, 1_000), &[("run", run)]).await;
        let counts = &after["counts"];
        assert_eq!((&counts["created"], &counts["vanished"]), (&json!(0), &json!(0)), "{after}");
    }
    assert_eq!(risks(&first, "").await.len(), 2);
}
