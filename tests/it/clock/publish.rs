//! A new policy or calendar: looked at, published, worked into the open risks, refused when something is wrong.

use abate_entity::{audit_entry, risk_event, sla_policy};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use super::stage::Stage;

async fn recomputed(stage: &Stage) -> Vec<risk_event::Model> {
    let events = risk_event::Entity::find().filter(risk_event::Column::Kind.eq("recomputed"));
    events.all(stage.app.state.database.reader()).await.unwrap()
}

#[tokio::test]
async fn a_preview_says_what_publishing_does_and_each_risk_keeps_both_dates() {
    let stage = Stage::new().await;
    stage.at("2026-10-05");
    let (high, low) = (stage.open("shop", "high").await, stage.open("shop", "low").await);
    let fresh = stage.record("shop", "medium").await;
    let closed = stage.open("shop", "high").await;
    stage.close(&closed).await;
    let accepted = stage.open("shop", "high").await;
    stage.accept(&accepted, "2026-12-01").await;
    stage.at("2026-10-20");
    let preview = stage.days(&[("high", 10), ("low", 200)]).await;
    let counts = ["open", "changed", "earlier", "later", "becoming_late", "staying_late"];
    assert_eq!(counts.map(|name| preview[name].as_u64().unwrap()), [3, 2, 1, 1, 1, 0], "{preview:#}");
    let item = &preview["items"][0];
    assert_eq!((&item["old_due_on"], &item["new_due_on"]), (&json!("2026-11-04"), &json!("2026-10-15")));
    assert_eq!(item["new_policies"], json!(["standard@2"]));
    for (path, due) in [(&high, "2026-10-15"), (&low, "2027-04-23"), (&closed, "2026-11-04")] {
        assert_eq!(stage.show(path).await["due_on"], due);
    }
    assert_eq!(stage.show(&fresh).await["due_on"], Value::Null);
    let events = recomputed(&stage).await;
    assert_eq!(events.len(), 2, "neither what is closed nor what is accepted");
    assert_eq!(events[0].data["due"]["from"]["due_on"], "2026-11-04");
    assert_eq!(events[0].data["due"]["to"]["policies"], json!(["standard@2"]));
    assert!(stage.because(&high).await.contains("standard@2"));
    // An acceptance that ends then has what the new policy leaves.
    stage.at("2026-12-02");
    abate::acceptance::expire::expire(&stage.app.state).await.unwrap();
    assert_eq!(stage.show(&accepted).await["due_on"], "2026-12-11", "10 days, of which none was used");
    let entries = audit_entry::Entity::find().filter(audit_entry::Column::Action.eq("policy.publish"));
    let entry = entries.one(stage.app.state.database.reader()).await.unwrap().unwrap();
    assert_eq!(
        (entry.subject.as_str(), &entry.data["reason"]),
        ("policy-standard@2", &json!("we agreed on it"))
    );
    assert_eq!(entry.data["before"]["remediation"]["high"], 30);
    assert_eq!(entry.data["after"]["remediation"]["high"], 10);
}

#[tokio::test]
async fn what_is_late_stays_late_when_the_policy_gets_laxer() {
    let stage = Stage::new().await;
    stage.at("2026-10-05");
    let (late, in_time) = (stage.open("shop", "critical").await, stage.open("shop", "high").await);
    stage.at("2026-10-25");
    let preview = stage.days(&[("critical", 90), ("high", 90)]).await;
    assert_eq!((&preview["later"], &preview["staying_late"]), (&json!(1), &json!(1)), "{preview:#}");
    assert_eq!(stage.show(&late).await["due_on"], "2026-10-20");
    assert_eq!(stage.show(&in_time).await["due_on"], "2027-01-03");
    // And so it is after whatever happens to it next.
    stage.step(&stage.first, &late, json!({"event": "start", "plan": "hurry"})).await;
    stage.first.api.patch(&late, &json!({"likelihood": 2, "impact": 2})).await.expect(200);
    assert_eq!(stage.show(&late).await["due_on"], "2026-10-20");
}

#[tokio::test]
async fn triage_is_worked_out_again_too() {
    let stage = Stage::new().await;
    stage.at("2026-10-05");
    let path = stage.record("shop", "high").await;
    let mut data = stage.in_force("sla-policies", "standard").await["data"].clone();
    data["triage_hours"]["high"] = json!(12);
    let preview = stage.publish("sla-policies", "standard", data).await;
    assert_eq!((&preview["earlier"], &preview["items"][0]["clock"]), (&json!(1), &json!("triage")));
    assert_eq!(stage.show(&path).await["triage_due_at"], "2026-10-05T23:00:00Z");
}

#[tokio::test]
async fn what_is_published_is_what_was_looked_at() {
    let stage = Stage::new().await;
    stage.at("2026-10-05");
    stage.open("shop", "high").await;
    let data = json!({"title": "Quick", "remediation": {"high": 5}});
    let look = async || stage.look("sla-policies", "standard", &data).await.expect(200).json();
    let seen = look().await;
    assert_eq!(look().await["digest"], seen["digest"], "nothing happened in between");
    // A regression: one more risk, and nothing could be published.
    stage.open("shop", "high").await;
    assert_eq!(look().await["digest"], seen["digest"], "the risks change all day");
    let other =
        json!({"title": "For some", "remediation": {"low": 9}, "applies": {"only_where_asked": true}});
    stage.publish("sla-policies", "some", other).await;
    let form = json!({"data": data, "digest": seen["digest"], "reason": "we agreed on it"});
    let publish =
        async |form: &Value| stage.first.api.post("/api/v1/sla-policies/standard/publish", form).await;
    publish(&form).await.expect(409);
    let form = json!({"data": data, "digest": look().await["digest"], "reason": " "});
    let refused = publish(&form).await.expect(422).json();
    assert_eq!(refused["errors"][0]["rule"], "reason_given");
    let count = sla_policy::Entity::find().filter(sla_policy::Column::Name.eq("standard"));
    assert_eq!(count.count(stage.app.state.database.reader()).await.unwrap(), 1, "nothing was written");
    let form = json!({"data": data, "digest": look().await["digest"], "reason": "we agreed on it"});
    assert_eq!(publish(&form).await.expect(200).json()["earlier"], 2);
    publish(&form).await.expect(409);
    let unknown = "/api/v1/sla-policies/never_heard_of/publish";
    stage.first.api.post(unknown, &form).await.expect(404);
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_rule_and_nothing_changes() {
    let stage = Stage::new().await;
    let zero = json!({"title": "Never", "remediation": {"high": 0, "worst": 1}});
    let idle = json!({"zone": "Mars/Base", "working_days": []});
    for (kind, name, data, expected) in [
        (
            "sla-policies",
            "standard",
            zero,
            vec![("remediation.high", "term_of_a_policy"), ("remediation.worst", "known_word")],
        ),
        ("calendars", "field_team", idle, vec![("zone", "known_zone"), ("working_days", "works_some_days")]),
        ("calendars", "standard", json!({"zone": "Asia/Tokyo"}), vec![("zone", "zone_of_the_organisation")]),
        (
            "sla-policies",
            "Not A Word",
            json!({"title": "x", "remediation": {"low": 1}}),
            vec![("name", "named")],
        ),
    ] {
        let refused = stage.look(kind, name, &data).await.expect(422).json();
        let errors = refused["errors"].as_array().unwrap().iter();
        let found: Vec<_> =
            errors.map(|error| (error["field"].as_str().unwrap(), error["rule"].as_str().unwrap())).collect();
        assert_eq!(found, expected, "{refused}");
        let form = json!({"name": name, "data": data, "digest": "", "reason": "we agreed on it"});
        stage.first.api.post(&format!("/api/v1/{kind}"), &form).await.expect(422);
    }
    assert_eq!(stage.in_force("sla-policies", "standard").await["version"], 1);
    assert_eq!(stage.in_force("calendars", "field_team").await, Value::Null);
}

#[tokio::test]
async fn the_page_looks_first_and_publishes_then() {
    let stage = Stage::new().await;
    stage.at("2026-10-05");
    let path = stage.open("shop", "high").await;
    // A session of today; that of the beginning has run out.
    let browser = stage.app.first().await.browser;
    let page = browser.get("/settings/policies?kind=policy&name=standard").await.expect(200);
    assert!(page.text.contains("PCI DSS 4.0.1") && page.text.contains("regression_days"), "{}", page.text);
    let data = r#"{"title": "Quick", "remediation": {"high": 5}}"#;
    let fields = [("kind", "policy"), ("name", "standard"), ("data", data)];
    let seen = browser.submit("/settings/policies/preview", &fields).await.expect(200);
    assert!(seen.text.contains("2026") && seen.text.contains("Publish"), "{}", seen.text);
    // What it says otherwise than the version that holds.
    let row = "<th scope=\"row\">Fix of high</th><td data-label=\"Now\">30 days</td><td data-label=\"Then\">5 days</td>";
    assert!(seen.text.contains(row) && seen.text.contains("15 days"), "{}", seen.text);
    let digest = stage.look("sla-policies", "standard", &serde_json::from_str(data).unwrap()).await.json();
    let digest = digest["digest"].as_str().unwrap();
    assert!(seen.text.contains(digest));
    let more = [("digest", digest), ("reason", "we agreed on it")];
    let all: Vec<_> = fields.into_iter().chain(more).collect();
    browser.submit("/settings/policies/publish", &all).await.expect(303);
    stage.app.settle().await;
    assert_eq!(stage.show(&path).await["due_on"], "2026-10-10");
    let wrong =
        [("kind", "policy"), ("name", "standard"), ("data", r#"{"title": "x", "remediation": {"high": 0}}"#)];
    let refused = browser.submit("/settings/policies/preview", &wrong).await.expect(422);
    assert!(refused.text.contains("remediation.high"), "{}", refused.text);
}
