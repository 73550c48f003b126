//! Groups: one ticket for several risks, whatever becomes of each of them.

use std::time::Duration as StdDuration;

use abate::access::role::Role;
use abate_entity::{ticket, ticket_group_member};
use abate_integrations::jira::plain_text;
use chrono::Duration;
use reqwest::Method;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use super::world::World;
use crate::fault_proxy::{Fault, Rule};
use crate::intake::report::{import, risks, trivy};

/// Records risks that are not confirmed yet, so that none has a ticket.
async fn recorded(world: &World, count: usize) -> Vec<String> {
    let mut keys = Vec::new();
    for number in 1..=count {
        keys.push(world.app.risk("shop", &format!("Hole {number}")).await);
    }
    keys
}

async fn confirm(world: &World, key: &str) {
    world.step(&world.first, key, json!({"event": "start_triage"})).await;
    let confirm = json!({"event": "confirm", "owner": world.owner.email, "reason": "Seen in a test"});
    world.step(&world.first, key, confirm).await;
}

/// Work begins; the ticket that is there by then is as good as a plan.
async fn start(world: &World, key: &str) {
    world.app.settle().await;
    world.step(&world.owner, key, json!({"event": "start"})).await;
}

/// Puts risks together; answers the key of the group.
async fn together(world: &World, keys: &[String]) -> String {
    let form = json!({"title": "Update openssl", "risks": keys});
    let made = world.first.api.post("/api/v1/groups", &form).await.expect(201).json();
    made["key"].as_str().expect("a key").to_owned()
}

async fn group(world: &World, key: &str) -> Value {
    world.first.api.get(&format!("/api/v1/groups/{key}")).await.expect(200).json()
}

/// The key of the group's ticket in JIRA.
async fn issue_of(world: &World, key: &str) -> String {
    let group = group(world, key).await;
    assert_eq!(group["ticket"]["state"], "linked", "{group}");
    group["ticket"]["key"].as_str().expect("a key").to_owned()
}

async fn put_in(world: &World, group: &str, risk: &str) {
    let path = format!("/api/v1/groups/{group}/members");
    world.first.api.post(&path, &json!({"risks": [risk]})).await.expect(200);
}

async fn take_out(world: &World, group: &str, risk: &str) {
    world.first.api.delete(&format!("/api/v1/groups/{group}/members/{risk}")).await.expect(204);
}

async fn description(world: &World, issue: &str) -> String {
    let issue = world.site.client.issue_with_history(issue, &["description"]).await.expect("an issue");
    plain_text(&issue.fields.description.expect("a description"))
}

async fn texts(world: &World, issue: &str) -> Vec<String> {
    let comments = world.site.client.newest_comments(issue).await.expect("comments");
    comments.iter().rev().map(|comment| plain_text(&comment.body)).collect()
}

/// A person moves the ticket to done. What was done before took a while, after which a connection to the site may be just
/// going away: the first request finds that out.
async fn click_done(world: &World, issue: &str) {
    drop(world.site.request(Method::GET, "myself").send().await);
    world.site.click(issue, "31").await;
}

/// A group of confirmed risks on which work has begun, and its ticket in JIRA.
async fn at_work(world: &World, count: usize) -> (Vec<String>, String, String) {
    let keys = recorded(world, count).await;
    let group = together(world, &keys).await;
    for key in &keys {
        confirm(world, key).await;
        start(world, key).await;
    }
    world.app.settle().await;
    let issue = issue_of(world, &group).await;
    (keys, group, issue)
}

#[actix_web::test]
async fn risks_of_a_group_share_one_ticket_that_lists_them() {
    let world = World::start().await;
    let keys = recorded(&world, 3).await;
    let key = together(&world, &keys).await;
    assert_eq!(key, "G-1");
    for key in &keys {
        confirm(&world, key).await;
    }
    world.app.settle().await;
    world.app.pass(Duration::minutes(10)).await;
    let issue_key = issue_of(&world, &key).await;
    assert_eq!(world.site.sandbox.issue_keys(), [issue_key.as_str()]);
    let issue = world.issue(&issue_key).await;
    assert_eq!(issue.fields.summary.as_deref(), Some("G-1: Update openssl (3 risks)"));
    assert_eq!(issue.fields.priority.map(|priority| priority.name).as_deref(), Some("High"));
    let due = world.risk(&keys[0]).await["due_on"].as_str().map(str::to_owned);
    assert_eq!(issue.fields.due_date.map(|day| day.to_string()), due);
    let marker = issue.marker.expect("a marker");
    assert!(issue.fields.labels.contains(&format!("abate-{}-g-1", marker.instance)));
    let text = description(&world, &issue_key).await;
    assert!(keys.iter().all(|key| text.contains(key.as_str())), "{text}");
    assert_eq!(world.ticket(&keys[1]).await["group"], "G-1");
    assert_eq!(world.risk(&keys[1]).await["ticket"], issue_key);

    // A change of one of them changes the table.
    start(&world, &keys[1]).await;
    world.app.settle().await;
    assert!(description(&world, &issue_key).await.contains("in_progress"));

    // The pages show it.
    let page = world.first.browser.get("/groups").await.expect(200).text;
    assert!(page.contains("G-1") && page.contains("Update openssl"), "{page}");
    let page = world.first.browser.get("/groups/G-1").await.expect(200).text;
    assert!(page.contains(&issue_key) && page.contains("Take it out"), "{page}");
    let page = world.first.browser.get(&format!("/risks/{}", keys[0])).await.expect(200).text;
    assert!(page.contains("/groups/G-1"), "{page}");
    let page = world.first.browser.get("/tickets").await.expect(200).text;
    assert!(page.contains("/groups/G-1"), "{page}");

    // One that leaves has a ticket of its own again.
    take_out(&world, &key, &keys[2]).await;
    world.app.settle().await;
    let issue = world.issue(&issue_key).await;
    assert_eq!(issue.fields.summary.as_deref(), Some("G-1: Update openssl (2 risks)"));
    assert!(!description(&world, &issue_key).await.contains(&keys[2]));
    assert_eq!(world.ticket(&keys[2]).await["state"], "linked");
    assert_eq!(world.site.sandbox.issue_keys().len(), 2);
}

#[actix_web::test]
async fn done_claims_each_risk_and_one_comment_says_what_was_refused() {
    let world = World::start().await;
    let keys = recorded(&world, 4).await;
    let key = together(&world, &keys).await;
    // The last two are never confirmed, so that nobody can claim to have fixed them.
    for key in &keys[..2] {
        confirm(&world, key).await;
        start(&world, key).await;
    }
    world.app.settle().await;
    let issue = issue_of(&world, &key).await;
    world.app.time.advance(Duration::minutes(1));
    click_done(&world, &issue).await;
    world.until_state(&keys[0], "verification").await;
    world.until_state(&keys[1], "verification").await;
    world.app.pass(Duration::minutes(5)).await;
    for key in &keys[..2] {
        let evidence = world.first.api.get(&format!("/api/v1/risks/{key}/evidence")).await.expect(200).json();
        assert_eq!(evidence["items"][0]["kind"], "jira", "{evidence}");
    }
    for key in &keys[2..] {
        assert_eq!(world.risk(key).await["state"], "new");
    }
    let said = texts(&world, &issue).await;
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains(&keys[2]) && said[0].contains(&keys[3]), "{said:?}");
    assert!(!said[0].contains(&keys[0]), "{said:?}");
    assert_eq!(group(&world, &key).await["ticket"]["status_category"], "done");
}

#[actix_web::test]
async fn what_a_confidential_risk_refuses_is_said_without_its_state_or_reason() {
    let world = World::start().await;
    let keys = recorded(&world, 2).await;
    let key = together(&world, &keys).await;
    // The second is never confirmed, so that nobody can claim to have fixed it.
    confirm(&world, &keys[0]).await;
    start(&world, &keys[0]).await;
    let hide = format!("UPDATE risk SET confidential = TRUE WHERE id = {}", keys[1].trim_start_matches("R-"));
    world.app.database.tamper(&hide).await;
    world.app.settle().await;
    let issue = issue_of(&world, &key).await;
    world.app.time.advance(Duration::minutes(1));
    click_done(&world, &issue).await;
    world.until_state(&keys[0], "verification").await;
    world.app.pass(Duration::minutes(5)).await;
    let said = texts(&world, &issue).await;
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains(&format!("{} did not follow. Abate says why.", keys[1])), "{said:?}");
    assert!(!said[0].contains("stays"), "{said:?}");
}

#[actix_web::test]
async fn a_confidential_group_that_empties_tells_nothing() {
    let world = World::start().await;
    let (keys, key, issue) = at_work(&world, 2).await;
    world.app.database.tamper("UPDATE risk SET confidential = TRUE").await;
    for risk in &keys {
        take_out(&world, &key, risk).await;
        world.app.settle().await;
    }
    world.app.pass(Duration::minutes(5)).await;
    assert_eq!(group(&world, &key).await["risks"], 0);
    let issue = world.issue(&issue).await;
    assert_eq!(issue.fields.summary.as_deref(), Some("G-1: confidential risks (0 risks)"));
}

#[actix_web::test]
async fn one_of_five_that_fails_verification_reopens_the_ticket_and_is_named() {
    let world = World::start().await;
    let (keys, key, issue) = at_work(&world, 5).await;
    world.app.time.advance(Duration::minutes(1));
    click_done(&world, &issue).await;
    for key in &keys {
        world.until_state(key, "verification").await;
    }
    assert_eq!(group(&world, &key).await["ticket"]["status_category"], "done");
    world.app.time.advance(Duration::minutes(1));
    let verifier = world.app.person("vera@example.org", &[Role::Verifier]).await;
    world
        .step(&verifier, &keys[2], json!({"event": "verify_fail", "reason": "The port still answers"}))
        .await;
    world.app.settle().await;
    world.app.pass(Duration::minutes(5)).await;
    let detail = group(&world, &key).await;
    assert_eq!(detail["ticket"]["status_category"], "indeterminate", "{detail}");
    assert_eq!(detail["members"][2]["failed_because"], "The port still answers", "{detail}");
    let said = texts(&world, &issue).await;
    let named: Vec<&String> = said.iter().filter(|text| text.contains("The port still answers")).collect();
    assert_eq!(named.len(), 1, "{said:?}");
    assert!(named[0].contains(&keys[2]) && !named[0].contains(&keys[1]), "{said:?}");
    for key in [&keys[0], &keys[1], &keys[3], &keys[4]] {
        assert_eq!(world.risk(key).await["state"], "verification");
    }

    // Done again is about that one, and all of them verified close the ticket.
    world.app.time.advance(Duration::minutes(1));
    click_done(&world, &issue).await;
    world.until_state(&keys[2], "verification").await;
    for key in &keys {
        let pass = json!({"event": "verify_pass", "evidence": ["https://example.org/retest"]});
        world.step(&verifier, key, pass).await;
    }
    world.app.settle().await;
    world.app.pass(Duration::minutes(5)).await;
    let detail = group(&world, &key).await;
    assert_eq!((&detail["ticket"]["status_category"], &detail["open"]), (&json!("done"), &json!(0)));
}

#[actix_web::test]
async fn the_own_ticket_of_a_risk_is_closed_while_it_is_in_a_group_and_used_again_after() {
    let world = World::start().await;
    let (first, own) = world.ticketed("Has a ticket").await;
    let (second, other) = world.ticketed("Has one, too").await;
    let key = together(&world, &[first.clone(), second.clone()]).await;
    world.app.settle().await;
    world.app.pass(Duration::minutes(5)).await;
    let issue = issue_of(&world, &key).await;
    assert_eq!(world.site.sandbox.issue_keys().len(), 3);
    for own in [&own, &other] {
        let closed = world.issue(own).await.fields.status.expect("a status");
        assert_eq!(closed.category.key(), "done", "{closed:?}");
        let said = texts(&world, own).await;
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("G-1") && said[0].contains(&issue), "{said:?}");
    }
    assert_eq!(world.risk(&first).await["state"], "open");
    assert_eq!(world.ticket(&first).await["key"], issue);

    take_out(&world, &key, &first).await;
    world.app.settle().await;
    world.app.pass(Duration::minutes(5)).await;
    let ticket = world.ticket(&first).await;
    assert_eq!((&ticket["key"], &ticket["superseded_by"]), (&json!(own), &json!(null)), "{ticket}");
    assert_eq!(ticket["status_category"], "new", "{ticket}");
    assert_eq!(world.site.sandbox.issue_keys().len(), 3);

    // A group without risks closes its ticket and stays findable.
    let closed = world.first.api.patch(&format!("/api/v1/groups/{key}"), &json!({"state": "closed"})).await;
    assert_eq!(closed.expect(200).json()["state"], "closed");
    world.app.settle().await;
    world.app.pass(Duration::minutes(5)).await;
    let detail = group(&world, &key).await;
    assert_eq!(detail["ticket"]["status_category"], "done", "{detail}");
    assert_eq!(detail["former"].as_array().map(Vec::len), Some(2), "{detail}");
    assert_eq!(world.ticket(&second).await["status_category"], "new");
    world
        .first
        .api
        .post(&format!("/api/v1/groups/{key}/members"), &json!({"risks": [first]}))
        .await
        .problem(409);
}

#[actix_web::test]
async fn a_create_that_is_uncertain_when_its_risk_joins_leaves_no_orphan() {
    let world = World::start().await;
    world.site.proxy.add(Rule::once("POST", "/issue", Fault::LoseAnswer));
    let first = world.confirmed("Lost answer").await;
    world.app.settle().await;
    assert_eq!(world.ticket(&first).await["state"], "unknown");
    let second = world.app.risk("shop", "Without a ticket").await;
    let key = together(&world, &[first.clone(), second]).await;
    for _ in 0..6 {
        world.app.pass(Duration::seconds(61)).await;
    }
    let issue = issue_of(&world, &key).await;
    let all = world.site.sandbox.issue_keys();
    assert_eq!(all.len(), 2, "{all:?}");
    let tickets = world.first.api.get(&format!("/api/v1/risks/{first}/tickets")).await.expect(200).json();
    assert_eq!(tickets["items"][0]["key"], issue, "{tickets}");
    let own = &tickets["items"][1];
    assert_eq!((&own["superseded_by"], &own["status_category"]), (&json!(key), &json!("done")), "{tickets}");
    assert!(all.contains(&own["key"].as_str().expect("a key").to_owned()), "{tickets}");
}

#[actix_web::test]
async fn comments_go_to_the_risk_that_they_name_and_out_with_its_key() {
    let world = World::start().await;
    let (keys, _, issue) = at_work(&world, 3).await;
    world.app.time.advance(Duration::minutes(1));
    let bodies = async |key: &str| -> Vec<String> {
        let list = world.first.api.get(&format!("/api/v1/risks/{key}/comments")).await.expect(200).json();
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|comment| comment["body"].to_string()).collect()
    };
    world.site.sandbox.comment_as_person(&issue, &format!("The build of {} is red", keys[1]));
    world.app.pass(Duration::minutes(3)).await;
    assert_eq!(bodies(&keys[1]).await.len(), 1);
    world.site.sandbox.comment_as_person(&issue, "Tomorrow is a holiday");
    for _ in 0..2 {
        world.app.pass(Duration::minutes(3)).await;
    }
    for (key, count) in keys.iter().zip([1, 2, 1]) {
        assert_eq!(bodies(key).await.len(), count, "{key}");
    }
    let path = format!("/api/v1/risks/{}/comments", keys[2]);
    world.first.api.post(&path, &json!({"body": "The patch is out"})).await.expect(201);
    world.app.settle().await;
    world.app.pass(Duration::minutes(5)).await;
    let said = texts(&world, &issue).await;
    let ours: Vec<&String> = said.iter().filter(|text| text.contains("The patch is out")).collect();
    assert_eq!(ours.len(), 1, "{said:?}");
    assert!(ours[0].contains(&format!("on {}", keys[2])), "{said:?}");
    assert_eq!(said.len(), 3, "{said:?}");
}

#[actix_web::test]
async fn risks_that_are_merged_or_withdrawn_leave_their_group() {
    let world = World::start().await;
    let (app, first) = (&world.app, &world.first);
    let done = import(app, first, &trivy(&[(1, "CRITICAL")]), &[("asset", "shop")]).await;
    let imported = risks(first, "cve=CVE-2026-1").await[0]["key"].as_str().expect("a key").to_owned();
    let mut keys = recorded(&world, 2).await;
    keys.push(imported.clone());
    let key = together(&world, &keys).await;
    for key in &keys {
        confirm(&world, key).await;
    }
    app.settle().await;
    let issue = issue_of(&world, &key).await;
    first
        .api
        .post(&format!("/api/v1/risks/{}/merge", keys[1]), &json!({"into": keys[0], "reason": "The same"}))
        .await
        .expect(200);
    first.api.post(&format!("/api/v1/imports/{}/undo", done["id"]), &json!({})).await.expect(200);
    app.settle().await;
    app.pass(Duration::minutes(2)).await;
    let detail = group(&world, &key).await;
    assert_eq!(detail["members"].as_array().map(Vec::len), Some(1), "{detail}");
    assert_eq!(detail["members"][0]["risk"], json!(keys[0]));
    let left: Vec<&str> =
        detail["former"].as_array().into_iter().flatten().filter_map(|row| row["because"].as_str()).collect();
    assert_eq!(left, ["it is a duplicate of another risk", "it was withdrawn"], "{detail}");
    let summary = world.issue(&issue).await.fields.summary;
    assert_eq!(summary.as_deref(), Some("G-1: Update openssl (1 risk)"));
    assert_eq!(world.site.sandbox.issue_keys().len(), 1);
}

#[actix_web::test]
async fn what_has_a_library_in_common_is_suggested_and_joins_by_itself() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (app, first) = (&world.app, &world.first);
    let of_one = |numbers: &[(u32, &str)]| {
        let report = trivy(numbers);
        numbers.iter().fold(report, |report, (number, _)| report.replace(&format!("lib{number}"), "openssl"))
    };
    let mut seen = vec![(1, "HIGH"), (2, "HIGH"), (3, "CRITICAL")];
    import(app, first, &of_one(&seen), &[("asset", "shop")]).await;
    let key_of = async |number: u32| {
        let found = risks(first, &format!("cve=CVE-2026-{number}")).await;
        found[0]["key"].as_str().expect("a key").to_owned()
    };
    let suggested = async || {
        let list = first.api.get("/api/v1/groups/suggestions").await.expect(200).json();
        list["items"].clone()
    };
    for number in 1..=3 {
        assert_eq!(suggested().await, json!([]));
        confirm(&world, &key_of(number).await).await;
    }
    let team = suggested().await[0]["team"].clone();
    let expected = json!([{"kind": "library", "asset": "shop", "name": "openssl", "team": team, "risks": 3}]);
    assert_eq!(suggested().await, expected);
    let page = first.browser.get("/groups").await.expect(200).text;
    assert!(page.contains("One change would mend these"), "{page}");
    let form = [("kind", "library"), ("asset", "shop"), ("name", "openssl")];
    first.browser.submit("/groups", &form).await.expect(303);
    first
        .api
        .post("/api/v1/groups", &json!({"kind": "library", "asset": "shop", "name": "openssl"}))
        .await
        .problem(422);
    assert_eq!(suggested().await, json!([]));
    app.settle().await;

    seen.push((4, "HIGH"));
    import(app, first, &of_one(&seen), &[("asset", "shop")]).await;
    let fourth = key_of(4).await;
    confirm(&world, &fourth).await;
    app.settle().await;
    let detail = group(&world, "G-1").await;
    assert_eq!(detail["risks"], 4, "{detail}");
    assert_eq!(world.ticket(&fourth).await["group"], "G-1");

    // What somebody takes out stays out.
    take_out(&world, "G-1", &fourth).await;
    first.api.patch(&format!("/api/v1/risks/{fourth}"), &json!({"plan": "By hand"})).await.expect(200);
    app.settle().await;
    assert_eq!(group(&world, "G-1").await["risks"], 3);
}

#[actix_web::test]
async fn a_group_is_of_one_team_and_for_those_who_may_edit_its_risks() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let team = world.app.team("payments").await;
    world.app.asset("till", Some(team)).await;
    let ours = world.app.risk("shop", "Ours").await;
    let theirs = world.app.risk("till", "Theirs").await;
    let form = json!({"title": "Both", "risks": [ours, theirs]});
    world.first.api.post("/api/v1/groups", &form).await.problem(422);
    let stranger = world.app.member("mate@example.org", &[Role::Reporter], Some(team)).await;
    let form = json!({"title": "Theirs", "risks": [theirs]});
    stranger.api.post("/api/v1/groups", &form).await.problem(403);
    let form = json!({"title": "Ours", "risks": [ours]});
    stranger.api.post("/api/v1/groups", &form).await.problem(422);
    let key = together(&world, std::slice::from_ref(&ours)).await;
    stranger.api.get(&format!("/api/v1/groups/{key}")).await.problem(404);
    let renamed = world.first.api.patch(&format!("/api/v1/groups/{key}"), &json!({"title": "Renamed"})).await;
    assert_eq!(renamed.expect(200).json()["title"], "Renamed");
    world.first.api.delete(&format!("/api/v1/groups/{key}/members/{theirs}")).await.problem(404);
}

/// The tickets that people are led to by a risk: its own, unless another stands for it, and that of its group.
async fn live(world: &World, risk_id: i64) -> usize {
    let db = world.app.state.database.reader();
    let own = ticket::Entity::find()
        .filter(ticket::Column::RiskId.eq(risk_id))
        .filter(ticket::Column::SupersededBy.is_null())
        .filter(ticket::Column::State.ne("cancelled"))
        .all(db)
        .await
        .expect("tickets");
    let groups = ticket_group_member::Entity::find()
        .filter(ticket_group_member::Column::RiskId.eq(risk_id))
        .filter(ticket_group_member::Column::LeftAt.is_null())
        .all(db)
        .await
        .expect("rows");
    assert!(groups.len() <= 1, "{groups:?}");
    let groups = groups.into_iter().map(|row| row.group_id);
    let of_group = ticket::Entity::find().filter(ticket::Column::GroupId.is_in(groups)).all(db).await;
    own.len() + of_group.expect("tickets").len()
}

#[actix_web::test]
async fn whoever_joins_and_leaves_each_open_risk_has_one_live_ticket() {
    let world = World::start().await;
    let keys = [world.confirmed("One").await, world.confirmed("Two").await, world.confirmed("Three").await];
    let mut groups = vec![together(&world, &keys[..1]).await];
    let mut seed: u64 = 37;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((seed >> 33) % below as u64).expect("a small number")
    };
    for round in 0..14 {
        let key = &keys[random(keys.len())];
        let group = groups[random(groups.len())].clone();
        // Some of these are refused, which changes nothing.
        match random(5) {
            0 | 1 => {
                let path = format!("/api/v1/groups/{group}/members");
                world.first.api.post(&path, &json!({"risks": [key]})).await;
            }
            2 => {
                world.first.api.delete(&format!("/api/v1/groups/{group}/members/{key}")).await;
            }
            3 => {
                let close = json!({"state": "closed"});
                world.first.api.patch(&format!("/api/v1/groups/{group}"), &close).await;
            }
            _ => groups.push(together(&world, std::slice::from_ref(key)).await),
        }
        if round % 2 == 1 {
            world.app.settle().await;
            world.app.pass(Duration::minutes(3)).await;
            for number in 1..=3 {
                assert_eq!(live(&world, number).await, 1, "risk {number} in round {round}");
            }
        }
    }
    let db = world.app.state.database.reader();
    let linked =
        ticket::Entity::find().filter(ticket::Column::State.eq("linked")).all(db).await.expect("tickets");
    assert_eq!(world.site.sandbox.issue_keys().len(), linked.len());
    put_in(&world, &together(&world, &keys[..2]).await, &keys[2]).await;
    world.app.settle().await;
}
