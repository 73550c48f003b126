//! Names with commas in the form of a mapping.

use std::time::Duration as StdDuration;

use abate::sandbox::jira::{OwnField, OwnFieldKind};
use serde_json::json;

use super::world::World;

#[actix_web::test]
async fn names_with_commas_are_entered_one_a_line() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    let own = |id: &str, name: &str, kind| OwnField {
        id: id.to_owned(),
        name: name.to_owned(),
        required: false,
        kind,
    };
    let colours = OwnFieldKind::Options(words(&["Red, dark", "Red", "Blue"]));
    let parts = OwnFieldKind::Components(words(&["Shop, old", "Shop"]));
    world.site.sandbox.add_field(own("customfield_1", "Colours", colours));
    world.site.sandbox.add_field(own("components", "Components", parts));
    let page = "/settings/jira/1/mapping";
    let form = [
        ("wish", "save"),
        ("version", "0"),
        ("source:customfield_1", "fixed"),
        ("text:customfield_1", "Red, dark\r\nBlue\r\n"),
        ("owner:customfield_1", "jira"),
        ("components", "Shop, old\r\n"),
        ("resolutions_no_risk", "No, none\r\nNever\r\n"),
    ];
    world.first.browser.submit(page, &form).await.expect(303);
    let mapping =
        world.first.api.get("/api/v1/connections/1/mapping").await.expect(200).json()["mapping"].clone();
    assert_eq!(mapping["components"], json!(["Shop, old"]));
    assert_eq!(mapping["resolutions"]["no_risk"], json!(["No, none", "Never"]));
    let shown = world.first.browser.get(page).await.expect(200).text;
    assert!(shown.contains("Red, dark\nBlue</textarea>"), "{shown}");

    let (key, issue) = world.ticketed("With colours").await;
    assert_eq!(world.ticket(&key).await["problem"], json!(null));
    let names = |field: &str, label: &str| -> Vec<String> {
        let shown = world.site.sandbox.shown_field(&issue, field);
        let list = shown.as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|one| one[label].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(names("customfield_1", "value"), ["Red, dark", "Blue"]);
    assert_eq!(names("components", "name"), ["Shop, old"]);
}
