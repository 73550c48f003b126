//! Evidence that is somewhere else is a link of the ticket.

use std::time::Duration as StdDuration;

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};

use super::world::World;

async fn links(world: &World, issue_key: &str) -> Vec<(String, String)> {
    let path = format!("issue/{issue_key}/remotelink");
    let answer = world.site.request(Method::GET, &path).send().await.expect("an answer");
    let links: Vec<Value> = answer.json().await.expect("links");
    let text = |link: &Value, part: &str| link["object"][part].as_str().unwrap_or_default().to_owned();
    links.iter().map(|link| (text(link, "title"), text(link, "url"))).collect()
}

#[actix_web::test]
async fn a_link_and_a_commit_are_links_of_the_ticket_until_they_are_withdrawn() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue_key) = world.ticketed("Mended somewhere else").await;
    let path = format!("/api/v1/risks/{key}/evidence");
    let add = async |form: Value| world.first.api.post(&path, &form).await.expect(201).json();
    let page = add(json!({"title": "The merge\u{7}request", "url": "https://git.example.org/merge/7"})).await;
    add(json!({"title": "Only words", "kind": "note"})).await;
    world.app.pass(Duration::minutes(2)).await;
    let shown = links(&world, &issue_key).await;
    assert_eq!(shown.len(), 2, "{shown:?}");
    let merge = "https://git.example.org/merge/7".to_owned();
    assert!(shown.contains(&("The merge request".to_owned(), merge.clone())), "{shown:?}");

    let withdraw = format!("{path}/{}/withdraw", page["id"]);
    world.first.api.post(&withdraw, &json!({"reason": "It is another one"})).await;
    world.app.pass(Duration::minutes(2)).await;
    let shown = links(&world, &issue_key).await;
    assert!(shown.contains(&("Withdrawn: The merge request".to_owned(), merge)), "{shown:?}");
    assert_eq!(shown.len(), 2, "{shown:?}");

    world.app.database.tamper("UPDATE risk SET confidential = TRUE").await;
    add(json!({"title": "A secret page", "url": "https://git.example.org/secret"})).await;
    world.app.pass(Duration::minutes(2)).await;
    assert_eq!(links(&world, &issue_key).await.len(), 2);
}
