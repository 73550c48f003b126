//! Who hears about a run, and how often.

use abate::obligation::remind::remind;
use abate_entity::message;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::json;

use super::{go_to, keeper, path_of, weekly};
use crate::harness::app::TestApp;

async fn messages(app: &TestApp) -> Vec<message::Model> {
    remind(&app.state).await.unwrap();
    message::Entity::find()
        .filter(message::Column::Key.starts_with("obligation:"))
        .order_by_asc(message::Column::Id)
        .all(app.state.database.reader())
        .await
        .unwrap()
}

#[tokio::test]
async fn each_stage_is_said_once_to_the_one_who_answers_for_it() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    weekly(&app, &keeper).await;
    assert_eq!(messages(&app).await.len(), 0, "a planned run is nobody's business yet");
    go_to(&app, "2026-03-07T08:00:00Z").await;
    let said = messages(&app).await;
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].user_id, Some(keeper.id));
    assert!(said[0].text.contains("Scan") && said[0].text.contains("/runs/"), "{}", said[0].text);
    assert_eq!(messages(&app).await.len(), 1);
    go_to(&app, "2026-03-10T08:00:00Z").await;
    assert_eq!(messages(&app).await.len(), 2, "it is late");
}

/// A month without the service leads to one message, not to one a run.
#[tokio::test]
async fn after_downtime_one_message_says_it_all() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    weekly(&app, &keeper).await;
    go_to(&app, "2026-03-27T12:00:00Z").await;
    let said = messages(&app).await;
    let last = said.last().unwrap();
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(last.text.matches("was missed").count(), 2, "{}", last.text);
}

#[tokio::test]
async fn a_run_that_is_put_off_or_done_is_not_spoken_of() {
    let app = TestApp::spawn().await;
    let keeper = keeper(&app).await;
    let cadence = weekly(&app, &keeper).await;
    go_to(&app, "2026-03-07T00:00:00Z").await;
    let before = messages(&app).await.len();
    let run = path_of(&keeper, &cadence, "2026-03-09").await;
    let until = json!({"until": "2026-03-08T12:00:00Z"});
    keeper.api.post(&format!("{run}/snooze"), &until).await.expect(200);
    go_to(&app, "2026-03-08T11:00:00Z").await;
    assert_eq!(messages(&app).await.len(), before);
    go_to(&app, "2026-03-08T12:00:00Z").await;
    assert_eq!(messages(&app).await.len(), before + 1);
    keeper.api.post(&format!("{run}/complete"), &json!({"evidence": "import 7"})).await.expect(200);
    go_to(&app, "2026-03-12T12:00:00Z").await;
    assert_eq!(messages(&app).await.len(), before + 1);
}
