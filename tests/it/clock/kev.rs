//! What KEV means for due dates: days where a directive rules, an end of acceptances everywhere, and a confirmation by
//! the system on what faces the internet.

use abate::access::role::Role;
use abate::feed::{Catalogue, settle};
use abate::risk::clock::SlaPolicy;
use abate_entity::lifecycle::{State, Via};
use abate_entity::{audit_entry, job, notice, risk, risk_event, risk_ladder, risk_tag, sla_policy};
use chrono::Duration;
use reqwest::Method;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::{Value, json};

use super::owned::at;
use crate::feed::take;
use crate::harness::app::{Person, TestApp};
use crate::intake::report::{import, risks, trivy};

/// A KEV catalogue of these numbers, each with the day of its listing.
fn kev(entries: &[(u32, &str)]) -> String {
    let listed: Vec<_> = entries
        .iter()
        .map(|(number, day)| json!({ "cveID": format!("CVE-2026-{number}"), "dateAdded": day }))
        .collect();
    json!({ "catalogVersion": "1", "dateReleased": "2026-03-01T10:00:00Z", "count": entries.len(),
        "vulnerabilities": listed })
    .to_string()
}

/// An application whose asset "web" has an owner, under a policy with the directive.
struct Ruled {
    app: TestApp,
    first: Person,
}

impl Ruled {
    async fn on(day: &str, internet_facing: bool) -> Self {
        let ruled = Self::without_directive(day, internet_facing).await;
        let policy = SlaPolicy { directive: true, ..SlaPolicy::standard() };
        let version = sla_policy::ActiveModel {
            name: Set("standard".to_owned()),
            version: Set(2),
            data: Set(serde_json::to_value(policy).unwrap()),
            created_at: Set(ruled.app.state.clock.now()),
            ..Default::default()
        };
        let made = ruled.app.state.database.write(async |tx| {
            sla_policy::Entity::insert(version.clone()).exec_without_returning(tx).await?;
            Ok(())
        });
        made.await.unwrap();
        ruled
    }

    async fn without_directive(day: &str, internet_facing: bool) -> Self {
        let app = TestApp::spawn().await;
        app.time.set(at(&format!("{day}T09:00:00Z")));
        let first = app.first().await;
        app.asset("web", None).await;
        let form = json!({"internet_facing": internet_facing, "owner": "first@example.org"});
        first.api.patch("/api/v1/assets/web", &form).await.expect(200);
        app.settle().await;
        Self { app, first }
    }

    async fn report(&self, vulnerabilities: &[(u32, &str)]) {
        import(&self.app, &self.first, &trivy(vulnerabilities), &[("asset", "web")]).await;
    }

    async fn only(&self) -> Value {
        let all = risks(&self.first, "").await;
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].clone()
    }

    async fn path(&self) -> String {
        format!("/api/v1/risks/{}", self.only().await["key"].as_str().unwrap())
    }

    async fn step(&self, person: &Person, form: Value) {
        person.api.post(&format!("{}/transitions", self.path().await), &form).await.expect(200);
    }

    async fn confirm(&self) {
        self.step(&self.first, json!({"event": "start_triage"})).await;
        let confirm = json!({"event": "confirm", "owner": "first@example.org", "reason": "seen it"});
        self.step(&self.first, confirm).await;
    }

    async fn go_to(&self, day: &str) {
        self.app.time.set(at(&format!("{day}T09:00:00Z")));
    }

    async fn due_on(&self) -> Value {
        self.only().await["due_on"].clone()
    }
}

#[tokio::test]
async fn kev_added_later_shortens_the_date_by_the_row_of_the_directive() {
    let ruled = Ruled::on("2026-10-05", true).await;
    ruled.report(&[(1001, "HIGH")]).await;
    ruled.confirm().await;
    assert_eq!(ruled.due_on().await, "2026-11-04");
    ruled.go_to("2026-10-10").await;
    take(&ruled.app, Catalogue::Kev, &kev(&[(1001, "2026-10-10")])).await;
    // In KEV and exposed: 14 days; nobody has assessed the other two questions.
    assert_eq!(ruled.due_on().await, "2026-10-24");
    // Automatable, with partial impact: 3 days from the listing.
    answer(&ruled, false).await;
    assert_eq!(ruled.due_on().await, "2026-10-13");
    let sla = ruled.first.api.get(&format!("{}/sla", ruled.path().await)).await.expect(200).json();
    let said = sla["because"].as_array().unwrap().last().unwrap();
    let text = said["text"].as_str().unwrap();
    assert!(text.contains("CVE-2026-1001 under the directive") && text.contains("partial impact"), "{text}");
    assert_eq!(said["policies"], json!(["standard@2"]), "{said}");
    assert_eq!(sla["stored_equals_replay"], true);

    // The same again says nothing new.
    let version = ruled.only().await["version"].clone();
    take(&ruled.app, Catalogue::Kev, &kev(&[(1001, "2026-10-10")])).await;
    assert_eq!(ruled.only().await["version"], version);

    // Those three days climb by the hour, from when they were set.
    ruled.app.pass(Duration::days(3) + Duration::hours(1)).await;
    let steps = risk_ladder::Entity::find()
        .filter(risk_ladder::Column::DueOn.eq(at("2026-10-13T00:00:00Z").date_naive()))
        .order_by_asc(risk_ladder::Column::Id);
    let steps = steps.all(ruled.app.state.database.reader()).await.unwrap();
    let mut climbed: Vec<_> =
        steps.iter().map(|row| (row.about_at.to_rfc3339()[..16].to_owned(), row.step.as_str())).collect();
    climbed.dedup();
    let expected = [
        ("2026-10-10T09:00", "H0"),
        ("2026-10-11T09:00", "H24"),
        ("2026-10-12T09:00", "H48"),
        ("2026-10-12T21:00", "H60"),
        ("2026-10-13T09:00", "H72"),
    ];
    assert_eq!(climbed, expected.map(|(at, step)| (at.to_owned(), step)));
}

/// Answers the two questions that nobody has answered: it can be automated.
async fn answer(ruled: &Ruled, total_impact: bool) {
    let form = json!({"exploitation": "active", "automatable": true, "total_impact": total_impact,
        "reason": "there is a script"});
    let api = &ruled.first.api;
    api.send(api.request(Method::PUT, "/api/v1/vulnerabilities/CVE-2026-1001/ssvc").json(&form))
        .await
        .expect(200);
    ruled.app.settle().await;
}

#[tokio::test]
async fn total_impact_asks_to_look_for_traces() {
    let ruled = Ruled::on("2026-10-05", false).await;
    take(&ruled.app, Catalogue::Kev, &kev(&[(1001, "2026-10-05")])).await;
    ruled.report(&[(1001, "LOW")]).await;
    ruled.confirm().await;
    answer(&ruled, true).await;
    assert_eq!(ruled.due_on().await, "2026-10-08");
    let page = ruled.path().await.replace("/api/v1", "");
    let page = ruled.app.first().await.browser.get(&page).await.expect(200).text;
    assert!(page.contains("Look for traces"), "{page}");
    let told = notice::Entity::find().filter(notice::Column::Kind.eq("forensics"));
    let told =
        told.order_by_asc(notice::Column::AboutAt).all(ruled.app.state.database.reader()).await.unwrap();
    assert_eq!(told.len(), 3);
    assert!(told[0].text.contains("Within 2 hours") && told[2].text.contains("Within 72 hours"), "{told:?}");
    assert!(told.iter().all(|row| row.user_id == ruled.first.id && row.urgent));
    answer(&ruled, true).await;
    let again = notice::Entity::find().filter(notice::Column::Kind.eq("forensics"));
    assert_eq!(again.all(ruled.app.state.database.reader()).await.unwrap().len(), 3, "told once");
}

#[tokio::test]
async fn what_kev_lists_already_starts_with_its_days() {
    let ruled = Ruled::on("2026-11-20", false).await;
    take(&ruled.app, Catalogue::Kev, &kev(&[(1001, "2025-08-25")])).await;
    ruled.report(&[(1001, "LOW")]).await;
    ruled.confirm().await;
    // The days run from the start, not from the listing of a year ago.
    assert_eq!(ruled.due_on().await, "2026-12-04");
}

#[tokio::test]
async fn without_the_directive_kev_sets_no_days() {
    let ruled = Ruled::without_directive("2026-10-05", false).await;
    ruled.report(&[(1001, "CRITICAL")]).await;
    ruled.confirm().await;
    let before = ruled.due_on().await;
    take(&ruled.app, Catalogue::Kev, &kev(&[(1001, "2026-10-05")])).await;
    assert_eq!(ruled.due_on().await, before);
}

#[tokio::test]
async fn an_asset_that_turns_to_the_internet_is_judged_anew() {
    let ruled = Ruled::on("2026-10-05", false).await;
    ruled.report(&[(1001, "LOW")]).await;
    ruled.confirm().await;
    let before = ruled.due_on().await;
    ruled.first.api.patch("/api/v1/assets/web", &json!({"internet_facing": true})).await.expect(200);
    ruled.app.settle().await;
    assert_ne!(ruled.due_on().await, before);
    // Exposed, not in KEV: 60 days from the start.
    assert_eq!(ruled.due_on().await, "2026-12-04");
    // Back behind the wall gives no time back.
    ruled.first.api.patch("/api/v1/assets/web", &json!({"internet_facing": false})).await.expect(200);
    ruled.app.settle().await;
    assert_eq!(ruled.due_on().await, "2026-12-04");
}

/// A regression: a risk was raised once for ever, so that a second vulnerability of it in KEV neither ended a new
/// acceptance nor moved a date.
#[tokio::test]
async fn a_second_vulnerability_in_kev_ends_a_new_acceptance_too() {
    let ruled = Ruled::without_directive("2026-10-05", false).await;
    ruled.report(&[(1001, "HIGH")]).await;
    ruled.confirm().await;
    let db = ruled.app.state.database.reader();
    let id = risk::Entity::find().one(db).await.unwrap().unwrap().id;
    let second = (id, "cve", "CVE-2026-1002".to_owned());
    let tagged =
        ruled.app.state.database.write(async |tx| Ok(abate::risk::tag::add(tx, [second.clone()]).await?));
    tagged.await.unwrap();
    let head = ruled.app.person("head@example.org", &[Role::Viewer, Role::Executive]).await;
    let accept = json!({"event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-10-30"});
    let listed = [(1001, "2026-10-05"), (1002, "2026-10-06")];
    for known in 1..=listed.len() {
        ruled.step(&ruled.first, accept.clone()).await;
        ruled.step(&head, accept.clone()).await;
        assert_eq!(ruled.only().await["state"], "accepted");
        take(&ruled.app, Catalogue::Kev, &kev(&listed[..known])).await;
        assert_eq!(ruled.only().await["state"], "open", "{known}");
    }
    let tags = risk_tag::Entity::find().filter(risk_tag::Column::Kind.eq("kev"));
    let tags = tags.order_by_asc(risk_tag::Column::Value).all(db).await.unwrap();
    let tags: Vec<_> = tags.into_iter().map(|tag| tag.value).collect();
    assert_eq!(tags, ["CVE-2026-1001", "CVE-2026-1002"]);
}

#[tokio::test]
async fn what_kev_lists_on_an_exposed_asset_is_confirmed_by_the_system() {
    // The catalogue is there first: the import does it.
    let ruled = Ruled::on("2026-10-05", true).await;
    take(&ruled.app, Catalogue::Kev, &kev(&[(1001, "2026-10-01")])).await;
    ruled.report(&[(1001, "MEDIUM")]).await;
    let confirmed = ruled.only().await;
    assert_eq!((&confirmed["state"], &confirmed["due_on"]), (&json!("open"), &json!("2026-10-19")));
    assert_eq!(confirmed["owner"], "first@example.org", "{confirmed}");
    let db = ruled.app.state.database.reader();
    let event = risk_event::Entity::find().filter(risk_event::Column::Transition.eq("T02"));
    let event = event.one(db).await.unwrap().unwrap();
    assert_eq!((event.actor_id, event.data["rule"].as_str()), (None, Some("kev_on_internet_facing")));

    // The report is there first: the catalogue does it.
    let ruled = Ruled::without_directive("2026-10-05", true).await;
    ruled.report(&[(1001, "MEDIUM")]).await;
    assert_eq!(ruled.only().await["state"], "new");
    take(&ruled.app, Catalogue::Kev, &kev(&[(1001, "2026-10-01")])).await;
    assert_eq!(ruled.only().await["state"], "open");

    // Inside, or without anybody who answers for it, a person confirms.
    let inside = Ruled::without_directive("2026-10-05", false).await;
    take(&inside.app, Catalogue::Kev, &kev(&[(1001, "2026-10-01")])).await;
    inside.report(&[(1001, "MEDIUM")]).await;
    assert_eq!(inside.only().await["state"], "new");
    let unowned = Ruled::without_directive("2026-10-05", true).await;
    unowned.first.api.patch("/api/v1/assets/web", &json!({"owner": null})).await.expect(200);
    take(&unowned.app, Catalogue::Kev, &kev(&[(1001, "2026-10-01")])).await;
    unowned.report(&[(1001, "MEDIUM")]).await;
    let rows = risk::Entity::find().all(unowned.app.state.database.reader()).await.unwrap();
    assert_eq!(rows[0].state, State::New);
    abate::feed::refresh::refresh(&unowned.app.state, Catalogue::Kev, &Default::default(), Via::Timer)
        .await
        .unwrap();
    assert_eq!(unowned.only().await["state"], "new");
}

#[tokio::test]
async fn a_policy_that_begins_to_ask_for_the_directive_judges_what_is_open() {
    let ruled = Ruled::without_directive("2026-10-05", false).await;
    ruled.report(&[(1001, "HIGH")]).await;
    ruled.confirm().await;
    take(&ruled.app, Catalogue::Kev, &kev(&[(1001, "2026-10-05")])).await;
    assert_eq!(ruled.due_on().await, "2026-11-04");
    let data = json!({"title": "Standard", "basis": "calendar_days", "directive": true,
        "remediation": {"low": 180, "medium": 90, "high": 30, "critical": 15}});
    let path = "/api/v1/sla-policies";
    let form = json!({"name": "standard", "data": data});
    let preview = ruled.first.api.post(&format!("{path}/preview"), &form).await.expect(200).json();
    // A regression: the preview left out what the directive says.
    assert_eq!((&preview["changed"], &preview["earlier"]), (&json!(1), &json!(1)), "{preview:#}");
    let moved = &preview["items"][0];
    assert_eq!((&moved["old_due_on"], &moved["new_due_on"]), (&json!("2026-11-04"), &json!("2026-10-19")));
    let form = json!({"data": data, "digest": preview["digest"], "reason": "we are asked to"});
    let published = ruled.first.api.post(&format!("{path}/standard/publish"), &form).await.expect(200).json();
    assert_eq!(published["earlier"], 1);
    ruled.app.settle().await;
    assert_eq!(ruled.due_on().await, "2026-10-19");
    let entry = async |action: &str| {
        let entry = audit_entry::Entity::find().filter(audit_entry::Column::Action.eq(action));
        entry.one(ruled.app.state.database.reader()).await.unwrap().unwrap()
    };
    assert_eq!(entry("policy.publish").await.data["earlier"], 1);
    // And no entry told of the date.
    assert_eq!(entry("risk.judged").await.data["after"]["due_on"], "2026-10-19");
}

/// A regression: what KEV lists while a risk is closed was judged at the next look of a feed only.
#[tokio::test]
async fn what_comes_back_is_judged_at_once() {
    let ruled = Ruled::on("2026-10-05", false).await;
    ruled.report(&[(1001, "HIGH")]).await;
    ruled.confirm().await;
    let vera = ruled.app.person("vera@example.org", &[Role::Viewer, Role::Verifier]).await;
    let proof = json!(["https://example.org/change/1"]);
    ruled.step(&ruled.first, json!({"event": "claim_fixed", "evidence": proof})).await;
    ruled.step(&vera, json!({"event": "verify_pass", "evidence": proof})).await;
    take(&ruled.app, Catalogue::Kev, &kev(&[(1001, "2026-10-05")])).await;
    assert_eq!(ruled.due_on().await, "2026-11-04");
    ruled.step(&vera, json!({"event": "reopen", "reason": "it is back"})).await;
    assert_eq!(ruled.due_on().await, "2026-10-19");
    // What it knows is not said again when it comes back once more: the days that were left go on.
    ruled.step(&ruled.first, json!({"event": "claim_fixed", "evidence": proof})).await;
    ruled.step(&vera, json!({"event": "verify_pass", "evidence": proof})).await;
    ruled.go_to("2026-10-15").await;
    ruled.step(&vera, json!({"event": "reopen", "reason": "it is back again"})).await;
    assert_eq!(ruled.due_on().await, "2026-10-29");
}

/// A regression: one job judged all risks, and what did not fit into its lease was never judged.
#[tokio::test]
async fn the_directive_looks_at_a_page_of_risks_at_a_time() {
    let ruled = Ruled::on("2026-10-05", false).await;
    ruled.report(&[(1001, "LOW")]).await;
    ruled.confirm().await;
    let db = ruled.app.state.database.reader();
    let subject = format!("judged:{}", risk::Entity::find().one(db).await.unwrap().unwrap().id);
    let now = ruled.app.state.clock.now();
    // Somebody else has the next page.
    let held = job::ActiveModel {
        kind: Set(settle::JOB.kind.to_owned()),
        subject: Set(subject.clone()),
        state: Set("running".to_owned()),
        attempt: Set(1),
        run_at: Set(now),
        holder: Set(Some("another process".to_owned())),
        leased_until: Set(Some(now + chrono::Duration::days(1))),
        created_at: Set(now),
        ..Default::default()
    };
    let held = ruled.app.state.database.write(async |tx| Ok(held.clone().insert(tx).await?)).await.unwrap();
    (settle::JOB.run)(&ruled.app.state, "judged:0").await.unwrap();
    let next = job::Entity::find().filter(job::Column::Subject.eq(&subject));
    let next = next.filter(job::Column::State.eq("queued"));
    assert!(next.one(db).await.unwrap().is_some());
    let done = ruled.app.state.database.write(async |tx| {
        job::Entity::delete_by_id(held.id).exec(tx).await?;
        Ok(())
    });
    done.await.unwrap();
    ruled.app.settle().await;
    assert_eq!(job::Entity::find().filter(job::Column::Subject.eq(&subject)).one(db).await.unwrap(), None);
}
