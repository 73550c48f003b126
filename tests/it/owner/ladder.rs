//! The ladder: who is told when that a risk comes due, each step once.

use abate::access::role::Role;
use abate_entity::risk_ladder;
use chrono::Duration;
use reqwest::Method;
use reqwest::header::ACCEPT;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::json;

use crate::slack::workspace::Workspace;

/// Lets time pass, and a little more for what that wants to be put together.
async fn pass(workspace: &Workspace, time: Duration) {
    workspace.app.pass(time).await;
    workspace.app.pass(Duration::seconds(30)).await;
}

/// What a conversation says about the risk, oldest first.
async fn told(workspace: &Workspace, conversation: &str) -> Vec<String> {
    let mut messages = workspace.messages(conversation).await;
    messages.retain(|text| text.starts_with("R-1 ") || text.contains("things for you"));
    messages.reverse();
    messages
}

/// A high risk of Ana's: from Monday 2 March to Wednesday 1 April. Ben leads, Vera heads security.
async fn with_a_risk() -> Workspace {
    let workspace = Workspace::start().await;
    workspace.ana().await;
    let first = workspace.app.first().await;
    workspace.app.person("ben@example.org", &[Role::Viewer, Role::Engineer]).await;
    workspace.app.person("vera@example.org", &[Role::HeadOfSecurity]).await;
    first.api.patch("/api/v1/teams/security", &json!({"lead": "ben@example.org"})).await.expect(200);
    workspace.open_risk("Open redirect", "ana@example.org", (4, 4)).await;
    workspace
}

#[actix_web::test]
async fn each_step_is_told_once_to_whom_it_is_for_and_at_no_weekend() {
    let workspace = with_a_risk().await;
    let due = "R-1 (high) is due 1 Apr 2026.";
    let late = "R-1 (high) is late: it was due 1 Apr 2026.";
    let mut of_ana = Vec::new();
    let mut of_ben = Vec::new();
    let mut of_vera = Vec::new();
    for (passes, ana, ben, vera) in [
        // Tuesday, then Wednesday two weeks before.
        (Duration::days(15), None, None, None),
        (Duration::days(1), Some(due), None, None),
        (Duration::hours(5), None, None, None),
        (Duration::days(7) - Duration::hours(5), Some(due), None, None),
        // The third day before is a Sunday; it is told on Monday.
        (Duration::days(4), None, None, None),
        (Duration::days(1), Some(due), None, None),
        (Duration::days(1), Some(due), None, None),
        // It is late at midnight, which is told in the morning.
        (Duration::days(1) + Duration::hours(16), None, None, None),
        (Duration::hours(8), Some(late), Some(late), None),
        (Duration::days(1), None, None, None),
        (
            Duration::days(5),
            None,
            None,
            Some("R-1 (high) is late for three business days: it was due 1 Apr 2026."),
        ),
        (Duration::days(1), None, None, None),
    ] {
        pass(&workspace, passes).await;
        of_ana.extend(ana);
        of_ben.extend(ben);
        of_vera.extend(vera);
        assert_eq!(told(&workspace, "D0ANA").await, of_ana, "after {passes}");
        assert_eq!(told(&workspace, "D0BEN").await, of_ben, "after {passes}");
        assert_eq!(told(&workspace, "D0VERA").await, of_vera, "after {passes}");
    }
}

#[actix_web::test]
async fn after_400_days_each_step_stands_once_with_its_own_date_and_is_one_message_a_person() {
    let workspace = with_a_risk().await;
    pass(&workspace, Duration::minutes(1)).await;
    // A Monday morning.
    pass(&workspace, Duration::days(406)).await;
    let rows = risk_ladder::Entity::find()
        .order_by_asc(risk_ladder::Column::Id)
        .all(workspace.app.state.database.reader())
        .await
        .unwrap();
    let seen: Vec<_> =
        rows.iter().map(|row| (row.step.as_str(), row.about_at.to_rfc3339(), row.state.as_str())).collect();
    let seen: Vec<_> = seen.iter().map(|(step, at, state)| format!("{step} {} {state}", &at[..16])).collect();
    let expected = [
        "T-14 2026-03-18T09:00 skipped",
        "T-7 2026-03-25T09:00 skipped",
        "T-3 2026-03-29T09:00 skipped",
        "T-1 2026-03-31T09:00 skipped",
        "T 2026-04-01T23:59 told",
        "T 2026-04-01T23:59 told",
    ];
    // Escalations go to the first user too, who holds every role.
    assert_eq!(seen[..6], expected);
    assert_eq!(seen[6..].iter().filter(|line| line.starts_with("T+3 2026-04-06T09:00 ")).count(), 2);
    assert_eq!(seen.last().unwrap(), "T+7 2026-04-10T09:00 told");
    assert!(rows.is_sorted_by_key(|row| row.about_at), "{seen:?}");
    assert_eq!(told(&workspace, "D0ANA").await, ["R-1 (high) is late: it was due 1 Apr 2026."]);
    assert_eq!(told(&workspace, "D0BEN").await, ["R-1 (high) is late: it was due 1 Apr 2026."]);
    assert_eq!(told(&workspace, "D0VERA").await.len(), 1);
    pass(&workspace, Duration::days(7)).await;
    assert_eq!(told(&workspace, "D0ANA").await.len(), 1);
}

#[actix_web::test]
async fn a_critical_risk_is_told_of_at_night() {
    let workspace = Workspace::start().await;
    workspace.ana().await;
    workspace.open_risk("Open redirect", "ana@example.org", (5, 5)).await;
    // Due on Tuesday the 17th; the Wednesday begins.
    pass(&workspace, Duration::days(15) + Duration::hours(15) + Duration::minutes(1)).await;
    let told = told(&workspace, "D0ANA").await;
    assert_eq!(told.last().unwrap(), "R-1 (critical) is late: it was due 17 Mar 2026.");
}

#[actix_web::test]
async fn a_risk_is_put_off_three_times_and_by_those_who_are_told_only() {
    let workspace = with_a_risk().await;
    let ana = workspace.app.known("ana@example.org").await;
    let path = "/api/v1/risks/R-1/snooze";
    let stranger = workspace.app.person("eve@example.org", &[Role::Engineer]).await;
    stranger.api.post(path, &json!({"days": 3})).await.problem(403);
    let rule = async |form: serde_json::Value| {
        let problem = ana.api.post(path, &form).await.problem(422);
        (problem["errors"][0]["field"].clone(), problem["errors"][0]["rule"].clone())
    };
    assert_eq!(rule(json!({"days": 15})).await, (json!("until"), json!("fourteen_days")));
    // So many days end no calendar.
    assert_eq!(rule(json!({"days": 200_000_000})).await, (json!("until"), json!("fourteen_days")));
    assert_eq!(rule(json!({"days": 0})).await, (json!("until"), json!("future")));
    assert_eq!(
        rule(json!({"until": "2026-04-02T09:00:00Z"})).await,
        (json!("until"), json!("within_due_date"))
    );
    assert_eq!(rule(json!({})).await.0, json!("until"));
    // Two weeks before the due date nothing is said, because it was put off.
    ana.api.post(path, &json!({"until": "2026-03-16T08:00:00Z", "reason": "planned"})).await.expect(200);
    pass(&workspace, Duration::days(13)).await;
    // The session of the first day is over.
    let ana = workspace.app.known("ana@example.org").await;
    let page = ana.browser.request(Method::GET, "/risks/R-1").header(ACCEPT, "text/html");
    assert!(ana.browser.send(page).await.expect(200).text.contains("Put off what I am told"));
    let form = [("days", "5"), ("reason", "away")];
    ana.browser.submit("/risks/R-1/snooze", &form).await.expect(303);
    pass(&workspace, Duration::days(3)).await;
    assert_eq!(told(&workspace, "D0ANA").await, Vec::<String>::new());
    // Friday is the fifth day; the morning after that is told what was put off.
    pass(&workspace, Duration::days(5)).await;
    assert_eq!(told(&workspace, "D0ANA").await, ["R-1 (high) is due 1 Apr 2026."]);
    ana.api.post(path, &json!({"days": 1})).await.expect(200);
    assert_eq!(rule(json!({"days": 1})).await, (json!("until"), json!("three_snoozes")));
    let history = ana.api.get("/api/v1/risks/R-1/history").await.expect(200);
    assert!(history.text.contains("snoozed") && history.text.contains("planned"), "{}", history.text);
}

#[actix_web::test]
async fn slack_puts_a_risk_off() {
    let workspace = with_a_risk().await;
    let said = workspace.say("U0ANA", "/risk snooze R-1 3d away").await;
    assert!(said.contains("You are told nothing of R-1 for 3 days."), "{said}");
    let said = workspace.say("U0ANA", "/risk snooze R-1 200000000d").await;
    assert!(said.contains("14 days at most"), "{said}");
    let said = workspace.say("U0ANA", "/risk snooze R-1 soon").await;
    assert!(said.contains("Say for how long"), "{said}");
}

#[actix_web::test]
async fn nobody_owns_it_so_the_lead_is_told_a_business_day_later_once() {
    let workspace = with_a_risk().await;
    workspace.app.database.tamper("UPDATE risk SET owner_id = NULL").await;
    pass(&workspace, Duration::hours(23)).await;
    assert_eq!(told(&workspace, "D0BEN").await, Vec::<String>::new());
    pass(&workspace, Duration::hours(2)).await;
    assert_eq!(told(&workspace, "D0BEN").await, ["R-1 (high) has no owner. Name one."]);
    pass(&workspace, Duration::days(1)).await;
    assert_eq!(told(&workspace, "D0BEN").await.len(), 1);
}

/// What was to be said on Saturday and on Sunday is one line on Monday, and none about what is being verified by then.
#[actix_web::test]
async fn what_waited_over_a_weekend_is_the_latest_word_alone() {
    let workspace = with_a_risk().await;
    workspace.open_risk("Open door", "ana@example.org", (4, 4)).await;
    let sunday = "UPDATE risk SET due_on = '2026-04-05', due_at = '2026-04-05T23:59:59+00:00'";
    workspace.app.database.tamper(sunday).await;
    // Thursday at noon.
    pass(&workspace, Duration::days(31) + Duration::hours(3)).await;
    let told = async || {
        let mut lines = workspace.lines("D0ANA").await;
        lines.retain(|line| line.starts_with("R-"));
        lines
    };
    let mut lines = vec!["R-1 (high) is due 5 Apr 2026.", "R-2 (high) is due 5 Apr 2026."];
    assert_eq!(told().await, lines);
    // Saturday at noon: a day before is noted, and waits.
    pass(&workspace, Duration::days(2)).await;
    let ana = workspace.app.known("ana@example.org").await;
    let claim = json!({"event": "claim_fixed_direct", "evidence": ["https://example.org/change/1"]});
    ana.api.post("/api/v1/risks/R-2/transitions", &claim).await.expect(200);
    // Monday after midnight: it is late, which waits too, and Monday morning.
    pass(&workspace, Duration::hours(37)).await;
    assert_eq!(told().await, lines);
    pass(&workspace, Duration::hours(8)).await;
    lines.push("R-1 (high) is late: it was due 5 Apr 2026.");
    assert_eq!(told().await, lines);
}
