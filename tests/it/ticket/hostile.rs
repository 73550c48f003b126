//! What goes wrong at the site: a project without our issue type or without a field, one that is deleted, webhooks of
//! another site, a second installation, an issue from after a backup. People are told, no wrong ticket is made, no risk
//! is lost, and all is well again once somebody has mended it.

use std::time::Duration as StdDuration;

use abate::sandbox::jira::{JiraSandboxKind, WebhookTarget};
use abate_integrations::jira::{IssueEdit, Marker, NewIssue};
use chrono::Duration;
use serde_json::{Value, json};

use super::world::{SECRET, World, settings};
use crate::fault_proxy::{Fault, Rule};
use crate::harness::app::{Person, TestApp};
use crate::jira::site::{PROJECT, Site, TASK};

const KINDS: [JiraSandboxKind; 2] = [JiraSandboxKind::Cloud, JiraSandboxKind::DataCenter];

impl World {
    /// What people are shown to be wrong with the connection.
    async fn connection_problem(&self) -> String {
        let list = self.first.api.get("/api/v1/connections").await.expect(200).json();
        list["items"][0]["problem"].as_str().unwrap_or_default().to_owned()
    }

    async fn strangers(&self) -> Value {
        let list = self.first.api.get("/api/v1/connections").await.expect(200).json();
        list["items"][0]["strangers"].clone()
    }

    async fn summary(&self, issue: &str) -> String {
        self.issue(issue).await.fields.summary.unwrap_or_default()
    }

    /// Lets so many minutes go by, in steps that a worker would live through.
    async fn minutes(&self, minutes: i64) {
        for _ in 0..minutes / 5 {
            self.app.pass(Duration::minutes(5)).await;
        }
    }
}

#[actix_web::test]
async fn a_project_without_our_issue_type_holds_new_tickets_and_no_other() {
    for kind in KINDS {
        let world = World::of(kind, StdDuration::ZERO, &[]).await;
        let (known, issue) = world.ticketed("Made before").await;
        world.site.sandbox.offer_issue_type(false);
        let key = world.confirmed("Made after").await;
        world.minutes(30).await;
        let ticket = world.ticket(&key).await;
        assert_eq!(ticket["state"], "wanted", "{ticket}");
        assert!(ticket["problem"].as_str().is_some_and(|text| text.contains("issue type")), "{ticket}");
        let said = world.connection_problem().await;
        assert!(said.contains("no issue type Task") && said.contains("Story"), "{said}");
        assert_eq!(world.risk(&key).await["state"], "open");
        let told = world.notices("connection").await;
        assert!(told.len() == 1 && told[0].contains("no issue type Task"), "{told:?}");

        // What has its ticket is kept in step all the same.
        world.patch(&known, json!({"title": "Renamed meanwhile"})).await;
        world.minutes(15).await;
        assert_eq!(world.summary(&issue).await, "R-1: Renamed meanwhile");
        assert_eq!(world.site.sandbox.issue_keys(), [issue.as_str()]);

        world.site.sandbox.offer_issue_type(true);
        world.minutes(30).await;
        assert_eq!(world.ticket(&key).await["state"], "linked");
        assert_eq!(world.connection_problem().await, "");
        assert_eq!(world.site.sandbox.issue_keys().len(), 2);
    }
}

#[actix_web::test]
async fn a_create_screen_without_a_field_of_ours() {
    for kind in KINDS {
        let world = World::of(kind, StdDuration::ZERO, &[]).await;
        // Without its label no ticket could be found again, so that none is made.
        world.site.sandbox.show_on_create_screen("labels", false);
        let key = world.confirmed("Without labels").await;
        world.minutes(10).await;
        assert_eq!(world.ticket(&key).await["state"], "wanted");
        assert!(world.connection_problem().await.contains("no field Labels"));
        assert!(world.site.sandbox.issue_keys().is_empty());

        // The others are told as soon as the issue is there.
        world.site.sandbox.show_on_create_screen("labels", true);
        for field in ["description", "priority", "duedate"] {
            world.site.sandbox.show_on_create_screen(field, false);
        }
        world.minutes(15).await;
        let ticket = world.ticket(&key).await;
        assert_eq!((&ticket["state"], &ticket["problem"]), (&json!("linked"), &json!(null)), "{ticket}");
        assert_eq!(world.connection_problem().await, "");
        let issue = world.issue(ticket["key"].as_str().expect("a key")).await.fields;
        assert_eq!(
            issue.due_date.map(|day| day.to_string()).as_deref(),
            world.risk(&key).await["due_on"].as_str()
        );
        assert_eq!(issue.priority.map(|priority| priority.name).as_deref(), Some("High"));
        assert_eq!(world.site.sandbox.issue_keys().len(), 1);
    }
}

#[actix_web::test]
async fn a_deleted_project_breaks_no_ticket_and_is_found_again_when_it_is_restored() {
    for kind in KINDS {
        let world = World::of(kind, StdDuration::ZERO, &[]).await;
        let (known, issue) = world.ticketed("Made before").await;
        world.site.proxy.add(Rule::once("POST", "/issue", Fault::LoseAnswer));
        let uncertain = world.confirmed("Perhaps made").await;
        world.app.settle().await;
        assert_eq!(world.ticket(&uncertain).await["state"], "unknown");
        world.site.sandbox.offer_project(false);
        world.patch(&known, json!({"title": "Renamed meanwhile"})).await;
        let wanted = world.confirmed("Wanted meanwhile").await;
        world.minutes(15).await;
        let said = world.connection_problem().await;
        assert!(said.contains("project SEC"), "{said}");
        // Nor does a night in which every ticket is read and none is shown.
        world.app.pass(Duration::hours(17)).await;
        world.minutes(15).await;
        let ticket = world.ticket(&known).await;
        assert_eq!((&ticket["state"], &ticket["broken"]), (&json!("linked"), &json!(false)), "{ticket}");
        assert_eq!(world.ticket(&uncertain).await["state"], "unknown");
        assert_eq!(world.ticket(&wanted).await["state"], "wanted");
        assert_eq!(world.notices("ticket").await, Vec::<String>::new());
        assert_eq!(world.notices("connection").await.len(), 1);
        for key in [&known, &uncertain, &wanted] {
            assert_eq!(world.risk(key).await["state"], "open");
        }

        world.site.sandbox.offer_project(true);
        world.minutes(40).await;
        assert_eq!(world.connection_problem().await, "");
        assert_eq!(world.summary(&issue).await, "R-1: Renamed meanwhile");
        for key in [&uncertain, &wanted] {
            let ticket = world.ticket(key).await;
            assert_eq!((&ticket["state"], &ticket["problem"]), (&json!("linked"), &json!(null)), "{ticket}");
        }
        assert_eq!(world.site.sandbox.issue_keys().len(), 3);
        assert_eq!(world.strangers().await, json!([]));
    }
}

#[actix_web::test]
async fn a_webhook_of_another_site_with_the_same_number_moves_nothing() {
    for kind in KINDS {
        let world = World::of(kind, StdDuration::ZERO, &[]).await;
        let (key, issue) = world.ticketed("Ours").await;
        let clock = world.app.state.clock.clone();
        let other = Site::start_at(kind, StdDuration::ZERO, std::sync::Arc::new(move || clock.now())).await;
        let new = IssueEdit { summary: Some("Theirs".to_owned()), ..IssueEdit::default() };
        let marker = Marker { instance: "zzzzzz".to_owned(), uuid: "theirs".to_owned(), epoch: 0 };
        let new = NewIssue { project: PROJECT.to_owned(), issue_type: TASK.to_owned(), edit: new, marker };
        let theirs = other.client.create_issue(&new).await.expect("created");
        assert_eq!(other.sandbox.issue_ids(), world.site.sandbox.issue_ids(), "the same number twice");
        // Somebody has given it our address and our secret.
        let url = format!("{}/hooks/jira/jira", world.app.base());
        other.sandbox.send_webhooks_to(Some(WebhookTarget { url, secret: SECRET.to_owned() }));
        let reads = || world.site.proxy.seen("GET", &world.site.path(&format!("issue/{}", theirs.id)));
        let before = reads();
        for transition in ["11", "31"] {
            other.click(&theirs.key, transition).await;
        }
        world.until("the hint has arrived", async || reads() > before).await;
        world.app.settle().await;
        world.minutes(5).await;
        assert_eq!(world.risk(&key).await["state"], "open");
        let ticket = world.ticket(&key).await;
        assert_eq!((&ticket["broken"], &ticket["problem"]), (&json!(false), &json!(null)), "{ticket}");
        assert_eq!(ticket["status_category"], "new");
        assert_eq!(world.summary(&issue).await, "R-1: Ours");
        assert_eq!(
            other.client.issue(&theirs.id, &["summary"]).await.expect("theirs").fields.labels.len(),
            0
        );
    }
}

/// Another installation at work on the project of a world.
struct Second {
    app: TestApp,
    first: Person,
}

impl Second {
    async fn at(world: &World) -> Self {
        let settings = settings(&world.site);
        let settings: Vec<(&str, &str)> =
            settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let app = TestApp::spawn_seeded(&settings, 7).await;
        // All databases of these tests are copies of one.
        app.database.tamper("UPDATE setting SET value = 'zzzzzz' WHERE key = 'instance'").await;
        app.time.advance(world.app.state.clock.now() - app.state.clock.now());
        app.asset("shop", None).await;
        let first = app.first().await;
        Self { app, first }
    }

    async fn confirmed(&self, title: &str) -> String {
        let key = self.app.risk("shop", title).await;
        for form in [
            json!({"event": "start_triage"}),
            json!({"event": "confirm", "owner": self.first.email, "reason": "Seen in a test"}),
        ] {
            self.first.api.post(&format!("/api/v1/risks/{key}/transitions"), &form).await.expect(200);
        }
        self.app.settle().await;
        key
    }

    async fn get(&self, path: &str) -> Value {
        self.first.api.get(path).await.expect(200).json()
    }
}

#[actix_web::test]
async fn two_installations_on_one_project_leave_each_other_alone() {
    for kind in KINDS {
        let world = World::of(kind, StdDuration::ZERO, &[]).await;
        let second = Second::at(&world).await;
        let (ours, our_issue) = world.ticketed("Of the first").await;
        let theirs = second.confirmed("Of the second").await;
        assert_eq!(ours, theirs, "both call it the same");
        let ticket =
            async || second.get(&format!("/api/v1/risks/{theirs}/tickets")).await["items"][0].clone();
        let their_issue = ticket().await["key"].as_str().expect("a key").to_owned();
        assert_ne!(our_issue, their_issue);

        // Somebody clones the ticket of the one, with its labels, into that of the other.
        let mut labels = world.issue(&our_issue).await.fields.labels;
        labels.extend(world.issue(&their_issue).await.fields.labels);
        world.edit_there(&their_issue, json!({ "labels": labels }));
        world.site.click(&their_issue, "11").await;
        for _ in 0..3 {
            world.app.pass(Duration::seconds(121)).await;
            second.app.pass(Duration::seconds(121)).await;
        }
        assert_eq!(second.get(&format!("/api/v1/risks/{theirs}")).await["state"], "in_progress");
        assert_eq!(world.risk(&ours).await["state"], "open");
        let mut kept = world.issue(&their_issue).await.fields.labels;
        kept.sort();
        labels.sort();
        assert_eq!(kept, labels);

        // A night in which each reads all that it finds.
        world.app.pass(Duration::hours(18)).await;
        second.app.pass(Duration::hours(18)).await;
        assert_eq!(world.strangers().await, json!([]));
        assert_eq!(second.get("/api/v1/connections").await["items"][0]["strangers"], json!([]));
        for ticket in [world.ticket(&ours).await, ticket().await] {
            assert_eq!((&ticket["state"], &ticket["problem"]), (&json!("linked"), &json!(null)), "{ticket}");
        }
        assert_eq!(world.summary(&our_issue).await, "R-1: Of the first");
        assert_eq!(world.summary(&their_issue).await, "R-1: Of the second");
        assert_eq!(world.site.sandbox.issue_keys().len(), 2);
    }
}

/// Numbers are given again after a backup was restored: the issue of a risk that this database never knew carries the
/// label of one that is recorded now.
#[actix_web::test]
async fn an_issue_from_after_the_backup_is_not_the_ticket_of_the_risk_that_got_its_number() {
    for kind in KINDS {
        let world = World::of(kind, StdDuration::ZERO, &[]).await;
        let (_, issue) = world.ticketed("Before the backup").await;
        let marker = world.issue(&issue).await.marker.expect("a marker");
        let of = |number: i32| {
            let instance = &marker.instance;
            let labels = vec![format!("abate-{instance}"), format!("abate-{instance}-r-{number}")];
            let edit = IssueEdit {
                summary: Some(format!("R-{number}: From after the backup")),
                labels: Some(labels),
                ..IssueEdit::default()
            };
            let uuid = format!("00000000-0000-7000-8000-00000000000{number}");
            let marker = Marker { uuid, ..marker.clone() };
            NewIssue { project: PROJECT.to_owned(), issue_type: TASK.to_owned(), edit, marker }
        };
        for number in [2, 3] {
            world.site.client.create_issue(&of(number)).await.expect("created");
        }
        world.minutes(5).await;
        let shown = world.strangers().await;
        assert_eq!(shown.as_array().map(Vec::len), Some(2), "{shown}");
        assert!(shown.as_array().is_some_and(|all| all.iter().all(|one| one["kind"] == "orphan")), "{shown}");

        let certain = world.confirmed("Recorded anew").await;
        world.app.settle().await;
        world.site.proxy.add(Rule::once("POST", "/issue", Fault::CloseBefore));
        let uncertain = world.confirmed("Recorded anew, and uncertain").await;
        world.app.settle().await;
        world.minutes(15).await;
        for (key, title) in [(&certain, "Recorded anew"), (&uncertain, "Recorded anew, and uncertain")] {
            let ticket = world.ticket(key).await;
            assert_eq!((&ticket["state"], &ticket["problem"]), (&json!("linked"), &json!(null)), "{ticket}");
            let issue = ticket["key"].as_str().expect("a key");
            assert_eq!(world.summary(issue).await, format!("{key}: {title}"));
        }
        assert_eq!(world.site.sandbox.issue_keys().len(), 5);
        assert_eq!(world.strangers().await.as_array().map(Vec::len), Some(2));
    }
}
