//! What goes into the fields of a project's own: each kind in both JIRAs, what is demanded, and what is left out.

use std::time::Duration as StdDuration;

use abate::access::role::Role;
use abate::sandbox::jira::{JiraSandboxKind, OwnField, OwnFieldKind};
use chrono::Duration;
use reqwest::Method;
use sea_orm::{ActiveValue::Set, EntityTrait as _};
use serde_json::{Value, json};

use super::world::World;

const PATH: &str = "/api/v1/connections/1/mapping";
const PERSON: &str = "sandbox:person";

fn field(id: &str, name: &str, required: bool, kind: OwnFieldKind) -> OwnField {
    OwnField { id: id.to_owned(), name: name.to_owned(), required, kind }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

impl World {
    async fn map(&self, mapping: Value) -> Value {
        self.first.api.put(PATH, &json!({ "mapping": mapping })).await.expect(200).json()
    }

    async fn try_mapping(&self, key: &str) -> Value {
        self.first.api.post(&format!("{PATH}/try"), &json!({ "risk": key })).await.expect(200).json()
    }

    fn shown(&self, issue: &str, field: &str) -> Value {
        self.site.sandbox.shown_field(issue, field)
    }

    /// An issue with all its fields, but for those that no two issues share.
    async fn all_fields(&self, issue: &str) -> Value {
        let path = format!("issue/{issue}?fields=*all&properties=abate");
        let answer = self.site.request(Method::GET, &path).send().await.expect("an answer");
        let mut fields = answer.json::<Value>().await.expect("an issue")["fields"].take();
        for own in ["created", "updated"] {
            fields[own] = Value::Null;
        }
        fields
    }
}

/// A field of each kind, in a project that has an epic, components and a person with an address.
async fn rich(kind: JiraSandboxKind) -> World {
    let world = World::of(kind, StdDuration::ZERO, &[]).await;
    let sandbox = &world.site.sandbox;
    let epic = json!({ "fields": { "project": { "key": "SEC" }, "issuetype": { "id": "10001" }, "summary": "Epic" } });
    let made = world.site.request(Method::POST, "issue").json(&epic).send().await.expect("an answer");
    assert_eq!(made.status(), 201);
    let levels = words(&["Info", "Low", "Medium", "High", "Critical"]);
    sandbox.add_field(field("customfield_1", "Severity", true, OwnFieldKind::Option(levels)));
    let parts = words(&["Web", "API", "Other"]);
    sandbox.add_field(field("customfield_2", "Parts", false, OwnFieldKind::Options(parts)));
    sandbox.add_field(field("customfield_3", "Risk key", false, OwnFieldKind::Text));
    sandbox.add_field(field("customfield_4", "Where", false, OwnFieldKind::Paragraph));
    sandbox.add_field(field("customfield_5", "Score", false, OwnFieldKind::Number));
    sandbox.add_field(field("customfield_6", "Last day", false, OwnFieldKind::Date));
    sandbox.add_field(field("customfield_7", "Ends at", false, OwnFieldKind::DateTime));
    sandbox.add_field(field("customfield_8", "Answers for it", false, OwnFieldKind::User));
    sandbox.add_field(field("components", "Components", false, OwnFieldKind::Components(words(&["Shop"]))));
    sandbox.add_field(field("reporter", "Reporter", false, OwnFieldKind::User));
    if kind == JiraSandboxKind::Cloud {
        sandbox.add_field(field("parent", "Parent", false, OwnFieldKind::Parent));
    } else {
        sandbox.add_field(field("customfield_9", "Epic link", false, OwnFieldKind::EpicLink));
    }
    sandbox.show_email(Some("owner@example.org"));
    world
}

fn everything() -> Value {
    json!({
        "fields": [
            { "field": "customfield_1", "value": "level" },
            { "field": "customfield_2", "value": { "fixed": "api, Web, Unheard of" }, "owner": "jira" },
            { "field": "customfield_3", "value": "risk_key" },
            { "field": "customfield_4", "value": "link" },
            { "field": "customfield_5", "value": "score" },
            { "field": "customfield_6", "value": "due_date" },
            { "field": "customfield_7", "value": "due_date" },
            { "field": "customfield_8", "value": "owner" },
            { "field": "customfield_99", "value": "team" },
        ],
        "priorities": { "high": "Lowest" },
        "labels": ["security", "team-shop"],
        "components": ["shop", "Unheard of"],
        "parent": "SEC-1",
        "reporter": { "account": PERSON },
        "assignee": "owner",
    })
}

async fn each_kind_is_sent(kind: JiraSandboxKind) {
    let world = rich(kind).await;
    let version = if kind == JiraSandboxKind::Cloud { 3 } else { 2 };
    let fields = world.first.api.get(&format!("{PATH}/fields")).await.expect(200).json();
    let kinds: Vec<(&str, &str)> = fields["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| Some((item["field"].as_str()?, item["kind"].as_str()?)))
        .filter(|(field, _)| field.starts_with("customfield_"))
        .collect();
    let expected = ["option", "options", "text", "rich_text", "number", "date", "date_time", "user"];
    assert_eq!(kinds.iter().map(|(_, kind)| *kind).take(8).collect::<Vec<_>>(), expected);
    assert_eq!(world.map(everything()).await["version"], 1);

    let (key, issue) = world.ticketed("Rich").await;
    assert_eq!(world.ticket(&key).await["problem"], json!(null));
    let due = world.risk(&key).await["due_on"].as_str().expect("a day").to_owned();
    assert_eq!(world.shown(&issue, "customfield_1")["value"], "High");
    let parts = world.shown(&issue, "customfield_2");
    assert_eq!(
        (&parts[0]["value"], &parts[1]["value"], &parts[2]),
        (&json!("API"), &json!("Web"), &Value::Null)
    );
    assert_eq!(world.shown(&issue, "customfield_3"), key.as_str());
    assert!(world.shown(&issue, "customfield_4").to_string().contains(&format!("/risks/{key}")));
    assert_eq!(world.shown(&issue, "customfield_5"), 16);
    assert_eq!(world.shown(&issue, "customfield_6"), due.as_str());
    assert!(world.shown(&issue, "customfield_7").as_str().is_some_and(|at| at.starts_with(&due)));
    let name = if kind == JiraSandboxKind::Cloud { "accountId" } else { "name" };
    assert_eq!(world.shown(&issue, "customfield_8")[name], PERSON);
    assert_eq!(world.shown(&issue, "reporter")[name], PERSON);
    assert_eq!(world.shown(&issue, "components")[0]["name"], "Shop");
    let parent = match kind {
        JiraSandboxKind::Cloud => world.shown(&issue, "parent")["key"].clone(),
        JiraSandboxKind::DataCenter => world.shown(&issue, "customfield_9"),
    };
    assert_eq!(parent, "SEC-1");
    let read = world.site.client.issue(&issue, &["labels", "assignee", "priority"]).await.expect("an issue");
    assert!(read.fields.labels.iter().any(|label| label == "team-shop"), "{:?}", read.fields.labels);
    assert_eq!(read.fields.assignee.map(|account| account.account_id).as_deref(), Some(PERSON));
    assert_eq!(read.fields.priority.map(|priority| priority.name).as_deref(), Some("Lowest"));

    // The dry run shows what was sent: made by hand, it gives the same issue.
    let trial = world.try_mapping(&key).await;
    let left: Vec<&str> = trial["left_out"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|left| left["field"].as_str())
        .collect();
    assert_eq!(left, ["customfield_99", "components"], "{trial}");
    let by_hand = world.site.request(Method::POST, "issue").json(&trial["create"]).send().await;
    let by_hand: Value = by_hand.expect("an answer").json().await.expect("an issue");
    let twin = by_hand["key"].as_str().expect("a key").to_owned();
    assert_eq!(world.all_fields(&twin).await, world.all_fields(&issue).await);
    world.site.sandbox.delete(&twin);

    // What changes with us is told in one call, and what is JIRA's stays as people there want it.
    let other = json!({ "customfield_2": [{ "value": "Other" }] });
    world.site.sandbox.edit_as_person(&issue, other.as_object().expect("fields")).expect("edited");
    world.app.pass(Duration::seconds(121)).await;
    let id = world.site.sandbox.issue_ids()[1].clone();
    let edits = || world.site.proxy.seen("PUT", &format!("/rest/api/{version}/issue/{id}"));
    let before = edits();
    let worse = json!({ "likelihood": 5, "impact": 5, "reason": "Worse." });
    world.first.api.patch(&format!("/api/v1/risks/{key}"), &worse).await.expect(200);
    for _ in 0..3 {
        world.app.pass(Duration::seconds(121)).await;
    }
    assert_eq!(edits(), before + 1);
    assert_eq!(world.shown(&issue, "customfield_1")["value"], "Critical");
    assert_eq!(world.shown(&issue, "customfield_5"), 25);
    assert_eq!(world.shown(&issue, "customfield_2")[0]["value"], "Other");
    assert_eq!(world.ticket(&key).await["problem"], json!(null));
}

#[actix_web::test]
async fn each_kind_is_sent_to_cloud() {
    each_kind_is_sent(JiraSandboxKind::Cloud).await;
}

#[actix_web::test]
async fn each_kind_is_sent_to_data_center() {
    each_kind_is_sent(JiraSandboxKind::DataCenter).await;
}

#[actix_web::test]
async fn a_required_field_holds_tickets_until_the_mapping_gives_it_a_value() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let colours = || OwnFieldKind::Option(words(&["Blue", "Red"]));
    world.site.sandbox.add_field(field("customfield_1", "Colour", true, colours()));
    world.site.sandbox.add_field(field("customfield_2", "Second colour", false, colours()));
    let key = world.confirmed("Waits").await;
    world.app.settle().await;
    let problem = async || {
        let list = world.first.api.get("/api/v1/connections").await.expect(200).json();
        list["items"][0]["problem"].as_str().unwrap_or_default().to_owned()
    };
    let said = problem().await;
    assert!(said.contains("Colour (customfield_1) is required") && !said.contains("Second"), "{said}");
    assert_eq!(world.ticket(&key).await["state"], "wanted");
    let test = world.first.api.post("/api/v1/connections/1/test", &json!({})).await.expect(200).json();
    assert!(test["ok"] == false && test.to_string().contains("give it a value in the mapping"), "{test}");

    // A value that is not offered is no value, and never a wrong one.
    world.map(json!({ "fields": [{ "field": "customfield_1", "value": { "fixed": "Green" } }] })).await;
    world.app.pass(Duration::seconds(10)).await;
    assert!(problem().await.contains("takes no \"Green\""), "{}", problem().await);
    assert_eq!(world.site.sandbox.issue_keys().len(), 0);
    let fixed = |field: &str, text: &str| json!({ "field": field, "value": { "fixed": text } });
    let rules = json!({ "fields": [fixed("customfield_1", "blue"), fixed("customfield_2", "Green")] });
    let made = world.map(rules.clone()).await;
    assert_eq!(made["version"], 2);
    world.app.pass(Duration::seconds(10)).await;
    let ticket = world.ticket(&key).await;
    assert_eq!((&ticket["state"], problem().await.as_str()), (&json!("linked"), ""), "{ticket}");
    let issue = ticket["key"].as_str().expect("a key");
    assert_eq!(world.shown(issue, "customfield_1")["value"], "Blue");
    assert_eq!(world.shown(issue, "customfield_2"), Value::Null);
    let trial = world.try_mapping(&key).await;
    assert_eq!(trial["left_out"][0]["field"], "customfield_2", "{trial}");
    assert!(trial["create"]["fields"].get("customfield_2").is_none(), "{trial}");

    for (at, form) in [
        ("mapping.fields[0].field", json!({ "fields": [fixed("priority", "High")] })),
        ("mapping.labels[0]", json!({ "labels": ["two words"] })),
        ("mapping.parent", json!({ "parent": "none" })),
    ] {
        let answer = world.first.api.put(PATH, &json!({ "mapping": form })).await.expect(422).json();
        assert_eq!(answer["errors"][0]["field"], at, "{answer}");
    }
    world.first.api.put(PATH, &json!({ "base": 1, "mapping": rules })).await.expect(412);
    world.first.api.put("/api/v1/connections/9/mapping", &json!({ "mapping": {} })).await.expect(404);
}

#[actix_web::test]
async fn who_has_no_account_is_the_fallback_and_what_is_refused_is_left_out() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    world.site.sandbox.add_field(field("reporter", "Reporter", false, OwnFieldKind::User));
    world.site.sandbox.add_field(field("customfield_1", "Note", false, OwnFieldKind::Text));
    world.site.sandbox.refuse_field("reporter");
    let mapping = json!({
        "fields": [{ "field": "customfield_1", "value": "asset" }],
        "reporter": "owner", "assignee": "owner", "fallback": "sandbox:abate",
    });
    world.map(mapping).await;
    let keys = [world.confirmed("First").await, world.confirmed("Second").await];
    world.app.settle().await;
    let searches = || world.site.proxy.seen("GET", "/rest/api/3/user/search");
    assert_eq!(searches(), 1, "nobody found is an answer, too");
    for key in &keys {
        let ticket = world.ticket(key).await;
        assert_eq!(ticket["state"], "linked", "{ticket}");
        let problem = ticket["problem"].as_str().unwrap_or_default();
        assert!(problem.contains("does not take the field reporter"), "{ticket}");
        let issue = ticket["key"].as_str().expect("a key");
        let read = world.site.client.issue(issue, &["assignee"]).await.expect("an issue");
        assert_eq!(read.fields.assignee.map(|account| account.account_id).as_deref(), Some("sandbox:abate"));
        assert_eq!(world.shown(issue, "customfield_1"), "shop");
    }
    assert_eq!(world.site.sandbox.issue_keys().len(), 2);
    world.app.pass(Duration::hours(25)).await;
    assert_eq!(world.ticket(&keys[0]).await["problem"], json!(null));

    // Of a confidential risk no name leaves, nor who has to do with it.
    let key = world.app.risk("shop", "Secret weakness").await;
    let hidden = abate_entity::risk::ActiveModel { confidential: Set(true), ..Default::default() };
    let write = async |tx: &sea_orm::DatabaseTransaction| {
        use sea_orm::{ColumnTrait as _, QueryFilter as _};
        let number: i64 = key.trim_start_matches("R-").parse().expect("a number");
        let this = abate_entity::risk::Column::Id.eq(number);
        abate_entity::risk::Entity::update_many().set(hidden.clone()).filter(this).exec(tx).await?;
        Ok(())
    };
    world.app.state.database.write(write).await.expect("hidden");
    let fields = ["asset", "team", "owner", "score", "cve"].map(|source| json!(source));
    let rules: Vec<Value> = fields
        .iter()
        .chain(&[json!("level"), json!("risk_key")])
        .enumerate()
        .map(|(index, source)| json!({ "field": format!("customfield_{index}"), "value": source }))
        .collect();
    for index in 0..rules.len() {
        world.site.sandbox.add_field(field(
            &format!("customfield_{index}"),
            "Field",
            false,
            OwnFieldKind::Text,
        ));
    }
    world.site.sandbox.show_email(Some("owner@example.org"));
    world.map(json!({ "fields": rules, "assignee": "owner", "fallback": "sandbox:abate" })).await;
    world.step(&world.first, &key, json!({"event": "start_triage"})).await;
    let confirm = json!({"event": "confirm", "owner": world.owner.email, "reason": "Seen in a test"});
    world.step(&world.first, &key, confirm).await;
    world.app.settle().await;
    let ticket = world.ticket(&key).await;
    let issue = ticket["key"].as_str().expect("a key");
    let shown: Vec<Value> =
        (0..rules.len()).map(|index| world.shown(issue, &format!("customfield_{index}"))).collect();
    let expected =
        [Value::Null, Value::Null, Value::Null, Value::Null, Value::Null, json!("high"), json!(key)];
    assert_eq!(shown, expected);
    let read = world.site.client.issue(issue, &["assignee"]).await.expect("an issue");
    assert_eq!(read.fields.assignee.map(|account| account.account_id).as_deref(), Some("sandbox:abate"));
}

#[actix_web::test]
async fn resolutions_mean_what_is_said_and_demanded_fields_are_given() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let causes = OwnFieldKind::Option(words(&["Code", "Configuration"]));
    world.site.sandbox.add_field(field("customfield_1", "Cause", false, causes));
    world.site.sandbox.demand_for_done("customfield_1");
    let (key, issue) = world.ticketed("Closed with us").await;
    world.step(&world.owner, &key, json!({"event": "start"})).await;
    let claim = json!({"event": "claim_fixed", "evidence": ["https://example.org/commit"]});
    world.step(&world.owner, &key, claim).await;
    let verifier = world.app.person("vera@example.org", &[Role::Verifier]).await;
    let verify = json!({"event": "verify_pass", "evidence": ["https://example.org/retest"]});
    world.step(&verifier, &key, verify).await;
    world.app.settle().await;
    let problem = world.ticket(&key).await["problem"].as_str().unwrap_or_default().to_owned();
    assert!(problem.contains("demands Cause (customfield_1)") && problem.contains("mapping"), "{problem}");

    let mapping = json!({
        "transition_fields": { "customfield_1": "configuration" },
        "resolutions": { "fixed": ["Won't Do"] },
    });
    world.map(mapping).await;
    world.app.pass(Duration::seconds(10)).await;
    let ticket = world.ticket(&key).await;
    assert_eq!((&ticket["status_category"], &ticket["problem"]), (&json!("done"), &json!(null)), "{ticket}");
    assert_eq!(world.shown(&issue, "customfield_1")["value"], "Configuration");
    let resolution = world.issue(&issue).await.fields.resolution.map(|said| said.name);
    assert_eq!(resolution.as_deref(), Some("Won't Do"), "it is how this site says that something was mended");

    // The same name is a claim when a person there says it.
    let (key, issue) = world.ticketed("Closed there").await;
    for transition in ["11", "61"] {
        world.app.pass(Duration::minutes(1)).await;
        world.site.click(&issue, transition).await;
        world.app.pass(Duration::seconds(121)).await;
    }
    assert_eq!(world.risk(&key).await["state"], "verification");
}

#[actix_web::test]
async fn a_mapping_is_made_and_tested_on_a_page() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let colours = OwnFieldKind::Option(words(&["Blue", "Red"]));
    world.site.sandbox.add_field(field("customfield_1", "Colour", true, colours));
    let (page, browser) = ("/settings/jira/1/mapping", &world.first.browser);
    let shown = browser.get(page).await.expect(200);
    assert!(shown.text.contains("Colour <strong>(required)</strong>") && shown.text.contains("Blue, Red"));
    assert!(browser.get("/settings/jira/1").await.expect(200).text.contains(page));
    let key = world.app.risk("shop", "To be tried").await;
    let form = |wish: &'static str, label: &'static str, risk: String| {
        [
            ("wish", wish.to_owned()),
            ("version", "0".to_owned()),
            ("source:customfield_1", "fixed".to_owned()),
            ("text:customfield_1", "Red".to_owned()),
            ("owner:customfield_1", "jira".to_owned()),
            ("labels", label.to_owned()),
            ("risk", risk),
        ]
    };
    let send = async |form: &[(&str, String)]| {
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.submit(page, &form).await
    };
    let tried = send(&form("try", "shop", key.clone())).await.expect(200);
    assert!(tried.text.contains(&format!("What would be sent for {key}")), "{}", tried.text);
    assert!(
        tried.text.contains("customfield_1&") || tried.text.contains("customfield_1\""),
        "{}",
        tried.text
    );
    assert_eq!(world.site.sandbox.issue_keys().len(), 0);
    assert_eq!(world.first.api.get(PATH).await.expect(200).json()["version"], 0);
    send(&form("try", "shop", "R-999".to_owned())).await.expect(404);
    let refused = send(&form("save", "abate-x", String::new())).await.expect(422);
    assert!(refused.text.contains("Labels that begin with abate-"), "{}", refused.text);
    send(&form("save", "shop", String::new())).await.expect(303);
    let now = world.first.api.get(PATH).await.expect(200).json();
    assert_eq!(now["version"], 1);
    let rule = json!([{ "field": "customfield_1", "value": { "fixed": "Red" }, "owner": "jira" }]);
    assert_eq!((&now["mapping"]["fields"], &now["mapping"]["labels"]), (&rule, &json!(["shop"])));
    send(&form("save", "shop", String::new())).await.expect(412);
}

#[actix_web::test]
async fn what_was_told_of_a_risk_that_becomes_confidential_is_taken_back() {
    let world = World::without_webhooks(StdDuration::ZERO).await;
    let sandbox = &world.site.sandbox;
    sandbox.add_field(field("customfield_3", "Where", false, OwnFieldKind::Text));
    sandbox.add_field(field("customfield_4", "Asset", false, OwnFieldKind::Paragraph));
    let told = json!([
        { "field": "customfield_3", "value": "asset", "owner": "jira" },
        { "field": "customfield_4", "value": "asset" },
    ]);
    world.map(json!({ "fields": told })).await;
    let (key, issue) = world.ticketed("Told too much").await;
    assert_eq!(world.shown(&issue, "customfield_3"), "shop");
    // A mapping that no longer says it does not make it unsaid.
    world.map(json!({ "fields": [told[0]] })).await;
    world.app.database.tamper("UPDATE risk SET confidential = TRUE").await;
    let change = json!({ "plan": "Kept to a few" });
    world.first.api.patch(&format!("/api/v1/risks/{key}"), &change).await.expect(200);
    world.app.pass(Duration::minutes(2)).await;
    for field in ["customfield_3", "customfield_4"] {
        assert_eq!(world.shown(&issue, field), Value::Null, "{field}");
    }
}
