//! A thousand risks that go late at the same minute, while the application is restarted three times.

use std::collections::BTreeMap;

use abate::access::role::Role;
use abate_entity::{message, notice, risk, risk_ladder};
use chrono::Duration;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
};
use serde_json::json;

use crate::fault_proxy::Fault;
use crate::slack::workspace::Workspace;

/// Risks, in all.
const COUNT: i64 = 1000;

/// Half are Ana's, half are Ben's, and Vera leads the team.
async fn workspace() -> Workspace {
    let workspace = Workspace::start().await;
    let ana = workspace.ana().await;
    let ben = workspace.ben().await;
    workspace.app.person("vera@example.org", &[Role::Viewer]).await;
    let first = workspace.app.first().await;
    first.api.patch("/api/v1/teams/security", &json!({"lead": "vera@example.org"})).await.expect(200);
    workspace.open_risk("Open redirect", "ana@example.org", (4, 4)).await;
    let state = &workspace.app.state;
    let model = risk::Entity::find_by_id(1).one(state.database.reader()).await.unwrap().unwrap();
    let copies: Vec<_> = (2..=COUNT)
        .map(|id| {
            let owner = if id % 2 == 0 { ana.id } else { ben.id };
            let copy = risk::Model {
                id,
                uuid: state.ids.uuid(model.created_at),
                owner_id: Some(owner),
                ..model.clone()
            };
            copy.into_active_model().reset_all()
        })
        .collect();
    let added = state.database.write(async |tx| {
        for chunk in copies.chunks(200) {
            risk::Entity::insert_many(chunk.to_vec()).exec_without_returning(tx).await?;
        }
        Ok(())
    });
    added.await.unwrap();
    workspace
}

/// The messages to people that were put together, by receiver.
async fn bundles(workspace: &Workspace) -> BTreeMap<i64, u64> {
    let rows = message::Entity::find()
        .filter(message::Column::Kind.eq("notices"))
        .all(workspace.app.state.database.reader())
        .await
        .unwrap();
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row.user_id.unwrap()).or_default() += 1;
    }
    counts
}

async fn steps(workspace: &Workspace, step: &str) -> Vec<risk_ladder::Model> {
    risk_ladder::Entity::find()
        .filter(risk_ladder::Column::Step.eq(step))
        .all(workspace.app.state.database.reader())
        .await
        .unwrap()
}

#[actix_web::test]
async fn a_thousand_risks_are_one_message_a_person_across_three_restarts() {
    let mut workspace = workspace().await;
    // The day before the due date, which is a Wednesday, at noon: what is told before is over.
    workspace.app.pass(Duration::days(29) + Duration::hours(3)).await;
    workspace.app.pass(Duration::seconds(30)).await;
    workspace.app.pass(Duration::seconds(30)).await;
    let before = bundles(&workspace).await;
    assert_eq!(before.values().sum::<u64>(), 2, "Ana and Ben were told that it comes due: {before:?}");

    // A minute past midnight: planned, and nobody is told at night.
    workspace.app.pass(Duration::days(1) + Duration::hours(12) + Duration::minutes(1)).await;
    assert_eq!(steps(&workspace, "T").await.len(), 2000, "each with its owner and its lead");
    workspace.app.restart().await;
    workspace.app.pass(Duration::minutes(1)).await;
    assert_eq!(bundles(&workspace).await, before);

    // In the morning they are put together, and Slack takes none of them yet.
    for _ in 0..3 {
        let headers = vec![("Retry-After", "300".to_owned()), ("Content-Type", "text/plain".to_owned())];
        workspace.next_post(Fault::Answer { status: 429, headers });
    }
    workspace.app.pass(Duration::hours(8)).await;
    workspace.app.restart().await;
    workspace.app.pass(Duration::minutes(1)).await;
    let after = bundles(&workspace).await;
    assert_eq!(after.values().sum::<u64>(), 5, "one more for each of the three: {after:?}");

    // They are sent; a third start sends nothing again.
    workspace.app.pass(Duration::minutes(10)).await;
    workspace.app.restart().await;
    workspace.app.pass(Duration::minutes(10)).await;
    workspace.app.pass(Duration::hours(1)).await;
    assert_eq!(bundles(&workspace).await, after);
    for (conversation, messages) in [("D0ANA", 2), ("D0BEN", 2), ("D0VERA", 1)] {
        let told = workspace.messages(conversation).await;
        let told: Vec<_> = told.iter().filter(|text| text.ends_with("things for you to know.")).collect();
        assert_eq!(told.len(), messages, "{conversation}: {told:?}");
    }
    assert!(workspace.messages("D0VERA").await.contains(&"1000 things for you to know.".to_owned()));

    // Each was escalated once, and each line is in one message.
    let late = steps(&workspace, "T").await;
    assert_eq!(late.len(), 2000);
    let lines = notice::Entity::find()
        .filter(notice::Column::Key.contains("/T/"))
        .all(workspace.app.state.database.reader())
        .await
        .unwrap();
    assert_eq!(lines.len(), 2000);
    assert!(lines.iter().all(|line| line.state == "told" && line.message_key.is_some()));
}
