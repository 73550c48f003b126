//! Hands the work of somebody over: each risk to a named person, else to who owns its asset, else to who leads its team.
//! A page of risks is one transaction that also says how far it is, so that a broken run goes on where it was.

use std::collections::BTreeMap;

use abate_entity::lifecycle::{State, Via};
use abate_entity::{app_user, hand_over, risk};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction,
    EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::ladder::asset_owners;
use super::roster::Roster;
use crate::acceptance;
use crate::message::notice::{self, NewNotice};
use crate::page::badge::counted;
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::policy::Policies;
use crate::risk::record::{self, Change, NewEvent, Occasion};
use crate::state::AppState;

/// The kind of the job; its subject is the number of the person.
const KIND: &str = "owner.hand_over";

/// Hands over.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: Duration::minutes(5), run };

/// Finds those who have left without it: a directory may have said so behind our back.
pub const TIMER: Timer<AppState> = Timer { name: "owner.left", every: Duration::minutes(10), run: find };

/// Is under way.
const WANTED: &str = "wanted";
/// Is over.
const DONE: &str = "done";
/// They came back before it was over.
const STOPPED: &str = "stopped";
/// Who says that somebody has left has so long to name who takes over, or to take it back.
const SECOND_THOUGHT: Duration = Duration::minutes(1);
/// Risks of one transaction.
const AT_A_TIME: u64 = 50;
/// What nobody could take over is tried again so much later.
const AGAIN_AFTER: Duration = Duration::days(1);

/// Wants the work of somebody who has left handed over, a moment later.
///
/// # Errors
/// When the database refuses.
pub async fn leave(
    tx: &DatabaseTransaction,
    user_id: i64,
    asked_by: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    insert(tx, user_id, None, asked_by, now).await?;
    Ok(queue::enqueue(tx, KIND, &user_id.to_string(), now + SECOND_THOUGHT, now).await?)
}

/// Stops handing over the work of somebody who has come back; what others have taken over stays theirs.
///
/// # Errors
/// When the database refuses.
pub async fn stop(tx: &DatabaseTransaction, user_id: i64, now: DateTime<Utc>) -> Result<(), Problem> {
    hand_over::Entity::update_many()
        .set(hand_over::ActiveModel {
            state: Set(STOPPED.to_owned()),
            done_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(hand_over::Column::UserId.eq(user_id))
        .filter(hand_over::Column::State.eq(WANTED))
        .exec(tx)
        .await?;
    Ok(())
}

/// Wants the work of somebody handed over at once. Where that waits already, who is named now takes over what is left.
///
/// # Errors
/// When the database refuses.
pub async fn want(
    tx: &DatabaseTransaction,
    user_id: i64,
    to: Option<i64>,
    asked_by: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    insert(tx, user_id, to, asked_by, now).await?;
    Ok(queue::enqueue(tx, KIND, &user_id.to_string(), now, now).await?)
}

async fn insert(
    tx: &DatabaseTransaction,
    user_id: i64,
    to: Option<i64>,
    asked_by: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let row = hand_over::ActiveModel { to_user_id: Set(to), asked_by: Set(asked_by), ..Default::default() };
    match under_way(tx, user_id).await? {
        Some(waiting) if to.is_some() => {
            hand_over::ActiveModel { id: Set(waiting.id), ..row }.update(tx).await?;
        }
        Some(_) => {}
        None => {
            let row = hand_over::ActiveModel {
                user_id: Set(user_id),
                state: Set(WANTED.to_owned()),
                position: Set(0),
                counts: Set(json!({})),
                created_at: Set(now),
                ..row
            };
            row.insert(tx).await?;
        }
    }
    Ok(())
}

async fn under_way(db: &impl ConnectionTrait, user_id: i64) -> Result<Option<hand_over::Model>, Problem> {
    let wanted = hand_over::Entity::find()
        .filter(hand_over::Column::UserId.eq(user_id))
        .filter(hand_over::Column::State.eq(WANTED));
    Ok(wanted.one(db).await?)
}

fn run<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(async move {
        let user_id: i64 = subject.parse().map_err(Problem::internal)?;
        while state.database.write(async |tx| page(tx, user_id, state.clock.now()).await).await? {}
        Ok(())
    })
}

/// Hands one page over; answers whether there may be more.
async fn page(tx: &DatabaseTransaction, user_id: i64, now: DateTime<Utc>) -> Result<bool, Problem> {
    let Some(row) = under_way(tx, user_id).await? else { return Ok(false) };
    let policies = Policies::load(tx).await?;
    let roster = Roster::read(tx, &policies).await?;
    let theirs =
        Condition::any().add(risk::Column::OwnerId.eq(user_id)).add(risk::Column::AssigneeId.eq(user_id));
    let risks = risk::Entity::find()
        .filter(theirs)
        .filter(risk::Column::State.ne(State::Closed))
        .filter(risk::Column::Id.gt(row.position))
        .order_by_asc(risk::Column::Id)
        .limit(AT_A_TIME)
        .all(tx)
        .await?;
    let Some(last) = risks.last().map(|risk| risk.id) else {
        finish(tx, &row, now).await?;
        return Ok(false);
    };
    let owners = asset_owners(tx, &risks).await?;
    let occasion = Occasion::of(row.asked_by, Via::Timer, now, &policies);
    let mut counts: BTreeMap<i64, u64> = serde_json::from_value(row.counts.clone()).unwrap_or_default();
    let mut changes = Vec::new();
    for risk in risks {
        let stands_in = [row.to_user_id, owners.get(&risk.asset_id).copied(), roster.lead(risk.team_id)];
        let next = stands_in.into_iter().flatten().find(|id| *id != user_id && roster.is_here(*id));
        let next = next.filter(|_| risk.owner_id == Some(user_id));
        let works = risk.assignee_id == Some(user_id);
        // Who could not be replaced stays, and the ladder says so.
        if next.is_none() && !works {
            continue;
        }
        let mut event = NewEvent::plain("handed_over", now);
        let mut change = Change::of(risk, event.clone())?;
        if let Some(next) = next {
            event.data.insert("owner".to_owned(), json!({"from": user_id, "to": next}));
            change.set.owner_id = Set(Some(next));
            *counts.entry(next).or_default() += 1;
        }
        if works {
            event.data.insert("assignee".to_owned(), json!({"from": user_id, "to": null}));
            change.set.assignee_id = Set(None);
        }
        change.event = event;
        changes.push(change);
    }
    record::record(tx, &occasion, changes).await?;
    let moved = hand_over::ActiveModel {
        id: Set(row.id),
        position: Set(last),
        counts: Set(serde_json::to_value(&counts).map_err(Problem::internal)?),
        ..Default::default()
    };
    moved.update(tx).await?;
    Ok(true)
}

/// Tells each new owner how many there are, and others of what waited for the approval of who left.
async fn finish(tx: &DatabaseTransaction, row: &hand_over::Model, now: DateTime<Utc>) -> Result<(), Problem> {
    let done = hand_over::ActiveModel {
        id: Set(row.id),
        state: Set(DONE.to_owned()),
        done_at: Set(Some(now)),
        ..Default::default()
    };
    done.update(tx).await?;
    let name = app_user::Entity::find_by_id(row.user_id).one(tx).await?.map(|user| user.name);
    let name = name.unwrap_or_default();
    let counts: BTreeMap<i64, u64> = serde_json::from_value(row.counts.clone()).unwrap_or_default();
    for (user_id, count) in counts {
        let new = NewNotice {
            key: format!("hand_over/{}/{user_id}", row.id),
            user_id,
            kind: "hand_over",
            risk_id: None,
            text: format!("You answer for {} of {name} from now on.", counted(count, "risk", "risks")),
            link: "/risks?owner=me".to_owned(),
            urgent: false,
            about_at: now,
            not_before: now,
        };
        notice::want(tx, now, new).await?;
    }
    acceptance::notify::tell_waiting(tx, now).await
}

fn find(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        let owned = Query::select()
            .column(risk::Column::OwnerId)
            .from(risk::Entity)
            .and_where(Expr::col(risk::Column::OwnerId).is_not_null())
            .and_where(risk::Column::State.ne(State::Closed))
            .to_owned();
        let tried = Query::select()
            .column(hand_over::Column::UserId)
            .from(hand_over::Entity)
            .and_where(Expr::col(hand_over::Column::CreatedAt).gt(now - AGAIN_AFTER))
            .to_owned();
        let left: Vec<i64> = app_user::Entity::find()
            .select_only()
            .column(app_user::Column::Id)
            .filter(app_user::Column::Active.eq(false))
            .filter(app_user::Column::Id.in_subquery(owned))
            .filter(app_user::Column::Id.not_in_subquery(tried))
            .into_tuple()
            .all(state.database.reader())
            .await?;
        for user_id in left {
            state.database.write(async |tx| want(tx, user_id, None, None, now).await).await?;
        }
        Ok(())
    })
}
