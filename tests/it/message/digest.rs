//! The digest of the morning.

use abate_entity::message;
use chrono::Duration;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::fault_proxy::Fault;
use crate::slack::workspace::Workspace;

const ANA: &str = "D0ANA";

/// A workspace in which Ana owns a risk that is due in a fortnight.
async fn with_a_risk() -> Workspace {
    let workspace = Workspace::start().await;
    workspace.ana().await;
    // The digest of the first day is over before there is anything to tell.
    workspace.app.pass(Duration::seconds(30)).await;
    workspace.open_risk("Open redirect", "ana@example.org", (5, 5)).await;
    workspace.without_ladder().await;
    workspace
}

/// The messages that are in a state, as scripts see them.
async fn listed(workspace: &Workspace, state: &str) -> Vec<serde_json::Value> {
    let path = format!("/api/v1/messages?state={state}");
    let list = workspace.app.first().await.api.get(&path).await.expect(200).json();
    list["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn each_owner_has_one_a_day_and_one_after_downtime() {
    let workspace = with_a_risk().await;
    assert_eq!(workspace.messages(ANA).await, Vec::<String>::new());
    workspace.app.pass(Duration::days(1)).await;
    assert_eq!(workspace.messages(ANA).await, ["Your risks today: 0 late, 1 due in the next 14 days."]);
    workspace.app.pass(Duration::hours(2)).await;
    workspace.app.pass(Duration::hours(2)).await;
    assert_eq!(workspace.messages(ANA).await.len(), 1);
    workspace.app.pass(Duration::days(20)).await;
    assert_eq!(
        workspace.messages(ANA).await,
        [
            "Your risks today: 1 late, 0 due in the next 14 days.",
            "Your risks today: 0 late, 1 due in the next 14 days."
        ]
    );
}

#[actix_web::test]
async fn a_lost_answer_is_found_out_and_nothing_is_sent_twice() {
    let workspace = with_a_risk().await;
    workspace.next_post(Fault::LoseAnswer);
    workspace.app.pass(Duration::days(1)).await;
    assert_eq!(listed(&workspace, "unknown").await.len(), 1);
    workspace.app.pass(Duration::seconds(61)).await;
    assert_eq!(listed(&workspace, "unknown").await.len(), 0);
    assert_eq!(listed(&workspace, "sent").await.len(), 1);
    assert_eq!(workspace.messages(ANA).await.len(), 1);
}

#[actix_web::test]
async fn what_may_have_arrived_is_shown_and_sent_again_by_a_person_only() {
    let workspace = with_a_risk().await;
    workspace.next_post(Fault::CloseBefore);
    workspace.app.pass(Duration::days(1)).await;
    workspace.app.pass(Duration::minutes(10)).await;
    workspace.app.pass(Duration::hours(3)).await;
    let unknown = listed(&workspace, "unknown").await;
    assert_eq!(unknown.len(), 1);
    assert!(unknown[0]["problem"].as_str().unwrap().contains("not to be found"), "{unknown:?}");
    assert_eq!(workspace.messages(ANA).await, Vec::<String>::new());

    let path = format!("/api/v1/messages/{}/resend", unknown[0]["id"]);
    let first = workspace.app.first().await;
    first.api.post(&path, &serde_json::json!({})).await.expect(200);
    workspace.app.settle().await;
    assert_eq!(workspace.messages(ANA).await.len(), 1);
    first.api.post(&path, &serde_json::json!({})).await.problem(409);
}

#[actix_web::test]
async fn a_process_that_died_while_sending_leaves_no_second_message() {
    let workspace = with_a_risk().await;
    workspace.app.pass(Duration::days(1)).await;
    assert_eq!(workspace.messages(ANA).await.len(), 1);
    // What the database holds when the process died between Slack's commit and its own.
    let state = &workspace.app.state;
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            message::Entity::update_many()
                .set(message::ActiveModel {
                    state: Set("sending".to_owned()),
                    remote_id: Set(None),
                    ..Default::default()
                })
                .filter(message::Column::State.eq("sent"))
                .exec(tx)
                .await?;
            let row = message::Entity::find().filter(message::Column::State.eq("sending")).one(tx).await?;
            abate::platform::job::queue::enqueue(tx, "message", &row.unwrap().key, now, now).await?;
            Ok(())
        })
        .await
        .unwrap();
    workspace.app.settle().await;
    assert_eq!(listed(&workspace, "unknown").await.len(), 1);
    workspace.app.pass(Duration::seconds(61)).await;
    assert_eq!(listed(&workspace, "sent").await.len(), 1);
    assert_eq!(workspace.messages(ANA).await.len(), 1);
}

#[actix_web::test]
async fn when_slack_asks_to_wait_the_message_waits() {
    let workspace = with_a_risk().await;
    let headers = vec![("Retry-After", "30".to_owned()), ("Content-Type", "text/plain".to_owned())];
    workspace.next_post(Fault::Answer { status: 429, headers });
    workspace.app.pass(Duration::days(1)).await;
    assert_eq!(workspace.messages(ANA).await, Vec::<String>::new());
    workspace.app.pass(Duration::seconds(31)).await;
    assert_eq!(workspace.messages(ANA).await.len(), 1);
}

#[actix_web::test]
async fn an_owner_without_slack_is_shown_to_the_administrator() {
    let workspace = Workspace::start().await;
    workspace.app.pass(Duration::seconds(30)).await;
    workspace.open_risk("Open redirect", "first@example.org", (5, 5)).await;
    workspace.without_ladder().await;
    workspace.app.pass(Duration::days(1)).await;
    let failed = listed(&workspace, "failed").await;
    assert!(failed[0]["problem"].as_str().unwrap().contains("first@example.org"), "{failed:?}");
}
