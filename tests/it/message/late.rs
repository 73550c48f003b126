//! The posts about what has become late.

use chrono::Duration;

use crate::slack::workspace::{CHANNEL, Workspace};

#[actix_web::test]
async fn each_risk_is_told_once_and_many_are_told_together() {
    let workspace = Workspace::start().await;
    workspace.ana().await;
    workspace.open_risk("Open redirect", "ana@example.org", (5, 5)).await;
    workspace.app.pass(Duration::days(14)).await;
    assert_eq!(workspace.messages(CHANNEL).await, Vec::<String>::new());
    workspace.app.pass(Duration::days(2)).await;
    assert_eq!(workspace.messages(CHANNEL).await, ["R-1 is late. Owner: ana."]);

    workspace.open_risk("SQL injection", "ana@example.org", (5, 5)).await;
    workspace.open_risk("Command injection", "ana@example.org", (5, 5)).await;
    workspace.app.pass(Duration::days(1)).await;
    assert_eq!(workspace.messages(CHANNEL).await.len(), 1, "the first was told again");
    workspace.app.pass(Duration::days(20)).await;
    assert_eq!(workspace.messages(CHANNEL).await, ["2 risks are late.", "R-1 is late. Owner: ana."]);
    workspace.app.pass(Duration::days(1)).await;
    assert_eq!(workspace.messages(CHANNEL).await.len(), 2);
}
