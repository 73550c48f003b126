//! What waits to be read has a limit, so that a sender cannot fill the disk.

use abate_entity::hook_delivery;
use sea_orm::{ActiveValue::Set, EntityTrait as _};
use serde_json::json;

use super::{admin, call, event, make};
use crate::harness::app::TestApp;

/// Puts deliveries there that nothing reads.
async fn fill(app: &TestApp, hook_id: i64, sizes: &[usize]) {
    for (number, size) in sizes.iter().enumerate() {
        let row = hook_delivery::ActiveModel {
            hook_id: Set(hook_id),
            identifier: Set(format!("waiting-{number}")),
            kind: Set("report".to_owned()),
            body: Set(vec![b'x'; *size]),
            state: Set("stored".to_owned()),
            received_at: Set(app.state.clock.now()),
            ..Default::default()
        };
        let insert = app.state.database.write(async |tx| {
            hook_delivery::Entity::insert(row.clone()).exec(tx).await?;
            Ok(())
        });
        insert.await.unwrap();
    }
}

#[actix_web::test]
async fn a_sender_waits_while_too_much_is_unread_and_no_other_hook_does() {
    let app = TestApp::spawn().await;
    let admin = admin(&app).await;
    let mut secrets = Vec::new();
    for name in ["many", "large", "other"] {
        let hook = make(&admin, json!({"kind": "aws", "name": name})).await;
        secrets.push(hook["secret"].as_str().unwrap().to_owned());
    }
    fill(&app, 1, &[1; 1_000]).await;
    fill(&app, 2, &[64 * 1024 * 1024 - 10]).await;
    for (id, status) in [(1, 429), (2, 429), (3, 202)] {
        let headers = [("X-Abate-Secret", secrets[id - 1].as_str())];
        let path = format!("/hooks/aws/{id}");
        let answer = call(&app, &path, &headers, &event("new", 5.0)).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert_eq!(answer.header("Retry-After").is_empty(), status == 202, "{path}");
    }
    // What is known needs no room.
    let headers = [("X-Abate-Secret", secrets[0].as_str())];
    assert_eq!(call(&app, "/hooks/aws/1", &headers, &event("waiting-7", 5.0)).await.status, 202);
}
