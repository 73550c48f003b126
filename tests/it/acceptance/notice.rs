//! What people are told about acceptances, each once.

use abate::access::role::Role;
use abate_entity::notice;
use chrono::Duration;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;

use crate::slack::workspace::Workspace;

/// What a conversation says about the risk, oldest first; the morning's digests and the ladder's lines are left out.
async fn told(workspace: &Workspace, conversation: &str) -> Vec<String> {
    let mut lines = workspace.lines(conversation).await;
    lines.retain(|line| line.starts_with("R-1 ") && !line.contains(" is due "));
    lines
}

#[actix_web::test]
async fn the_end_is_told_30_14_7_and_1_days_before_each_once_also_after_downtime() {
    let workspace = Workspace::start().await;
    let ana = workspace.ana().await;
    let ben = workspace.app.person("ben@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    let key = workspace.open_risk("Open redirect", "ana@example.org", (4, 4)).await;
    let path = format!("/api/v1/risks/{key}/transitions");
    let ask = json!({"event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-04-15"});
    ana.api.post(&path, &ask).await.expect(200);
    workspace.app.pass(Duration::minutes(1)).await;
    workspace.app.pass(Duration::seconds(30)).await;
    let mut of_ben = vec!["R-1 (high) is asked to be accepted until 15 Apr 2026: it waits for you."];
    assert_eq!(told(&workspace, "D0BEN").await, of_ben);
    ben.api.post(&path, &json!({"event": "accept"})).await.expect(200);
    workspace.app.pass(Duration::minutes(1)).await;
    workspace.app.pass(Duration::seconds(30)).await;
    let mut of_ana = vec!["R-1 (high) is accepted until 15 Apr 2026."];
    assert_eq!(told(&workspace, "D0ANA").await, of_ana);

    for (passes, says) in [
        (Duration::days(13), None),
        (Duration::days(1), Some("R-1 (high) is accepted until 15 Apr 2026: 30 days left.")),
        (Duration::hours(5), None),
        // The service stood still over the 14th day before the end; that day is told with the next.
        (Duration::days(25), Some("R-1 (high) is accepted until 15 Apr 2026: 5 days left.")),
        (Duration::days(4), Some("R-1 (high) is accepted until 15 Apr 2026: 1 day left.")),
        (Duration::hours(5), None),
        (
            Duration::days(20) - Duration::hours(5),
            Some("R-1 (high) is open again: its acceptance ended 15 Apr 2026."),
        ),
        (Duration::days(1), None),
    ] {
        workspace.app.pass(passes).await;
        workspace.app.pass(Duration::seconds(30)).await;
        of_ana.extend(says);
        of_ben.extend(says);
        assert_eq!(told(&workspace, "D0ANA").await, of_ana, "after {passes}");
        assert_eq!(told(&workspace, "D0BEN").await, of_ben, "after {passes}");
    }
    // Each of the four is noted once for each of the two, whether told by itself or with the next.
    let rows = notice::Entity::find()
        .filter(notice::Column::Key.starts_with("acceptance/1/2026-04-15/"))
        .all(workspace.app.state.database.reader())
        .await
        .unwrap();
    assert_eq!(rows.len(), 8, "{rows:?}");
}

#[actix_web::test]
async fn many_at_once_are_one_message_a_person() {
    let workspace = Workspace::start().await;
    let ana = workspace.ana().await;
    workspace.app.person("ben@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    for number in 0..20 {
        let key = workspace.open_risk(&format!("Hole {number}"), "ana@example.org", (4, 4)).await;
        let ask = json!({"event": "accept", "justification": "few users", "compensating_controls": "a firewall",
            "expires_on": "2026-04-15"});
        ana.api.post(&format!("/api/v1/risks/{key}/transitions"), &ask).await.expect(200);
    }
    workspace.app.pass(Duration::minutes(1)).await;
    workspace.app.pass(Duration::seconds(30)).await;
    let told = workspace.messages("D0BEN").await;
    let news: Vec<_> = told.iter().filter(|text| !text.starts_with("Your risks")).collect();
    assert_eq!(news, ["20 things for you to know."]);
}

/// A regression: a rank whose only holder had left counted as held, so that nobody was asked.
#[actix_web::test]
async fn where_those_of_the_rank_have_left_the_next_rank_is_asked() {
    let workspace = Workspace::start().await;
    let ana = workspace.ana().await;
    workspace.app.person("ben@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    workspace.app.person("vera@example.org", &[Role::Viewer, Role::Executive]).await;
    let key = workspace.open_risk("Open redirect", "ana@example.org", (4, 4)).await;
    let left = "UPDATE app_user SET active = FALSE WHERE email IN ('ben@example.org', 'first@example.org')";
    workspace.app.database.tamper(left).await;
    let ask = json!({"event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-04-15"});
    ana.api.post(&format!("/api/v1/risks/{key}/transitions"), &ask).await.expect(200);
    workspace.app.pass(Duration::minutes(1)).await;
    let asked = ["R-1 (high) is asked to be accepted until 15 Apr 2026: it waits for you."];
    assert_eq!(told(&workspace, "D0VERA").await, asked);
}

/// A regression: the end of an acceptance said "is open again" of a risk whose fix was waiting to be verified.
#[actix_web::test]
async fn the_end_says_where_the_risk_stands() {
    let workspace = Workspace::start().await;
    let ana = workspace.ana().await;
    let ben = workspace.app.person("ben@example.org", &[Role::Viewer, Role::HeadOfSecurity]).await;
    let key = workspace.open_risk("Open redirect", "ana@example.org", (4, 4)).await;
    let path = format!("/api/v1/risks/{key}/transitions");
    let ask = json!({"event": "accept", "justification": "few users", "compensating_controls": "a firewall",
        "expires_on": "2026-03-05"});
    ana.api.post(&path, &ask).await.expect(200);
    ben.api.post(&path, &json!({"event": "accept"})).await.expect(200);
    workspace.app.pass(Duration::minutes(1)).await;
    let claim = json!({"event": "claim_fixed", "evidence": ["https://example.org/change/1"]});
    ana.api.post(&path, &claim).await.expect(200);
    workspace.app.pass(Duration::days(7)).await;
    let said = told(&workspace, "D0ANA").await;
    let last = "R-1 (high) waits to be verified: its acceptance ended 5 Mar 2026.";
    assert!(said.iter().any(|line| line == last), "{said:?}");
}
