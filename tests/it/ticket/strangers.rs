//! Issues with our label that are no ticket are kept and shown, and nothing is done to them.

use std::time::Duration as StdDuration;

use abate_entity::ticket;
use abate_integrations::jira::{IssueEdit, Marker, NewIssue};
use chrono::Duration;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use super::world::World;
use crate::fault_proxy::{Fault, Rule};
use crate::jira::site::{PROJECT, TASK};

async fn create(world: &World, marker: &Marker, labels: &[String]) -> String {
    let edit = IssueEdit {
        summary: Some("Not made by the application".to_owned()),
        labels: Some(labels.to_vec()),
        ..IssueEdit::default()
    };
    let new =
        NewIssue { project: PROJECT.to_owned(), issue_type: TASK.to_owned(), edit, marker: marker.clone() };
    world.site.client.create_issue(&new).await.expect("created").key
}

async fn strangers(world: &World) -> Vec<Value> {
    let connections = world.first.api.get("/api/v1/connections").await.expect(200).json();
    let connection = &connections["items"][0];
    let strangers = connection["strangers"].as_array().expect("a list").clone();
    assert_eq!(connection["stranger_count"], strangers.len());
    strangers
}

#[actix_web::test]
async fn duplicates_orphans_and_copies_are_shown_until_they_are_gone() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue_key) = world.ticketed("Has a double").await;
    let issue = world.issue(&issue_key).await;
    let (ours, labels) = (issue.marker.expect("a marker"), issue.fields.labels);
    let other = "00000000-0000-7000-8000-000000000000".to_owned();
    let double = create(&world, &ours, &labels).await;
    let orphan = create(&world, &Marker { uuid: other.clone(), ..ours.clone() }, &labels[..1]).await;
    let newer = Marker { uuid: other.clone(), epoch: ours.epoch + 1, ..ours.clone() };
    let newer = create(&world, &newer, &labels[..1]).await;
    let foreign = Marker { instance: "zzzzzz".to_owned(), uuid: other, epoch: 0 };
    create(&world, &foreign, &labels[..1]).await;
    let copy = create(&world, &ours, &labels).await;
    world.site.sandbox.drop_property(&copy, "abate");
    world.app.pass(Duration::minutes(3)).await;

    let shown: Vec<(String, String)> = strangers(&world)
        .await
        .iter()
        .map(|row| (row["key"].as_str().unwrap().to_owned(), row["kind"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [(&double, "duplicate"), (&orphan, "orphan"), (&newer, "newer_copy"), (&copy, "unmarked")];
    assert_eq!(shown.len(), expected.len(), "{shown:?}");
    for (key, kind) in expected {
        assert!(shown.contains(&(key.clone(), kind.to_owned())), "{key} {kind}: {shown:?}");
    }
    // A sync of the ticket does not make anybody forget.
    for plan in ["One", "Another"] {
        world.first.api.patch(&format!("/api/v1/risks/{key}"), &json!({"plan": plan})).await.expect(200);
        world.app.settle().await;
    }
    let ticket = world.ticket(&key).await;
    assert!(ticket["problem"].as_str().is_some_and(|text| text.contains(&double)), "{ticket}");
    assert_eq!((&ticket["state"], &ticket["key"]), (&json!("linked"), &json!(issue_key)));

    world.site.sandbox.delete(&orphan);
    let edit = IssueEdit { labels: Some(vec![]), ..IssueEdit::default() };
    for key in [&double, &newer, &copy] {
        world.site.client.edit_issue(key, &edit).await.expect("edited");
    }
    world.app.pass(Duration::hours(18)).await;
    assert_eq!(strangers(&world).await, Vec::<Value>::new());
    assert_eq!(world.ticket(&key).await["problem"], json!(null));
}

#[actix_web::test]
async fn an_issue_that_appears_while_its_ticket_waits_is_adopted() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (_, first) = world.ticketed("Says who we are").await;
    let issue = world.issue(&first).await;
    let ours = issue.marker.expect("a marker");
    world.site.proxy.add(Rule::once("POST", "/issue", Fault::Answer { status: 400, headers: vec![] }));
    let key = world.confirmed("Committed late").await;
    world.app.settle().await;
    assert_eq!(world.ticket(&key).await["state"], "wanted");
    let rows = ticket::Entity::find().all(world.app.state.database.reader()).await.expect("tickets");
    let row = rows.iter().max_by_key(|row| row.id).expect("a ticket");
    let marker = Marker { uuid: row.uuid.to_string(), ..ours.clone() };
    let labels = [format!("abate-{}", ours.instance), format!("abate-{}-{}", ours.instance, row.subject)];
    let late = create(&world, &marker, &labels).await;
    world.app.pass(Duration::minutes(3)).await;
    let ticket = world.ticket(&key).await;
    assert_eq!((&ticket["state"], &ticket["key"]), (&json!("linked"), &json!(late)));
    assert_eq!(world.site.sandbox.issue_keys().len(), 2);
    assert_eq!(strangers(&world).await, Vec::<Value>::new());
}
