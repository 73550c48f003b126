//! Whatever people write, here or there: one ticket each, in which it is read letter for letter and nothing else happens.

use std::time::Duration as StdDuration;

use abate::sandbox::jira::JiraSandboxKind;
use abate_integrations::jira::plain_text;
use chrono::Duration;
use serde_json::{Value, json};

use super::world::World;
use crate::fault_proxy::{Fault, Rule};

const KINDS: [JiraSandboxKind; 2] = [JiraSandboxKind::Cloud, JiraSandboxKind::DataCenter];

/// What JIRA takes in a summary and in a text.
const SUMMARY: usize = 255;
const TEXT: usize = 32_767;

/// What somebody may write into a title, at most 300 characters.
fn titles() -> Vec<String> {
    vec![
        "First line\nsecond line\r\nthird\u{2028}fourth".to_owned(),
        "long ".repeat(60),
        "\u{1f525}".repeat(300),
        "<!channel> <@U012AB3CD> @here <https://example.org|click>".to_owned(),
        "[~admin] {code} !https://example.org/x.png! *bold* | || {color:red}".to_owned(),
        r#"{"type":"mention","attrs":{"id":"sandbox:person"}}"#.to_owned(),
        "user\u{202e}gpj.exe \u{2066}\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{639}\u{644}\u{64a}".to_owned(),
        "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467} e\u{301} \u{200b}\u{feff}".to_owned(),
        "'; DROP TABLE ticket; -- \" \\ \t\u{7}\u{1b}[31m".to_owned(),
        "<script>alert(1)</script> &lt; &#123;code&#125;".to_owned(),
    ]
}

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

impl World {
    async fn recorded(&self, title: &str, description: &str) -> String {
        let key = self.app.risk("shop", title).await;
        let form = json!({"description": description, "mitigation": description, "reason": "test"});
        self.patch(&key, form).await;
        self.step(&self.first, &key, json!({"event": "start_triage"})).await;
        let confirm = json!({"event": "confirm", "owner": self.owner.email, "reason": "Seen in a test"});
        self.step(&self.first, &key, confirm).await;
        key
    }

    /// The key of the ticket of a risk, which is linked and has nothing wrong.
    async fn well(&self, key: &str) -> String {
        let ticket = self.ticket(key).await;
        assert_eq!((&ticket["state"], &ticket["problem"]), (&json!("linked"), &json!(null)), "{ticket}");
        ticket["key"].as_str().expect("a key").to_owned()
    }

    /// The description as the site has it.
    async fn text_of(&self, issue: &str) -> Value {
        let issue = self.site.client.issue(issue, &["description"]).await.expect("an issue");
        issue.fields.description.expect("a description")
    }

    fn edits(&self) -> usize {
        let ids = self.site.sandbox.issue_ids();
        let edits = ids.iter().map(|id| self.site.proxy.seen("PUT", &self.site.path(&format!("issue/{id}"))));
        edits.sum()
    }

    async fn some_polls(&self) {
        for _ in 0..3 {
            self.app.pass(Duration::seconds(121)).await;
        }
    }
}

/// The kinds of nodes in a document.
fn kinds(node: &Value, found: &mut Vec<String>) {
    found.extend(node["type"].as_str().map(str::to_owned));
    found.extend(
        node["marks"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|mark| mark["type"].as_str())
            .map(str::to_owned),
    );
    for child in node["content"].as_array().into_iter().flatten() {
        kinds(child, found);
    }
}

/// The letters that somebody sees, without white space.
fn visible(text: &str) -> String {
    let hidden = |c: &char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| !c.is_whitespace() && !hidden(c)).collect()
}

/// As [`visible`], of a text with the escapes of wiki markup.
fn unescaped(text: &str) -> String {
    let backslash = "\u{1}";
    let plain = text.replace("&#92;", backslash).replace("&amp;", "&").replace('\\', "");
    visible(&plain.replace(backslash, "\\"))
}

#[actix_web::test]
async fn titles_and_texts_are_shown_and_do_nothing() {
    for kind in KINDS {
        let world = World::of(kind, StdDuration::ZERO, &[]).await;
        let mut risks = Vec::new();
        for title in titles() {
            risks.push((world.recorded(&title, &title).await, title));
        }
        world.app.settle().await;
        world.some_polls().await;
        assert_eq!(world.site.sandbox.issue_keys().len(), risks.len());
        let quiet = world.edits();
        world.some_polls().await;
        assert_eq!(world.edits(), quiet, "what was told is not told again");

        for (key, title) in &risks {
            let issue = world.well(key).await;
            let summary = world.issue(&issue).await.fields.summary.unwrap_or_default();
            assert!(length(&summary) <= SUMMARY && !summary.chars().any(char::is_control), "{summary}");
            let (whole, shown) = (visible(&format!("{key}:{title}")), visible(&summary));
            let begins = shown.strip_suffix('…').is_some_and(|begun| whole.starts_with(begun));
            assert!(shown == whole || begins, "{summary}");
            let text = world.text_of(&issue).await;
            match kind {
                JiraSandboxKind::Cloud => {
                    assert!(visible(&plain_text(&text)).contains(&visible(title)), "{text}");
                    let mut found = Vec::new();
                    kinds(&text, &mut found);
                    let known = [
                        "doc",
                        "table",
                        "tableRow",
                        "tableHeader",
                        "tableCell",
                        "paragraph",
                        "heading",
                        "text",
                        "strong",
                        "link",
                        "hardBreak",
                    ];
                    found.retain(|kind| !known.contains(&kind.as_str()));
                    assert!(found.is_empty(), "{found:?}");
                    let links = text.to_string().matches("\"href\"").count();
                    assert_eq!(links, 1, "the link to the risk alone: {text}");
                }
                JiraSandboxKind::DataCenter => {
                    let text = text.as_str().expect("a text");
                    for mark in ["[~", "{code", "{color", "!http", "*bold"] {
                        let bare = text.match_indices(mark).any(|(at, _)| !text[..at].ends_with('\\'));
                        assert!(!bare, "{mark} in {text}");
                    }
                    assert!(unescaped(text).contains(&visible(title)), "{text}");
                }
            }
        }

        // A later edit says as much as the first.
        for (key, title) in &mut risks {
            *title = format!("Anew {}", title.chars().take(290).collect::<String>());
            world.patch(key, json!({"title": title})).await;
        }
        world.app.settle().await;
        world.some_polls().await;
        for (key, _) in &risks {
            let issue = world.well(key).await;
            let summary = world.issue(&issue).await.fields.summary.unwrap_or_default();
            assert!(summary.starts_with(&format!("{key}: Anew ")), "{summary}");
        }
        let ledger = world.first.api.get("/api/v1/connections/1/drift").await.expect(200).json();
        assert_eq!(ledger["items"], json!([]), "nobody in JIRA has changed anything");
    }
}

#[actix_web::test]
async fn a_text_that_is_too_long_is_cut_and_told_once() {
    for kind in KINDS {
        let world = World::of(kind, StdDuration::ZERO, &[]).await;
        let key = world.app.risk("shop", "Too long").await;
        let path = format!("/api/v1/risks/{key}");
        let beyond = json!({"description": "x".repeat(100_001), "reason": "test"});
        let said = world.first.api.patch(&path, &beyond).await.expect(422).json();
        assert_eq!(said["errors"][0]["field"], "description", "{said}");
        // Each of these is more than 100 kB, and is written with more characters still on Data Center.
        let texts = ["\u{1f525}".repeat(50_000), "{code} *x* [~a]\n\n".repeat(2_900), "\\".repeat(50_000)];
        let mut keys = Vec::new();
        for text in &texts {
            keys.push(world.recorded("Too long", text).await);
        }
        world.app.settle().await;
        world.some_polls().await;
        let quiet = world.edits();
        world.some_polls().await;
        assert_eq!(world.edits(), quiet);
        for key in &keys {
            let issue = world.well(key).await;
            let text = world.text_of(&issue).await;
            let shown = match kind {
                JiraSandboxKind::Cloud => text.to_string(),
                JiraSandboxKind::DataCenter => text.as_str().expect("a text").to_owned(),
            };
            assert!(shown.contains('…'), "it says that it was cut");
            assert!(kind == JiraSandboxKind::Cloud || length(&shown) <= TEXT, "{}", length(&shown));
        }
        assert_eq!(world.site.sandbox.issue_keys().len(), keys.len());
    }
}

#[actix_web::test]
async fn comments_cross_letter_for_letter_and_once() {
    for kind in KINDS {
        let world = World::of(kind, StdDuration::ZERO, &[]).await;
        let (key, issue) = world.ticketed("Talked about").await;
        world.some_polls().await;
        let path = format!("/api/v1/risks/{key}/comments?limit=200");
        let texts = titles();
        for text in &texts {
            world.first.api.post(&path, &json!({"body": text})).await.expect(201);
            world.site.sandbox.comment_as_person(&issue, &format!("there {text}"));
            world.app.time.advance(Duration::seconds(1));
            // Two who write to one risk at once are told to repeat it.
            world.app.settle().await;
        }
        // No database takes a zero byte, and no comment is so long here.
        world.site.sandbox.comment_as_person(&issue, "there zero\u{0}byte");
        world.site.sandbox.comment_as_person(&issue, &"\u{1f525}".repeat(16_000));
        world.app.settle().await;
        world.some_polls().await;
        let there = world.site.client.newest_comments(&issue).await.expect("comments").len();
        let here = world.first.api.get(&path).await.expect(200).json();
        let said: Vec<&str> =
            here["items"].as_array().into_iter().flatten().filter_map(|item| item["body"].as_str()).collect();
        assert_eq!((there, said.len()), (2 * texts.len() + 2, 2 * texts.len() + 2), "{said:?}");
        for text in &texts {
            let whole = unescaped(&format!("there {text}"));
            assert_eq!(said.iter().filter(|said| unescaped(said).ends_with(&whole)).count(), 1, "{text}");
        }
        world.some_polls().await;
        assert_eq!(world.site.client.newest_comments(&issue).await.expect("comments").len(), there);
        assert_eq!(world.well(&key).await, issue);
    }
}

/// JIRA on an old database answers a text with emoji with an error of its own, and not with a refusal.
#[actix_web::test]
async fn a_text_that_the_site_cannot_store_holds_up_no_other() {
    let world = World::of(JiraSandboxKind::DataCenter, StdDuration::ZERO, &[]).await;
    world.site.sandbox.store_emoji(false);
    let limited = Fault::Answer { status: 429, headers: Vec::new() };
    world.site.proxy.add(Rule::always("POST", "*/issue*", limited));
    let mut others = vec![world.confirmed("Made before it").await];
    let burning = world.confirmed("It \u{1f525} burns").await;
    for number in 0..3 {
        others.push(world.confirmed(&format!("Made after it {number}")).await);
    }
    world.app.settle().await;
    world.site.proxy.clear();
    for _ in 0..12 {
        world.app.pass(Duration::minutes(5)).await;
    }
    for key in &others {
        world.well(key).await;
    }
    let ticket = world.ticket(&burning).await;
    assert!(ticket["state"] == "unknown" || ticket["state"] == "wanted", "{ticket}");
    assert!(ticket["problem"].as_str().is_some_and(|text| text.contains("500")), "{ticket}");
    assert_eq!(world.risk(&burning).await["state"], "open");
    assert_eq!(world.site.sandbox.issue_keys().len(), others.len());
    let connection = world.first.api.get("/api/v1/connections").await.expect(200).json();
    assert_eq!(connection["items"][0]["problem"], json!(null), "{connection}");

    world.patch(&burning, json!({"title": "It burns"})).await;
    for _ in 0..6 {
        world.app.pass(Duration::minutes(5)).await;
    }
    let issue = world.well(&burning).await;
    // Nor does such a comment keep the fields from being told.
    let path = format!("/api/v1/risks/{burning}/comments");
    world.first.api.post(&path, &json!({"body": "\u{1f525}"})).await.expect(201);
    world.patch(&burning, json!({"title": "It burns brightly"})).await;
    world.app.settle().await;
    world.some_polls().await;
    let summary = world.issue(&issue).await.fields.summary.unwrap_or_default();
    assert_eq!(summary, format!("{burning}: It burns brightly"));
    assert_eq!(world.site.sandbox.issue_keys().len(), others.len() + 1);
}

/// A label with a blank is refused where it is said, so that JIRA is never sent one.
#[actix_web::test]
async fn a_label_with_a_blank_is_refused_before_jira_refuses_every_ticket() {
    for kind in KINDS {
        let world = World::of(kind, StdDuration::ZERO, &[]).await;
        let path = "/api/v1/connections/1/mapping";
        for label in ["two words", "non\u{a0}breaking", "", "Abate-mine"] {
            let form = json!({"mapping": {"labels": ["well", label]}});
            let said = world.first.api.put(path, &form).await.expect(422).json();
            assert_eq!(said["errors"][0]["field"], "mapping.labels[1]", "{said}");
        }
        let labels = ["<!channel>", "\u{1f525}", "\u{5e9}\u{5dc}", "a,b", "\"quoted\""];
        world.first.api.put(path, &json!({"mapping": {"labels": labels}})).await.expect(200);
        let (key, issue) = world.ticketed("Labelled").await;
        world.some_polls().await;
        let shown = world.issue(&issue).await.fields.labels;
        assert!(labels.iter().all(|label| shown.iter().any(|known| known == label)), "{shown:?}");
        assert_eq!(world.well(&key).await, issue);
    }
}
