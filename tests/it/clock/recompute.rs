//! The work that a new policy makes: it goes on where it was after a crash, and leads where the preview said.

use std::collections::BTreeMap;

use abate::policy::recompute::JOB;
use abate::risk::clock::SlaPolicy;
use abate_entity::level::Level;
use abate_entity::{asset, job, risk, risk_event, sla_policy};
use chrono::Duration;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use serde_json::json;

use super::stage::Stage;
use crate::intake::report::{import, many, trivy};

/// Risks in the register: two pages.
const RISKS: u32 = 620;
/// Risks of one page.
const PAGE: usize = 500;

/// Keeps the workers from the page that begins after a risk, as a worker does that never ends.
async fn hold(stage: &Stage, after: i64) -> i64 {
    let now = stage.app.state.clock.now();
    let row = job::ActiveModel {
        kind: Set(JOB.kind.to_owned()),
        subject: Set(format!("all:{after}")),
        state: Set("running".to_owned()),
        attempt: Set(1),
        run_at: Set(now),
        holder: Set(Some("somebody who died".to_owned())),
        leased_until: Set(Some(now + Duration::days(1))),
        created_at: Set(now),
        ..Default::default()
    };
    stage.app.state.database.write(async |tx| Ok(row.clone().insert(tx).await?.id)).await.unwrap()
}

#[tokio::test]
async fn a_page_that_was_written_is_not_written_again_and_the_others_follow() {
    let stage = Stage::new().await;
    let report = trivy(&many(1, RISKS, "HIGH"));
    import(&stage.app, &stage.first, &report, &[("asset", "shop"), ("run", "1")]).await;
    let db = stage.app.state.database.reader();
    let risks = risk::Entity::find().order_by_asc(risk::Column::Id).all(db).await.unwrap();
    assert_eq!(risks.len(), RISKS as usize);
    let held = [hold(&stage, 0).await, hold(&stage, risks[PAGE - 1].id).await];
    let mut data = stage.in_force("sla-policies", "standard").await["data"].clone();
    data["triage_hours"] = json!({"medium": 10, "high": 10, "low": 10, "critical": 10});
    let preview = stage.look("sla-policies", "standard", &data).await.expect(200).json();
    assert_eq!(preview["earlier"], RISKS);
    let form = json!({"data": data, "digest": preview["digest"], "reason": "we agreed on it"});
    stage.first.api.post("/api/v1/sla-policies/standard/publish", &form).await.expect(200);
    let moved = async || {
        let events = risk_event::Entity::find().filter(risk_event::Column::Kind.eq("recomputed"));
        events.count(db).await.unwrap()
    };
    assert_eq!(moved().await, 0);
    (JOB.run)(&stage.app.state, "all:0").await.unwrap();
    assert_eq!(moved().await, PAGE as u64, "one page is one transaction");
    // The process dies here, before it could say that the page was done. Others take up what is queued.
    let free = stage.app.state.database.write(async |tx| {
        job::Entity::delete_many().filter(job::Column::Id.is_in(held)).exec(tx).await?;
        Ok(())
    });
    free.await.unwrap();
    stage.app.settle().await;
    assert_eq!(moved().await, u64::from(RISKS), "each risk once");
    let after = risk::Entity::find().order_by_asc(risk::Column::Id).all(db).await.unwrap();
    let shown: BTreeMap<&str, &str> = preview["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["key"].as_str().unwrap(), item["new_due_at"].as_str().unwrap()))
        .collect();
    assert_eq!(shown.len(), 100);
    for risk in &after {
        let due = risk.triage_due_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let key = format!("R-{}", risk.id);
        assert!(shown.get(key.as_str()).is_none_or(|said| *said == due), "{key}");
        assert_eq!(risk.triage_due_at - risk.sla_start_at, Duration::hours(10), "{key}");
    }
}

/// A regression: what an import wrote while another policy was published kept the old one for ever, as did what it wrote
/// while its asset was changed.
#[tokio::test]
async fn what_was_written_meanwhile_is_looked_at_again() {
    let stage = Stage::new().await;
    stage.at("2026-10-05");
    let policy = json!({
        "title": "Facing the world", "remediation": {"high": 5}, "applies": {"exposure": "internet_facing"},
    });
    stage.publish("sla-policies", "exposed", policy).await;
    let path = stage.open("shop", "high").await;
    stage.app.pass(Duration::hours(3)).await;
    assert_eq!(stage.show(&path).await["due_on"], "2026-11-04");
    let now = stage.app.state.clock.now();
    // Nobody works out again what rules the risk now, as where it was not committed yet.
    let mut quick = SlaPolicy::standard();
    quick.remediation[Level::High.index()] = Some(10);
    let version = sla_policy::ActiveModel {
        name: Set("standard".to_owned()),
        version: Set(2),
        data: Set(serde_json::to_value(quick).unwrap()),
        created_at: Set(now),
        ..Default::default()
    };
    let made = stage.app.state.database.write(async |tx| {
        sla_policy::Entity::insert(version.clone()).exec_without_returning(tx).await?;
        Ok(())
    });
    made.await.unwrap();
    stage.app.pass(Duration::hours(1)).await;
    assert_eq!(stage.show(&path).await["due_on"], "2026-10-15");
    stage.app.pass(Duration::hours(3)).await;
    let now = stage.app.state.clock.now();
    let turned = stage.app.state.database.write(async |tx| {
        let shop =
            asset::ActiveModel { internet_facing: Set(true), updated_at: Set(now), ..Default::default() };
        asset::Entity::update_many().set(shop).filter(asset::Column::Key.eq("shop")).exec(tx).await?;
        Ok(())
    });
    turned.await.unwrap();
    stage.app.pass(Duration::hours(1)).await;
    assert_eq!(stage.show(&path).await["due_on"], "2026-10-10");
}
