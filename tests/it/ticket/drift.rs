//! Both sides change the same ticket: each edit is one write at most, and in the end both say the same.

use std::time::Duration as StdDuration;

use abate::access::role::Role;
use abate_entity::app_user;
use abate_integrations::jira::{Document, Issue, plain_text};
use chrono::Duration;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;

use super::world::World;
use crate::fault_proxy::{Fault, Rule};

/// A little longer than from one poll to the next.
const CYCLE: Duration = Duration::seconds(121);

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// The label by which the poll finds the issue.
fn common_label(issue: &Issue) -> String {
    issue.fields.labels.iter().find(|label| !label.contains("-r-")).cloned().expect("a label")
}

impl World {
    /// How often the application has written to an issue.
    fn writes(&self, id: &str) -> usize {
        let issue = format!("/rest/api/3/issue/{id}");
        self.site.proxy.seen("PUT", &issue)
            + ["transitions", "comment", "remotelink"]
                .iter()
                .map(|part| self.site.proxy.seen("POST", &format!("{issue}/{part}")))
                .sum::<usize>()
    }

    async fn say(&self, key: &str, text: &str) {
        let path = format!("/api/v1/risks/{key}/comments");
        self.first.api.post(&path, &json!({"body": text})).await.expect(201);
    }

    async fn said(&self, key: &str) -> Vec<String> {
        let path = format!("/api/v1/risks/{key}/comments?limit=200");
        let list = self.first.api.get(&path).await.expect(200).json();
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["body"].as_str().unwrap_or_default().to_owned()).collect()
    }

    async fn described(&self, issue: &str) -> String {
        let issue = self.site.client.issue(issue, &["description"]).await.expect("an issue");
        plain_text(&issue.fields.description.expect("a description"))
    }

    async fn assignee_is(&self, user: i64, account: Option<&str>) {
        let account = account.map(str::to_owned);
        let bound = self.app.state.database.write(async |tx| {
            app_user::Entity::update_many()
                .col_expr(app_user::Column::JiraAccount, Expr::value(account.clone()))
                .filter(app_user::Column::Id.eq(user))
                .exec(tx)
                .await?;
            Ok(())
        });
        bound.await.expect("bound");
    }
}

#[actix_web::test]
async fn random_edits_on_both_sides_end_equal_with_one_write_each_at_most() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue) = world.ticketed("Edited by everybody").await;
    let id = world.site.issue_id();
    for _ in 0..2 {
        world.app.pass(CYCLE).await;
    }
    let before = world.issue(&issue).await;
    let common = common_label(&before);
    let (quiet, mut dice) = (world.writes(&id), Dice(20_261_121));
    let (mut edits, mut here, mut there) = (0, Vec::new(), Vec::new());
    for number in 0..30 {
        let text = format!("text {number}");
        match dice.throw(11) {
            0 => world.edit_there(&issue, json!({"summary": text})),
            1 => {
                let document = world.site.client.rich_text(&Document::from_text(&text));
                world.edit_there(&issue, json!({"description": document}));
            }
            2 => world.edit_there(&issue, json!({"priority": {"id": (1 + dice.throw(5)).to_string()}})),
            3 => world.edit_there(&issue, json!({"duedate": format!("2030-01-{:02}", 1 + dice.throw(28))})),
            4 => {
                let labels = [common.clone(), format!("team-{number}"), "abate-mine".to_owned()];
                world.edit_there(&issue, json!({"labels": labels}));
            }
            5 => {
                world.site.sandbox.comment_as_person(&issue, &text);
                there.push(text);
            }
            6 => world.site.click(&issue, "11").await,
            7 => world.patch(&key, json!({"title": text})).await,
            8 => world.patch(&key, json!({"description": text})).await,
            9 => {
                let impact = 3 + dice.throw(3);
                world.patch(&key, json!({"likelihood": 5, "impact": impact})).await;
            }
            _ => {
                world.say(&key, &text).await;
                here.push(text);
            }
        }
        edits += 1;
        if dice.throw(3) == 0 {
            world.app.pass(CYCLE).await;
        } else {
            world.app.time.advance(Duration::seconds(1));
        }
    }
    for _ in 0..3 {
        world.app.pass(CYCLE).await;
    }
    let writes = world.writes(&id) - quiet;
    assert!(writes <= edits, "{writes} writes for {edits} edits");

    let (risk, now) = (world.risk(&key).await, world.issue(&issue).await);
    let title = risk["title"].as_str().unwrap();
    assert_eq!(now.fields.summary.as_deref(), Some(format!("{key}: {title}").as_str()));
    assert!(world.described(&issue).await.contains(risk["description"].as_str().unwrap()));
    assert_eq!(now.fields.due_date.map(|day| day.to_string()).as_deref(), risk["due_on"].as_str());
    let own = |issue: &Issue| -> Vec<String> {
        let mut own: Vec<String> =
            issue.fields.labels.iter().filter(|label| label.starts_with("abate-")).cloned().collect();
        own.sort();
        own
    };
    assert_eq!(own(&now), own(&before));
    let copies = world.comments(&issue).await;
    for text in &here {
        let copy = format!("{text}\"");
        assert_eq!(world.comments_with(&issue, text).await, 1, "{copy} in {copies:?}");
    }
    let said = world.said(&key).await;
    for text in &there {
        assert_eq!(said.iter().filter(|said| said.ends_with(text.as_str())).count(), 1, "{text} in {said:?}");
    }
    assert_eq!(said.len(), here.len() + there.len());
    let ledger = world.ledger().await;
    assert!(!ledger.is_empty() && ledger.iter().all(|row| row.settled_at.is_some()), "{ledger:?}");

    // Nothing is left to write.
    let quiet = world.writes(&id);
    world.app.pass(CYCLE).await;
    assert_eq!(world.writes(&id), quiet);
}

/// After a pause there may be more comments than one call reads; each comes in, once.
#[actix_web::test]
async fn more_comments_than_a_page_come_in() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue) = world.ticketed("Much said").await;
    world.app.pass(CYCLE).await;
    for number in 0..130 {
        world.site.sandbox.comment_as_person(&issue, &format!("said {number}."));
    }
    for _ in 0..2 {
        world.app.pass(CYCLE).await;
    }
    let said = world.said(&key).await;
    assert_eq!(said.len(), 130);
    for number in [0, 64, 129] {
        let text = format!("said {number}.");
        assert_eq!(said.iter().filter(|said| said.ends_with(&text)).count(), 1, "{text} in {said:?}");
    }
}

/// Against an automation of the site nobody wins: after some times in a day the field is let be, and people are told.
#[actix_web::test]
async fn a_field_that_is_changed_again_and_again_is_let_be() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue) = world.ticketed("Contested").await;
    let id = world.site.issue_id();
    world.app.pass(CYCLE).await;
    let quiet = world.writes(&id);
    for day in 1..=8 {
        world.edit_there(&issue, json!({"duedate": format!("2030-01-{day:02}")}));
        world.app.pass(CYCLE).await;
    }
    assert_eq!(world.writes(&id), quiet + 5);
    // What is let be is one line, however often it changes.
    let ledger = world.ledger().await;
    let open: Vec<&str> =
        ledger.iter().filter(|row| row.settled_at.is_none()).map(|row| row.theirs.as_str()).collect();
    assert_eq!((ledger.len(), open), (6, vec!["2030-01-08"]));
    let ticket = world.ticket(&key).await;
    assert!(ticket["problem"].as_str().is_some_and(|text| text.contains("due date")), "{ticket}");
}

#[actix_web::test]
async fn what_belongs_to_us_is_set_back_in_one_call_and_stands_in_the_ledger() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue) = world.ticketed("Ours to say").await;
    let id = world.site.issue_id();
    world.app.pass(CYCLE).await;
    let quiet = world.writes(&id);
    let due = world.issue(&issue).await.fields.due_date;
    let labels = [common_label(&world.issue(&issue).await), "theirs".to_owned()];
    world.edit_there(&issue, json!({"summary": "Theirs", "duedate": "2030-01-01", "labels": labels}));
    world.app.pass(CYCLE).await;
    assert_eq!(world.writes(&id), quiet + 1);
    let now = world.issue(&issue).await.fields;
    assert_eq!(now.due_date, due);
    assert!(now.labels.contains(&"theirs".to_owned()) && now.labels.len() == 3, "{:?}", now.labels);
    assert!(world.comments(&issue).await[0].contains("the due date follows the policy"));
    world.app.pass(CYCLE).await;
    assert_eq!(world.writes(&id), quiet + 1);
    assert_eq!(world.said(&key).await, Vec::<String>::new());

    let list = world.first.api.get("/api/v1/connections").await.expect(200).json();
    let path = format!("/api/v1/connections/{}/drift", list["items"][0]["id"]);
    let found = world.first.api.get(&format!("{path}?field=due_date&winner=abate")).await.expect(200).json();
    assert_eq!(found["items"][0]["theirs"], "2030-01-01", "{found}");
    assert_eq!((&found["items"][0]["risk"], found["items"].as_array().map(Vec::len)), (&json!(key), Some(1)));
    world.first.api.get(&format!("{path}?winner=nobody")).await.problem(422);
    let page = world.first.api.get(&format!("/settings/jira/drift?risk={key}")).await.expect(200).text;
    assert!(page.contains("2030-01-01"), "{page}");
    let page = world.first.api.get(&format!("/risks/{key}")).await.expect(200).text;
    assert!(page.contains("JIRA said 2030-01-01"), "{page}");
}

#[actix_web::test]
async fn a_field_that_the_edit_screen_lacks_does_not_hold_up_the_others() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue) = world.ticketed("Its screen loses a field").await;
    world.app.pass(CYCLE).await;
    world.site.sandbox.show_on_edit_screen("duedate", false);
    world.edit_there(&issue, json!({"summary": "Theirs", "duedate": "2030-01-01"}));
    world.app.pass(CYCLE).await;
    let now = world.issue(&issue).await.fields;
    assert_eq!(now.summary, Some(format!("{key}: Its screen loses a field")));
    assert_eq!(now.due_date.map(|day| day.to_string()).as_deref(), Some("2030-01-01"));
    let problem = world.ticket(&key).await["problem"].clone();
    assert!(problem.as_str().is_some_and(|text| text.contains("due date")), "{problem}");
    let lost: Vec<String> = world.ledger().await.iter().map(|row| row.winner.clone()).collect();
    assert_eq!(lost.iter().filter(|winner| *winner == "jira").count(), 1, "{lost:?}");
    // Whoever changes it again has one line, which says what is so by now.
    world.edit_there(&issue, json!({"duedate": "2030-01-02"}));
    world.app.pass(CYCLE).await;
    let ledger = world.ledger().await;
    let open: Vec<&str> =
        ledger.iter().filter(|row| row.settled_at.is_none()).map(|row| row.theirs.as_str()).collect();
    assert_eq!(open, ["2030-01-02"]);

    // Once it is back, it is told.
    world.site.sandbox.show_on_edit_screen("duedate", true);
    world.app.pass(Duration::hours(25)).await;
    world.app.pass(CYCLE).await;
    assert_ne!(world.issue(&issue).await.fields.due_date, now.due_date);
    assert_eq!(world.ticket(&key).await["problem"], json!(null));
}

#[actix_web::test]
async fn comments_go_both_ways_for_several_rounds_without_an_echo() {
    let world = World::start().await;
    let (key, issue) = world.ticketed("Talked about on both sides").await;
    for round in 0..4 {
        world.app.time.advance(Duration::seconds(5));
        if round == 1 {
            // One whose answer is lost arrives once all the same.
            let id = world.site.issue_id();
            world.site.proxy.add(Rule::once("POST", &format!("/issue/{id}/comment"), Fault::LoseAnswer));
            world.say(&key, "lost on the way").await;
        }
        world.say(&key, &format!("here {round}")).await;
        world.app.settle().await;
        world.site.sandbox.comment_as_person(&issue, &format!("there {round}"));
        let own = Document::from_text(&format!("own account {round}"));
        world.site.client.add_comment(&issue, &own).await.expect("commented");
        world.app.settle().await;
        world.app.pass(CYCLE).await;
    }
    for _ in 0..2 {
        world.app.pass(CYCLE).await;
    }
    let (said, there) = (world.said(&key).await, world.comments(&issue).await);
    assert_eq!((said.len(), there.len()), (4 * 3 + 1, 4 * 3 + 1), "{said:?} {there:?}");
    assert!(
        said.iter().any(|text| text == &format!("Dana Developer on {issue} in JIRA:\n\nthere 0")),
        "{said:?}"
    );
    assert_eq!(world.comments_with(&issue, "lost on the way").await, 1);
}

#[actix_web::test]
async fn comments_come_in_for_a_confidential_risk_and_none_goes_out() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue) = world.ticketed("Kept to a few").await;
    world.app.pass(CYCLE).await;
    let number: i64 = key.trim_start_matches("R-").parse().expect("a number");
    let hidden = world.app.state.database.write(async |tx| {
        abate_entity::risk::Entity::update_many()
            .col_expr(abate_entity::risk::Column::Confidential, Expr::value(true))
            .filter(abate_entity::risk::Column::Id.eq(number))
            .exec(tx)
            .await?;
        Ok(())
    });
    hidden.await.expect("hidden");
    world.say(&key, "a secret").await;
    world.site.sandbox.comment_as_person(&issue, "what is this about?");
    // What only some may read there does not come in.
    world.site.sandbox.comment_to_administrators(&issue, "between us");
    world.edit_there(&issue, json!({"duedate": "2030-01-01"}));
    for _ in 0..2 {
        world.app.pass(CYCLE).await;
    }
    assert_eq!(world.comments(&issue).await.len(), 2);
    let said = world.said(&key).await;
    assert!(said.len() == 2 && said.iter().all(|said| !said.contains("between us")), "{said:?}");
    assert!(!world.described(&issue).await.contains("Kept to a few"));
    let rows = world.ledger().await;
    assert!(!rows.is_empty() && rows.iter().all(|row| row.theirs.starts_with("digest ")), "{rows:?}");
}

#[actix_web::test]
async fn jiras_assignee_becomes_the_risks_and_never_its_owner() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue) = world.ticketed("Somebody does it").await;
    let dana = world.app.person("dana@example.org", &[Role::Engineer]).await;
    world.app.pass(CYCLE).await;
    world.edit_there(&issue, json!({"assignee": {"accountId": "sandbox:person"}}));
    world.app.pass(CYCLE).await;
    assert_eq!(world.risk(&key).await["assignee"], json!(null));
    assert_eq!(world.ticket(&key).await["assignee"], "Dana Developer");

    world.assignee_is(dana.id, Some("sandbox:person")).await;
    world.edit_there(&issue, json!({"summary": "Dana does it"}));
    world.app.pass(CYCLE).await;
    let risk = world.risk(&key).await;
    assert_eq!((&risk["assignee"], &risk["owner"]), (&json!("dana@example.org"), &json!(world.owner.email)));

    // Who is set here instead is put back, which the ledger says each time.
    for _ in 0..2 {
        world.patch(&key, json!({"assignee": world.owner.email})).await;
        world.app.settle().await;
        assert_eq!(world.risk(&key).await["assignee"], "dana@example.org");
    }

    world.edit_there(&issue, json!({"assignee": null}));
    world.app.pass(CYCLE).await;
    assert_eq!(world.risk(&key).await["assignee"], json!(null));
    let ledger = world.ledger().await;
    let said: Vec<(&str, &str)> = ledger
        .iter()
        .filter(|row| row.field == "assignee")
        .map(|row| (row.ours.as_str(), row.theirs.as_str()))
        .collect();
    let dana = "Dana Developer";
    assert_eq!(said, [("", dana), ("owner", dana), ("owner", dana), ("dana", "nobody")]);
}

#[actix_web::test]
async fn an_edit_that_fails_each_time_holds_up_no_comment() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let (key, issue) = world.ticketed("Cannot be edited").await;
    world.app.pass(CYCLE).await;
    world.site.proxy.add(Rule::always(
        "PUT",
        "*/issue/*",
        Fault::Answer { status: 500, headers: Vec::new() },
    ));
    world.patch(&key, json!({"title": "Cannot be edited now"})).await;
    world.say(&key, "said all the same").await;
    for _ in 0..6 {
        world.app.pass(Duration::minutes(5)).await;
    }
    assert_eq!(world.comments_with(&issue, "said all the same").await, 1);
    let problem = world.ticket(&key).await["problem"].to_string();
    assert!(problem.contains("cannot be told"), "{problem}");
    world.site.proxy.clear();
    for _ in 0..2 {
        world.app.pass(Duration::minutes(30)).await;
    }
    assert_eq!(world.comments_with(&issue, "said all the same").await, 1);
    let summary = world.site.client.issue(&issue, &["summary"]).await.expect("an issue").fields.summary;
    assert!(summary.is_some_and(|summary| summary.contains("edited now")));
}

#[actix_web::test]
async fn a_close_is_one_call_with_its_comment_also_where_the_site_takes_none() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let verifier = world.app.person("vera@example.org", &[Role::Verifier]).await;
    for refused in [false, true] {
        let (key, issue) = world.ticketed(&format!("Closed here, refused {refused}")).await;
        world.app.pass(CYCLE).await;
        world.site.click(&issue, "11").await;
        world.app.pass(CYCLE).await;
        let id = world.site.client.issue(&issue, &["summary"]).await.expect("an issue").id;
        let moves = format!("/rest/api/3/issue/{id}/transitions");
        if refused {
            let no = Fault::Answer { status: 400, headers: Vec::new() };
            world.site.proxy.add(Rule::once("POST", &moves, no));
        }
        let before = world.writes(&id);
        let claim = json!({"event": "claim_fixed", "evidence": ["https://example.org/commit"]});
        world.step(&world.owner, &key, claim).await;
        world.app.settle().await;
        let proof = json!({"event": "verify_pass", "evidence": ["https://example.org/retest"]});
        world.step(&verifier, &key, proof).await;
        for _ in 0..2 {
            world.app.pass(CYCLE).await;
        }
        assert_eq!(world.ticket(&key).await["status_category"], "done");
        let comments = world.comments(&issue).await;
        assert!(comments.len() == 1 && comments[0].contains("was closed in Abate"), "{comments:?}");
        assert!(world.said(&key).await.is_empty());
        // The evidence of the claim is a link, that of the close is named with it.
        assert_eq!(world.comments_with(&issue, "https://example.org/commit").await, 0);
        assert_eq!(world.comments_with(&issue, "https://example.org/retest").await, 1);
        assert_eq!(world.writes(&id) - before, if refused { 4 } else { 2 });
    }
}
