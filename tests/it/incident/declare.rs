//! Declaring: what is refused, from what, and who sees it.

use abate::access::role::Role;
use abate_entity::{incident, message, notice};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use serde_json::json;

use super::{declare, led, shown};
use crate::harness::app::TestApp;
use crate::intake::report::{import, trivy};

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_rule_and_nothing_is_written() {
    let (app, first, _) = led().await;
    for (form, field, rule) in [
        (
            json!({"kind": "breach", "title": "x", "aware_at": "2026-03-02T09:00:01Z"}),
            "aware_at",
            json!("past_moment"),
        ),
        (
            json!({"kind": "breach", "title": "x", "aware_at": "1990-03-02T09:00:00Z"}),
            "aware_at",
            json!("past_moment"),
        ),
        (json!({"kind": "leak", "title": "x"}), "kind", json!(null)),
        (json!({"kind": "drill", "title": " "}), "title", json!(null)),
        (json!({"kind": "breach", "title": "x", "risk": "R-77"}), "risk", json!(null)),
        (json!({"kind": "breach", "title": "x", "risk": "R-1", "run": 1}), "risk", json!(null)),
        (json!({"kind": "breach", "title": "x", "finding": 77}), "finding", json!(null)),
        (json!({"kind": "drill", "title": "x", "run": 77}), "run", json!(null)),
        (
            json!({"kind": "breach", "title": "x", "data": [{"data_class": "x", "subjects": "others"}]}),
            "data_class",
            json!(null),
        ),
        (
            json!({"kind": "breach", "title": "x", "data": [{"data_class": "pii", "subjects": "x"}]}),
            "subjects",
            json!(null),
        ),
        (
            json!({"kind": "breach", "title": "x", "data": [{"data_class": "pii", "subjects": "others", "people": -1}]}),
            "people",
            json!(null),
        ),
    ] {
        let problem = first.api.post("/api/v1/incidents", &form).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        assert_eq!(problem["errors"][0]["rule"], rule, "{problem}");
    }
    let all =
        first.api.post("/api/v1/incidents", &json!({"aware_at": "2027-01-01T00:00:00Z"})).await.problem(422);
    assert_eq!(all["errors"].as_array().unwrap().len(), 3, "{all}");
    let db = app.state.database.reader();
    assert_eq!(incident::Entity::find().count(db).await.unwrap(), 0);
    assert_eq!(notice::Entity::find().count(db).await.unwrap(), 0);
}

#[tokio::test]
async fn a_risk_and_a_finding_are_declared_and_the_risk_says_so() {
    let (app, first, _) = led().await;
    app.asset("web", None).await;
    let key = app.risk("web", "Open bucket").await;
    let form = json!({"kind": "breach", "title": "It was read"});
    let made = first.api.post(&format!("/api/v1/risks/{key}/declare"), &form).await.expect(201).json();
    assert_eq!((&made["key"], &made["risk"]), (&json!("I-1"), &json!(key)));
    let history = first.api.get(&format!("/api/v1/risks/{key}/history")).await.expect(200).text;
    assert!(history.contains("incident_declared") && history.contains("I-1"), "{history}");
    import(&app, &first, &trivy(&[(1001, "HIGH")]), &[("asset", "web")]).await;
    let made = first.api.post("/api/v1/findings/1/declare", &form).await.expect(201).json();
    assert_eq!((&made["key"], &made["finding"]), (&json!("I-2"), &json!(1)));
    first.api.post("/api/v1/findings/99/declare", &form).await.problem(404);
    let listed = first.api.get("/api/v1/incidents?limit=1").await.expect(200).json();
    assert_eq!(listed["items"][0]["key"], "I-2");
    let next = format!("/api/v1/incidents?limit=1&cursor={}", listed["next_cursor"].as_str().unwrap());
    assert_eq!(first.api.get(&next).await.expect(200).json()["items"][0]["key"], "I-1");
    first.api.get("/api/v1/incidents?state=lost").await.problem(422);
}

/// What is known of an incident is for its team, and for those who lead or audit.
#[tokio::test]
async fn an_incident_is_seen_by_its_team_and_by_those_who_lead() {
    let app = TestApp::spawn().await;
    let (red, blue) = (app.team("red").await, app.team("blue").await);
    let first = app.first().await;
    let key = declare(&first, json!({"team": "red"})).await["key"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/incidents/{key}");
    let ana = app.member("ana@example.org", &[Role::Engineer], Some(red)).await;
    let bob = app.member("bob@example.org", &[Role::Engineer, Role::Triager], Some(blue)).await;
    let head = app.member("head@example.org", &[Role::HeadOfSecurity], Some(blue)).await;
    let auditor = app.member("audit@example.org", &[Role::Auditor], Some(blue)).await;
    for (who, status) in [(&ana, 200), (&bob, 404), (&head, 200), (&auditor, 200)] {
        who.api.get(&path).await.expect(status);
        who.api.get(&format!("{path}/export")).await.expect(status);
        let listed = who.api.get("/api/v1/incidents").await.expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), usize::from(status == 200), "{}", who.email);
    }
    bob.api.post(&format!("{path}/contain"), &json!({})).await.problem(404);
    // Whoever leads another team sees it, and does not decide about it.
    head.api.post(&format!("{path}/acknowledge"), &json!({})).await.problem(403);
    ana.api
        .post("/api/v1/incidents", &json!({"kind": "breach", "title": "x", "team": "blue"}))
        .await
        .problem(403);
}

/// The canary is in what people wrote, and in no message.
#[tokio::test]
async fn messages_carry_key_kind_and_link_only() {
    let (app, first, _) = led().await;
    app.asset("web", None).await;
    let risk = app.risk("web", "Open bucket").await;
    let made = declare(
        &first,
        json!({
            "title": "Canary title", "description": "Canary text", "risk": risk,
            "data": [{"data_class": "pii", "subjects": "customers", "note": "Canary note"}],
        }),
    )
    .await;
    let key = made["key"].as_str().unwrap();
    let entry = json!({"who": "Canary office", "how": "Canary call", "text": "Canary words"});
    first.api.post(&format!("/api/v1/incidents/{key}/entries"), &entry).await.expect(201);
    app.pass(chrono::Duration::hours(40)).await;
    app.pass(chrono::Duration::hours(40)).await;
    let notices = notice::Entity::find().all(app.state.database.reader()).await.unwrap();
    let of_incident: Vec<_> = notices.iter().filter(|notice| notice.kind.starts_with("incident")).collect();
    assert!(of_incident.len() >= 4, "{notices:?}");
    for notice in of_incident {
        assert!(notice.text.starts_with(&format!("Data breach {key} ")), "{}", notice.text);
        assert!(notice.urgent && notice.link == format!("/incidents/{key}"));
    }
    let messages = message::Entity::find().all(app.state.database.reader()).await.unwrap();
    let told = notices.iter().map(|notice| format!("{} {}", notice.text, notice.link));
    for text in told.chain(messages.iter().map(|message| format!("{} {}", message.text, message.blocks))) {
        assert!(!text.to_lowercase().contains("canary"), "{text}");
    }
    assert!(shown(&first, key).await.to_string().contains("Canary office"));
}
