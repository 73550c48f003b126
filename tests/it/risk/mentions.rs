//! Comments that speak to people.

use abate::access::role::Role;
use abate_entity::notice;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use crate::harness::app::TestApp;

async fn told(app: &TestApp) -> Vec<notice::Model> {
    let mentions = notice::Entity::find().filter(notice::Column::Kind.eq("mention"));
    mentions.all(app.state.database.reader()).await.unwrap()
}

#[tokio::test]
async fn who_is_spoken_to_and_may_see_it_is_told_once() {
    let app = TestApp::spawn().await;
    let (red, blue) = (app.team("red").await, app.team("blue").await);
    app.asset("shop", Some(red)).await;
    let key = app.risk("shop", "Secret <gate>").await;
    let bo = app.member("bo@example.org", &[Role::Engineer], Some(red)).await;
    app.member("stranger@example.org", &[Role::Engineer], Some(blue)).await;
    let first = app.first().await;
    let path = format!("/api/v1/risks/{key}/comments");
    let say = async |body: &str| -> Value {
        first.api.post(&path, &json!({"body": body})).await.expect(201).json()
    };
    let said = say("@bo, @bo@example.org and @stranger: see `@bo`, @nobody and @first").await;
    assert_eq!(said["mentions"], json!(["bo@example.org", "first@example.org"]));
    let notices = told(&app).await;
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert_eq!((notices[0].user_id, notices[0].link.as_str()), (bo.id, "/risks/R-1#comments"));
    assert_eq!(notices[0].text, "first speaks to you in a comment on R-1.");
    let page = bo.browser.get(&format!("/risks/{key}")).await.expect(200).text;
    assert!(page.contains("<strong>@bo</strong>, <strong>@bo</strong> and @stranger"), "{page}");
    assert_eq!(say("nothing for bo@example.org").await["mentions"], json!([]));
    assert_eq!(told(&app).await.len(), 1);
}
