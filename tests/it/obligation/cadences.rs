//! Setting obligations up and changing them.

use abate::access::role::Role;
use serde_json::json;

use super::{engineer, go_to, keeper, runs, weekly};
use crate::harness::app::TestApp;

#[tokio::test]
async fn a_cadence_is_listed_with_its_next_run() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let made = weekly(&app, &keeper).await;
    assert_eq!(made["starts_on"], "2026-03-09", "the start moves to the first day that matches");
    assert_eq!(made["next_run"]["scheduled_on"], "2026-03-09");
    assert_eq!(made["next_run"]["state"], "planned");
    let listed = keeper.api.get("/api/v1/cadences").await.expect(200).json();
    assert_eq!(listed["items"][0]["owner"], "keeper@example.org");
    assert_eq!(listed["items"][0]["next_run"], made["next_run"]);
    keeper.api.post("/api/v1/cadences", &json!({"name": "Scan", "rule": "FREQ=DAILY"})).await.problem(409);
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let form = json!({
        "name": " ", "rule": "FREQ=MONTHLY;BYMONTHDAY=31", "lead_days": 400, "ceiling_months": 0,
        "last_done_on": "2030-01-01",
    });
    let problem = keeper.api.post("/api/v1/cadences", &form).await.problem(422);
    let fields: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["name", "lead_days", "ceiling_months", "last_done_on", "rule"]);
    for form in [
        json!({"name": "A", "rule": "FREQ=DAILY", "zone": "Mars/Olympus"}),
        json!({"name": "A", "rule": "FREQ=DAILY", "time_of_day": "25:00"}),
        json!({"name": "A", "rule": "FREQ=DAILY", "owner": "nobody@example.org"}),
        json!({"name": "A", "rule": "FREQ=DAILY", "team": "nobody"}),
        json!({"name": "A", "rule": "FREQ=DAILY", "kind": "party"}),
        json!({"name": "A", "rule": "FREQ=YEARLY;BYMONTH=1;BYDAY=2MO", "ceiling_months": 6}),
    ] {
        let problem = keeper.api.post("/api/v1/cadences", &form).await.problem(422);
        assert_eq!(problem["errors"].as_array().unwrap().len(), 1, "{problem}");
    }
    assert_eq!(keeper.api.get("/api/v1/cadences").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_preview_shows_dates_pulled_into_the_ceiling_and_makes_nothing() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let form = json!({
        "name": "Review", "rule": "FREQ=YEARLY;BYMONTH=1,7;BYDAY=2MO", "ceiling_months": 6,
        "starts_on": "2029-01-01", "last_done_on": null, "zone": "Europe/London",
    });
    let shown = keeper.api.post("/api/v1/cadences/preview", &form).await.expect(200).json();
    assert_eq!(shown["items"][1], json!({"scheduled_on": "2029-07-09", "due_on": "2029-07-06"}));
    assert_eq!(keeper.api.get("/api/v1/cadences").await.json()["items"], json!([]));
}

#[tokio::test]
async fn the_two_of_set_up_are_offered_and_set_up_once() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let made = keeper.api.post("/api/v1/cadences/defaults", &json!({})).await.expect(201).json();
    let names: Vec<_> =
        made["items"].as_array().unwrap().iter().map(|cadence| cadence["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ASVS audit", "Patch review"]);
    assert_eq!(made["items"][0]["next_run"]["scheduled_on"], "2026-03-09");
    assert_eq!(made["items"][1]["next_run"]["scheduled_on"], "2026-03-11");
    let again = keeper.api.post("/api/v1/cadences/defaults", &json!({})).await.expect(201).json();
    assert_eq!(again["items"], json!([]));
    let more = json!({"kinds": ["restore_test"]});
    let more = keeper.api.post("/api/v1/cadences/defaults", &more).await.expect(201).json();
    assert_eq!(more["items"][0]["kind"], "restore_test");
}

#[tokio::test]
async fn an_edit_plans_anew_what_was_only_planned_and_leaves_what_has_opened() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let made = weekly(&app, &keeper).await;
    go_to(&app, "2026-03-07T12:00:00Z").await;
    let path = format!("/api/v1/cadences/{}", made["id"]);
    let request = |version: &str| {
        let request = keeper.api.request(reqwest::Method::PATCH, &path).header("If-Match", version);
        request.json(&json!({"rule": "FREQ=WEEKLY;BYDAY=TH", "owner": null}))
    };
    keeper.api.send(request("7")).await.problem(412);
    let edited = keeper.api.send(request("1")).await.expect(200).json();
    assert_eq!((&edited["version"], &edited["owner"]), (&json!(2), &json!(null)));
    let expected = [("2026-03-12", "planned"), ("2026-03-09", "due")];
    assert_eq!(runs(&keeper, &made).await, expected.map(|(day, state)| (day.into(), state.into())));
    keeper.api.patch(&path, &json!({"active": false})).await.expect(200);
    go_to(&app, "2026-06-01T12:00:00Z").await;
    assert_eq!(runs(&keeper, &made).await, [("2026-03-09".into(), "missed".into())]);
    keeper.api.patch(&path, &json!({"active": true})).await.expect(200);
    let back = runs(&keeper, &made).await;
    assert_eq!(back[0], ("2026-06-04".into(), "planned".into()), "what was not wanted is not made up for");
}

#[tokio::test]
async fn only_those_with_the_right_set_up_and_only_the_own_team_sees() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let engineer = engineer(&app).await;
    let made = weekly(&app, &keeper).await;
    let form = json!({"name": "Mine", "rule": "FREQ=DAILY"});
    engineer.api.post("/api/v1/cadences", &form).await.problem(403);
    let team = app.team("payments").await;
    let stranger = app.member("stranger@example.org", &[Role::Viewer, Role::RiskManager], Some(team)).await;
    assert_eq!(stranger.api.get("/api/v1/cadences").await.json()["items"], json!([]));
    stranger.api.get(&format!("/api/v1/cadences/{}", made["id"])).await.problem(404);
    stranger.api.get(&format!("/api/v1/runs/{}", made["next_run"]["id"])).await.problem(404);
    stranger.api.post("/api/v1/cadences", &form).await.problem(403);
    let own = json!({"name": "Mine", "rule": "FREQ=DAILY", "team": "payments"});
    stranger.api.post("/api/v1/cadences", &own).await.expect(201);
}
