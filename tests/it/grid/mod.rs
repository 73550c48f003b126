//! Grids: what another one would change, and putting it into force.

use abate::access::role::Role;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};

/// Likelihood and impact of thirteen risks of a workshop.
const SCORES: [(u8, u8); 13] =
    [(4, 4), (3, 5), (3, 4), (4, 2), (4, 2), (4, 4), (3, 5), (3, 4), (3, 3), (3, 4), (3, 5), (2, 5), (2, 4)];

/// An application with the thirteen risks; their keys in order.
async fn with_risks() -> (TestApp, Person, Vec<String>) {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("shop", None).await;
    let mut keys = Vec::new();
    for (likelihood, impact) in SCORES {
        let form =
            json!({ "asset": "shop", "title": "Something", "likelihood": likelihood, "impact": impact });
        let made = first.api.post("/api/v1/risks", &form).await.expect(201).json();
        keys.push(made["key"].as_str().unwrap().to_owned());
    }
    (app, first, keys)
}

async fn preview(person: &Person, name: &str) -> Value {
    person.api.post("/api/v1/grids/preview", &json!({ "name": name })).await.expect(200).json()
}

/// Risks by level, as the list has them.
async fn levels(person: &Person) -> Value {
    let risks = person.api.get("/api/v1/risks?limit=100").await.expect(200).json();
    let mut counts = json!({ "info": 0, "low": 0, "medium": 0, "high": 0, "critical": 0 });
    for risk in risks["items"].as_array().unwrap() {
        let level = risk["level"].as_str().unwrap();
        counts[level] = json!(counts[level].as_u64().unwrap() + 1);
    }
    counts
}

async fn put(app: &TestApp, person: &Person, name: &str) -> Value {
    let seen = preview(person, name).await;
    let order = json!({ "digest": seen["digest"], "reason": "the group uses it" });
    person.api.post(&format!("/api/v1/grids/{name}/use"), &order).await.expect(200);
    app.settle().await;
    seen
}

#[tokio::test]
async fn five_grids_are_there_and_each_does_what_its_preview_says() {
    let (app, first, keys) = with_risks().await;
    let listed = first.api.get("/api/v1/grids").await.expect(200).json();
    let names: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|grid| grid["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["iso27005", "nist_800_30", "owasp", "standard", "threagile"]);
    assert_eq!(levels(&first).await, json!({ "info": 0, "low": 0, "medium": 4, "high": 9, "critical": 0 }));

    for (name, expected) in [
        ("iso27005", json!({ "info": 0, "low": 0, "medium": 5, "high": 8, "critical": 0 })),
        ("nist_800_30", json!({ "info": 0, "low": 3, "medium": 5, "high": 5, "critical": 0 })),
        ("owasp", json!({ "info": 0, "low": 0, "medium": 1, "high": 10, "critical": 2 })),
        ("threagile", json!({ "info": 0, "low": 0, "medium": 0, "high": 13, "critical": 0 })),
        ("standard", json!({ "info": 0, "low": 0, "medium": 4, "high": 9, "critical": 0 })),
    ] {
        let seen = put(&app, &first, name).await;
        assert_eq!(seen["after"], expected, "{name}");
        assert_eq!(levels(&first).await, expected, "{name}");
        let after = preview(&first, name).await;
        assert_eq!((&after["changed"], &after["before"]), (&json!(0), &expected), "{name}");
    }
    // The risk at 2 x 5 was high, medium and critical by turns; its scores were never touched.
    let rows = first.api.get(&format!("/api/v1/risks/{}/ratings", keys[11])).await.expect(200).json();
    let rows = rows["ratings"].as_array().unwrap().clone();
    assert!(rows.iter().all(|row| (&row["likelihood"], &row["impact"]) == (&json!(2), &json!(5))));
    assert_eq!(rows[2]["source"], "grid");
    assert_eq!(rows[2]["grid"], "iso27005@1");
    let log = first.api.get("/api/v1/audit-log?action=grid.use").await.expect(200).json();
    assert_eq!(log["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn an_acceptance_ends_with_a_rise_and_closed_risks_stay() {
    let (app, first, keys) = with_risks().await;
    let head = app.person("head@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    // 2 x 4 is medium, and high under the grid of Threagile.
    let accepted = format!("/api/v1/risks/{}/transitions", keys[12]);
    let accept = json!({ "event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-04-15" });
    for form in [
        &json!({ "event": "start_triage" }),
        &json!({ "event": "confirm", "owner": "first@example.org", "reason": "seen it" }),
        &accept,
    ] {
        first.api.post(&accepted, form).await.expect(200);
    }
    head.api.post(&accepted, &accept).await.expect(200);
    // 3 x 3 is medium too, and closed.
    let closed = format!("/api/v1/risks/{}/transitions", keys[8]);
    first.api.post(&closed, &json!({ "event": "start_triage" })).await.expect(200);
    let dismiss = json!({ "event": "dismiss", "resolution": "false_positive", "reason": "not ours",
        "evidence": ["https://example.org/why"] });
    first.api.post(&closed, &dismiss).await.expect(200);

    let seen = put(&app, &first, "threagile").await;
    assert_eq!((&seen["risks"], &seen["ended_acceptances"]), (&json!(12), &json!(1)));
    let risk = async |key: &str| first.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json();
    let fallen = risk(&keys[12]).await;
    assert_eq!((&fallen["state"], &fallen["level"]), (&json!("open"), &json!("high")));
    assert_eq!(risk(&keys[8]).await["level"], "medium");
}

#[tokio::test]
async fn a_grid_that_cannot_be_used_is_refused_with_field_and_rule() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let good = json!({ "name": "ours", "title": "Ours",
        "words": [{ "word": "green", "level": "low" }, { "word": "red", "level": "high" }],
        "cells": [[0, 0, 1], [0, 1, 1], [1, 1, 1]] });
    let with = |field: &str, value: Value| {
        let mut form = good.clone();
        form[field] = value;
        form
    };
    for (form, field, rule) in [
        (with("cells", json!([[0, 0, 1], [0, 1, 0], [1, 1, 1]])), "cells", Some("grid_rises")),
        (with("cells", json!([[0, 0], [0, 1]])), "cells", Some("grid_square")),
        (with("cells", json!([[0, 0, 1], [0, 1], [1, 1, 1]])), "cells", Some("grid_square")),
        (with("cells", json!([[0, 0, 2], [0, 1, 2], [1, 1, 2]])), "cells", Some("grid_cells_known")),
        (with("words", json!([])), "words", Some("grid_words")),
        (with("words", json!([{ "word": "a", "level": "dire" }])), "words", None),
        (
            with("words", json!([{ "word": "a", "level": "high" }, { "word": "b", "level": "low" }])),
            "words",
            Some("grid_words_rise"),
        ),
        (with("title", json!("")), "title", Some("grid_titled")),
        (with("name", json!("Our grid")), "name", None),
    ] {
        let problem = first.api.post("/api/v1/grids", &form).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{form}");
        assert_eq!(problem["errors"][0]["rule"].as_str(), rule, "{form}");
    }
    assert_eq!(first.api.get("/api/v1/grids").await.expect(200).json()["items"].as_array().unwrap().len(), 5);
    for version in [1, 2] {
        let made = first.api.post("/api/v1/grids", &good).await.expect(201).json();
        assert_eq!((&made["version"], &made["in_force"]), (&json!(version), &json!(false)));
    }
}

/// A new version of the grid in force changes nothing until somebody has seen what it does.
#[tokio::test]
async fn only_what_was_seen_is_put_into_force() {
    let (app, first, keys) = with_risks().await;
    let all_low = json!({ "name": "standard", "title": "Nothing matters", "words": [{ "word": "low", "level": "low" }],
        "cells": [[0, 0, 0], [0, 0, 0], [0, 0, 0]] });
    first.api.post("/api/v1/grids", &all_low).await.expect(201);
    app.settle().await;
    assert_eq!(levels(&first).await["high"], 9);

    let seen = preview(&first, "standard").await;
    assert_eq!((&seen["falls"], &seen["changed"]), (&json!(13), &json!(13)));
    let order = json!({ "digest": seen["digest"], "reason": "peace and quiet" });
    let at = "/api/v1/grids/standard/use";
    let lower = json!({ "current_likelihood": 1, "current_impact": 1, "reason": "it is off" });
    first.api.patch(&format!("/api/v1/risks/{}", keys[0]), &lower).await.expect(200);
    let problem = first.api.post(at, &order).await.problem(409);
    let again = json!({ "digest": problem["digest"], "reason": " " });
    assert_eq!(first.api.post(at, &again).await.problem(422)["errors"][0]["rule"], "reasoned");
    first.api.post("/api/v1/grids/lost/use", &order).await.problem(404);
    assert_eq!(levels(&first).await["high"], 8);

    let page = first.browser.get("/settings/grids?preview=standard").await.expect(200);
    assert!(page.text.contains("What standard@2 would change"), "{}", page.text);
    let digest = problem["digest"].as_str().unwrap();
    let form = [("name", "standard@2"), ("digest", digest), ("reason", "peace and quiet")];
    let put = first.browser.submit("/settings/grids/use", &form).await;
    assert_eq!(put.status, 303, "{}", put.text);
    app.settle().await;
    assert_eq!(levels(&first).await["low"], 13);
    // A fall moves no due date: nobody has said that there is more time.
    let history = first.api.get(&format!("/api/v1/risks/{}/history", keys[1])).await.expect(200).json();
    assert_eq!(history["items"].as_array().unwrap().last().unwrap()["kind"], "rerated");
}
