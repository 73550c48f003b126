//! Four hundred days of silence.

use std::collections::BTreeMap;

use abate::calendar::local_time::to_utc;
use abate_entity::{acceptance, cadence_run, message, notice, risk_event, risk_ladder};
use chrono::{DateTime, Datelike as _, Days, Duration, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::stage::{ACCEPTED, BLOCKED, TRANSFERRED, workspace};
use crate::slack::workspace::Workspace;

fn midnight(zone: Tz, day: &str, later: u64) -> DateTime<Utc> {
    let day: NaiveDate = day.parse().unwrap();
    to_utc(zone, (day + Days::new(later)).and_time(NaiveTime::MIN))
}

/// When the transition took effect, in the order in which it was written down.
async fn effects(workspace: &Workspace, transition: &str) -> Vec<DateTime<Utc>> {
    let rows = risk_event::Entity::find()
        .filter(risk_event::Column::Transition.eq(transition))
        .order_by_asc(risk_event::Column::Id)
        .all(workspace.app.state.database.reader())
        .await
        .unwrap();
    rows.into_iter().map(|row| row.effective_at).collect()
}

/// The messages that were put together, by key.
async fn messages(workspace: &Workspace) -> Vec<String> {
    let rows = message::Entity::find()
        .filter(message::Column::Kind.eq("notices"))
        .order_by_asc(message::Column::Id)
        .all(workspace.app.state.database.reader())
        .await
        .unwrap();
    rows.into_iter().map(|row| row.key).collect()
}

#[actix_web::test]
async fn what_should_have_happened_happens_once_in_order_and_with_its_date() {
    let mut workspace = workspace().await;
    workspace.app.pass(Duration::minutes(1)).await;
    let zone = abate::policy::Policies::load(workspace.app.state.database.reader()).await.unwrap().zone;
    workspace.app.end().await;
    workspace.app.time.advance(Duration::days(400));
    workspace.app.restart().await;
    for _ in 0..4 {
        workspace.app.pass(Duration::minutes(1)).await;
    }
    let db = workspace.app.state.database.reader();

    // Each end, review and return once, from the moment that it belongs to, the earliest first.
    let mut ended: Vec<_> = ACCEPTED.map(|day| midnight(zone, day, 1)).to_vec();
    ended.sort_unstable();
    assert_eq!(effects(&workspace, "T17").await, ended);
    assert_eq!(effects(&workspace, "T09").await, BLOCKED.map(|day| midnight(zone, day, 0)));
    assert_eq!(effects(&workspace, "T21").await, [midnight(zone, TRANSFERRED, 1)]);

    // Every notice of an end exists once for each of the two, with its own day, also those that nobody was told.
    let rows =
        acceptance::Entity::find().filter(acceptance::Column::DecidedBy.is_not_null()).all(db).await.unwrap();
    assert_eq!(rows.len(), ACCEPTED.len());
    for row in &rows {
        for person in [row.asked_by, row.decided_by.unwrap()] {
            for ahead in [30_u64, 14, 7, 1] {
                let day = row.ends_on - Days::new(ahead);
                let key = format!("acceptance/{}/{}/{ahead}/{person}", row.id, row.ends_on);
                let found =
                    notice::Entity::find().filter(notice::Column::Key.eq(&key)).one(db).await.unwrap();
                let was_ahead = day > row.asked_at.date_naive();
                assert_eq!(found.is_some(), was_ahead, "{key}");
                if let Some(found) = found {
                    assert_eq!(found.about_at, midnight(zone, &day.to_string(), 0), "{key}");
                    assert_eq!(found.state, "dropped", "{key}");
                }
            }
        }
    }

    // Each step of a ladder once for a person, in order; only the last one that was reached is told.
    let steps = risk_ladder::Entity::find().order_by_asc(risk_ladder::Column::Id).all(db).await.unwrap();
    let mut climbs: BTreeMap<(i64, NaiveDate, i64), Vec<_>> = BTreeMap::new();
    for step in steps {
        climbs.entry((step.risk_id, step.due_on, step.user_id)).or_default().push(step);
    }
    assert!(climbs.len() >= ACCEPTED.len() + BLOCKED.len(), "{climbs:?}");
    for (of, climb) in &climbs {
        assert!(climb.windows(2).all(|pair| pair[0].about_at < pair[1].about_at), "{of:?} {climb:?}");
        let told = climb.iter().filter(|step| step.state == "told").count();
        assert!(
            told <= 1 && climb.iter().rev().skip(1).all(|step| step.state == "skipped"),
            "{of:?} {climb:?}"
        );
    }

    // Every Monday of the year has its run, once.
    let runs =
        cadence_run::Entity::find().order_by_asc(cadence_run::Column::ScheduledOn).all(db).await.unwrap();
    let days: Vec<NaiveDate> = runs.iter().map(|run| run.scheduled_on).collect();
    assert!(days.iter().all(|day| day.weekday() == Weekday::Mon));
    assert!(days.windows(2).all(|pair| pair[1] - pair[0] == Duration::days(7)), "{days:?}");
    let (first, last) = (days[0].to_string(), *days.last().unwrap());
    assert_eq!(first, "2026-03-09");
    assert!(last >= "2027-04-05".parse().unwrap(), "{last}");

    // Another start says nothing again, and each line is in one message.
    let before = messages(&workspace).await;
    workspace.app.restart().await;
    workspace.app.pass(Duration::minutes(1)).await;
    assert_eq!(messages(&workspace).await, before);
    let told = notice::Entity::find().filter(notice::Column::State.eq("told"));
    let told = told.all(workspace.app.state.database.reader()).await.unwrap();
    assert!(!told.is_empty() && told.iter().all(|line| line.message_key.is_some()));
}
