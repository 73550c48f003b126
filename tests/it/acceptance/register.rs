//! The register: what is accepted by whom until when, and the answers to what is asked for.

use abate::access::role::Role;
use serde_json::{Value, json};

use super::stage::Stage;
use crate::harness::app::{Person, TestApp};

const ENDS: &str = "2026-03-30";

async fn step(person: &Person, path: &str, form: Value) -> Value {
    person.api.post(&format!("{path}/transitions"), &form).await.expect(200).json()
}

/// A risk of this rating that its owner, the first user, asks to accept: its path and the number of the acceptance.
async fn asked(app: &TestApp, rating: (u8, u8)) -> (String, i64) {
    let first = app.first().await;
    let new = json!({"asset": "shop", "title": "Anyone can read the orders", "likelihood": rating.0,
        "impact": rating.1});
    let key = first.api.post("/api/v1/risks", &new).await.expect(201).json()["key"].clone();
    let key = key.as_str().unwrap().to_owned();
    let path = format!("/api/v1/risks/{key}");
    step(&first, &path, json!({"event": "start_triage"})).await;
    step(&first, &path, json!({"event": "confirm", "owner": "first@example.org", "reason": "seen"})).await;
    let id = ask(&first, &path, ENDS).await;
    (path, id)
}

async fn ask(owner: &Person, path: &str, until: &str) -> i64 {
    let form = json!({"event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": until});
    step(owner, path, form).await;
    let key = path.rsplit('/').next().unwrap();
    let waiting = listed(owner, &format!("state=requested&risk={key}")).await;
    waiting[0]["id"].as_i64().unwrap()
}

async fn listed(person: &Person, query: &str) -> Vec<Value> {
    let page = person.api.get(&format!("/api/v1/acceptances?{query}")).await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn each_level_has_its_approver_and_nobody_below() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let mut people = Vec::new();
    for (name, role) in [
        ("triager", Role::Triager),
        ("lead", Role::TeamLead),
        ("head", Role::HeadOfSecurity),
        ("boss", Role::Executive),
    ] {
        people.push(app.person(&format!("{name}@example.org"), &[Role::Viewer, role]).await);
    }
    for (rating, level, approver) in
        [((1, 2), "low", 1), ((3, 3), "medium", 1), ((4, 4), "high", 2), ((5, 5), "critical", 3)]
    {
        let (path, id) = asked(&app, rating).await;
        let approve = format!("/api/v1/acceptances/{id}/approve");
        let own = app.first().await.api.post(&approve, &json!({})).await.problem(403);
        assert_eq!(own["errors"][0]["rule"], "asked_by_another", "{own}");
        for (rank, person) in people.iter().enumerate() {
            if rank < approver {
                person.api.post(&approve, &json!({})).await.problem(403);
            } else if rank == approver {
                let given = person.api.post(&approve, &json!({"reason": "agreed"})).await.expect(200).json();
                assert_eq!(
                    (&given["state"], &given["level"]),
                    (&json!("in_force"), &json!(level)),
                    "{given}"
                );
                assert_eq!(
                    (&given["decided_by"], &given["decided_reason"], &given["days_left"]),
                    (&json!(person.email), &json!("agreed"), &json!(28)),
                    "{given}"
                );
            }
        }
        assert_eq!(app.first().await.api.get(&path).await.json()["state"], "accepted", "{level}");
        people[approver].api.post(&approve, &json!({})).await.problem(409);
    }
    let first = app.first().await;
    assert_eq!(listed(&first, "state=in_force").await.len(), 4);
    assert_eq!(listed(&first, "state=in_force&level=high,critical").await.len(), 2);
    assert_eq!(listed(&first, "approver=lead@example.org").await.len(), 2);
    assert_eq!(listed(&first, "ends_before=2026-03-30").await.len(), 0);
    assert_eq!(listed(&first, "ends_before=2026-03-31").await.len(), 4);
    let mut cursor = String::new();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let path = format!("/api/v1/acceptances?limit=1&cursor={cursor}");
        let page = first.api.get(&path).await.expect(200).json();
        seen.push(page["items"][0]["id"].as_i64().unwrap());
        cursor = page["next_cursor"].as_str().unwrap_or_default().to_owned();
    }
    assert_eq!((seen, cursor), (vec![1, 2, 3, 4], String::new()));
    first.api.get("/api/v1/acceptances?state=perhaps").await.problem(422);
}

#[tokio::test]
async fn a_no_needs_a_reason_and_leaves_the_risk_where_it_is() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let first = app.first().await;
    let head = app.person("head@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    let (path, id) = asked(&app, (4, 4)).await;
    let reject = format!("/api/v1/acceptances/{id}/reject");
    head.api.post(&reject, &json!({})).await.problem(422);
    let no = head.api.post(&reject, &json!({"reason": "fix it"})).await.expect(200).json();
    assert_eq!(
        (&no["state"], &no["decided_by"], &no["decided_reason"]),
        (&json!("rejected"), &json!("head@example.org"), &json!("fix it"))
    );
    assert_eq!(first.api.get(&path).await.json()["state"], "open");
    head.api.post(&reject, &json!({"reason": "again"})).await.problem(409);
    // It can be asked again, and be taken back.
    let again = ask(&first, &path, ENDS).await;
    let reject = format!("/api/v1/acceptances/{again}/reject");
    let back = first.api.post(&reject, &json!({"reason": "we fix it after all"})).await.expect(200).json();
    assert_eq!((&back["state"], &back["decided_by"]), (&json!("withdrawn"), &Value::Null));
}

#[tokio::test]
async fn an_approver_ends_it_early() {
    let stage = Stage::accepted_until("2026-04-15").await;
    let id = stage.rows().await[0].id;
    let revoke = format!("/api/v1/acceptances/{id}/revoke");
    let lead = stage.app.person("lead@example.org", &[Role::Viewer, Role::TeamLead]).await;
    lead.api.post(&revoke, &json!({})).await.problem(403);
    let head = stage.app.person("other-head@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    let over = head.api.post(&revoke, &json!({"reason": "a fix is there"})).await.expect(200).json();
    assert_eq!(
        (&over["state"], &over["ended_by"], &over["end_reason"]),
        (&json!("revoked"), &json!("other-head@example.org"), &json!("a fix is there"))
    );
    assert_eq!(stage.state().await, "open");
    head.api.post(&revoke, &json!({})).await.problem(409);
}

#[tokio::test]
async fn it_is_renewed_twice_at_most_and_each_time_one_rank_higher() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let first = app.first().await;
    let lead = app.person("lead@example.org", &[Role::Viewer, Role::TeamLead]).await;
    let head = app.person("head@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    let (path, id) = asked(&app, (3, 3)).await;
    lead.api.post(&format!("/api/v1/acceptances/{id}/approve"), &json!({})).await.expect(200);
    for (renewal, until) in [(1, "2026-04-30"), (2, "2026-05-30")] {
        let id = ask(&first, &path, until).await;
        let approve = format!("/api/v1/acceptances/{id}/approve");
        lead.api.post(&approve, &json!({})).await.problem(403);
        let renewed = head.api.post(&approve, &json!({})).await.expect(200).json();
        assert_eq!((&renewed["renewals"], &renewed["ends_on"]), (&json!(renewal), &json!(until)));
    }
    let form = json!({"event": "renew", "justification": "still few", "compensating_controls": "a firewall",
        "expires_on": "2026-06-30"});
    let third = first.api.post(&format!("{path}/transitions"), &form).await.problem(422);
    assert_eq!(third["errors"][0]["rule"], "renewals_left", "{third}");
    let states: Vec<_> = listed(&first, "").await.iter().map(|row| row["state"].clone()).collect();
    assert_eq!(states, ["superseded", "superseded", "in_force"]);
}

#[tokio::test]
async fn those_of_other_teams_are_not_there() {
    let app = TestApp::spawn().await;
    let team = app.team("mill").await;
    app.asset("shop", None).await;
    let miller = app.member("miller@example.org", &[Role::Viewer, Role::HeadOfSecurity], Some(team)).await;
    let (_, id) = asked(&app, (4, 4)).await;
    assert_eq!(listed(&miller, "").await.len(), 0);
    miller.api.get(&format!("/api/v1/acceptances/{id}")).await.problem(404);
    for answer in ["approve", "reject", "revoke"] {
        let path = format!("/api/v1/acceptances/{id}/{answer}");
        miller.api.post(&path, &json!({"reason": "mine"})).await.problem(404);
    }
}

#[tokio::test]
async fn the_page_shows_what_waits_and_takes_the_answer() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    let head = app.person("head@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    let (path, id) = asked(&app, (4, 4)).await;
    let waiting = head.browser.get("/acceptances?show=mine").await.expect(200);
    assert!(waiting.text.contains("Anyone can read the orders"), "{}", waiting.text);
    assert!(waiting.text.contains("Meanwhile: a firewall"), "{}", waiting.text);
    let own = app.first().await.browser.get("/acceptances?show=mine").await.expect(200);
    assert!(!own.text.contains("Anyone can read the orders"), "nobody waits for themselves");
    let fields = [("reason", "agreed"), ("expires_on", "2026-03-20")];
    head.browser.submit(&format!("/acceptances/{id}/approve"), &fields).await.expect(303);
    assert_eq!(app.first().await.api.get(&path).await.json()["acceptance_ends_on"], "2026-03-20");
    let held = head.browser.get("/acceptances").await.expect(200);
    assert!(held.text.contains("20 Mar 2026") && held.text.contains("Approved by head"), "{}", held.text);
    let again = head.browser.submit(&format!("/acceptances/{id}/approve"), &fields).await;
    assert_eq!(again.status, 409);
}

/// A regression: the page gave the day of UTC, which is yesterday for half of the world.
#[tokio::test]
async fn the_page_gives_the_day_of_the_organisation() {
    let stage = Stage::open_risk_in("Asia/Tokyo").await;
    stage.app.time.advance(chrono::Duration::hours(10));
    let form = json!({
        "event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-04-15",
    });
    stage.step(&stage.first, form).await;
    let page = stage.app.first().await.browser.get("/acceptances?show=waiting").await.expect(200).text;
    assert!(page.contains("Asked by first on 3 Mar 2026"), "{page}");
}
