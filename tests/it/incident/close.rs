//! What has to be there before an incident is closed, what follows from it, and its report.

use abate_entity::{audit_entry, incident_entry};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
};
use serde_json::json;

use super::{declare, led, shown};

#[tokio::test]
async fn closing_lists_all_that_is_missing() {
    let (app, first, head) = led().await;
    app.asset("web", None).await;
    let made = declare(&first, json!({"data": [{"data_class": "pii", "subjects": "customers"}]})).await;
    let path = format!("/api/v1/incidents/{}", made["key"].as_str().unwrap());
    let problem = head.api.post(&format!("{path}/close"), &json!({})).await.problem(422);
    let fields: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    assert_eq!(fields, ["acknowledged_at", "contained_at", "duties", "summary", "no_action_reason"]);
    assert_eq!(shown(&head, made["key"].as_str().unwrap()).await["version"], made["version"]);
    head.api.post(&format!("{path}/acknowledge"), &json!({})).await.expect(200);
    first.api.post(&format!("{path}/contain"), &json!({})).await.expect(200);
    let duty = format!("{path}/duties/{}", made["duties"][0]["id"]);
    first
        .api
        .post(&duty, &json!({"state": "not_needed", "reason": "no risk to people, says counsel"}))
        .await
        .expect(200);
    let bad = json!({"title": "Shut the gate", "asset": "nowhere", "likelihood": 3, "impact": 3});
    assert_eq!(
        first.api.post(&format!("{path}/actions"), &bad).await.problem(422)["errors"][0]["field"],
        "asset"
    );
    let action = json!({"title": "Shut the gate", "asset": "web", "likelihood": 3, "impact": 3});
    let detail = first.api.post(&format!("{path}/actions"), &action).await.expect(201).json();
    let risk = detail["actions"][0]["key"].as_str().unwrap().to_owned();
    let risk = first.api.get(&format!("/api/v1/risks/{risk}")).await.expect(200).json();
    assert_eq!((&risk["origin"], &risk["confidential"]), (&json!("incident"), &json!(true)));
    first.api.post(&format!("{path}/close"), &json!({"summary": "x"})).await.problem(403);
    let closed = head.api.post(&format!("{path}/close"), &json!({"summary": "The gate stood open"})).await;
    assert_eq!(closed.expect(200).json()["state"], "closed");
    first.api.patch(&path, &json!({"title": "Other"})).await.problem(409);
    first.api.post(&format!("{path}/actions"), &action).await.problem(409);
    let late = json!({"who": "Insurer", "how": "letter", "text": "Case 12"});
    first.api.post(&format!("{path}/entries"), &late).await.expect(201);
}

#[tokio::test]
async fn the_report_is_the_same_bytes_each_time_and_keeps_to_its_cells() {
    let (app, first, _) = led().await;
    let data = json!([{"data_class": "pii", "subjects": "customers", "people": 3, "note": "a | b\nc"}]);
    let made = declare(&first, json!({"title": "Gate | open", "data": data})).await;
    let path = format!("/api/v1/incidents/{}/export", made["key"].as_str().unwrap());
    for format in ["json", "markdown"] {
        let export = async || first.api.get(&format!("{path}?format={format}")).await.expect(200);
        let (one, two) = (export().await, export().await);
        assert_eq!(one.text, two.text);
        assert!(one.header("content-disposition").starts_with("attachment; filename=\"I-1."));
        assert!(one.text.contains("Data protection authority"), "{}", one.text);
    }
    first.api.get(&format!("{path}?format=pdf")).await.problem(422);
    let markdown = first.api.get(&format!("{path}?format=markdown")).await.text;
    assert!(markdown.contains("# I-1 Gate \\| open") && markdown.contains("| a \\| b c |"), "{markdown}");
    let exports = audit_entry::Entity::find().filter(audit_entry::Column::Action.eq("incident.export"));
    assert_eq!(exports.count(app.state.database.reader()).await.unwrap(), 5);
}

/// What was told to whom is only ever added: the database itself refuses anything else.
#[tokio::test]
async fn the_log_cannot_be_changed() {
    let (app, first, _) = led().await;
    declare(&first, json!({})).await;
    let db = app.state.database.reader();
    let before = incident_entry::Entity::find().count(db).await.unwrap();
    let writer = sea_orm::Database::connect(app.database.url()).await.unwrap();
    for statement in ["UPDATE incident_entry SET text = 'x'", "DELETE FROM incident_entry"] {
        let error = writer.execute_unprepared(statement).await.unwrap_err().to_string();
        assert!(error.contains("insert-only"), "{error}");
    }
    assert_eq!(incident_entry::Entity::find().count(db).await.unwrap(), before);
}

#[tokio::test]
async fn a_correction_of_something_that_moved_on_is_refused() {
    let (_app, first, head) = led().await;
    let made = declare(&first, json!({})).await;
    let path = format!("/api/v1/incidents/{}", made["key"].as_str().unwrap());
    head.api.post(&format!("{path}/acknowledge"), &json!({})).await.expect(200);
    let edit = first.api.request(reqwest::Method::PATCH, &path).header("If-Match", "\"1\"");
    first.api.send(edit.json(&json!({"title": "Other"}))).await.problem(412);
    let entry = |form: serde_json::Value| {
        let (first, path) = (&first, format!("{path}/entries"));
        async move { first.api.post(&path, &form).await }
    };
    assert_eq!(entry(json!({"who": "Press"})).await.problem(422)["errors"][0]["field"], "how");
    assert_eq!(entry(json!({})).await.problem(422)["errors"][0]["field"], "text");
    let later = json!({"text": "x", "at": "2027-01-01T00:00:00Z"});
    assert_eq!(entry(later).await.problem(422)["errors"][0]["rule"], "past_moment");
}
