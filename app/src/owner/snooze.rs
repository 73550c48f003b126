//! Puts off what somebody would be told of a risk: at most three times a due date, and never beyond it.

use abate_entity::lifecycle::Party;
use abate_entity::{app_user, notice, risk, risk_snooze};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait,
    QueryFilter,
};
use serde_json::json;

use super::ladder::{CLIMBED, KIND};
use super::ladder_rules::{self, NoSnooze};
use super::roster;
use crate::access::actor::Actor;
use crate::message::notice::WANTED;
use crate::platform::problem::{FieldProblem, Kind, Problem};
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::record::{self, Change, NewEvent, Occasion};

/// Until when, as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// A moment.
    At(DateTime<Utc>),
    /// So many days from now.
    Days(u32),
}

/// Puts it off for the one who asks.
///
/// # Errors
/// 403 for who has no part in the risk, 422 naming the rule that it breaks.
pub async fn snooze(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    actor: &Actor,
    risk: risk::Model,
    until: Until,
    reason: &str,
) -> Result<risk::Model, Problem> {
    let parties = requester(actor, &risk).parties;
    if ![Party::Owner, Party::Assignee, Party::TeamLead].iter().any(|party| parties.contains(party)) {
        return Err(Problem::new(
            Kind::Forbidden,
            format!(
                "Only who answers for {}, works on it or leads its team can put it off.",
                RiskKey(risk.id)
            ),
        ));
    }
    let now = occasion.now;
    let until = match until {
        Until::At(until) => until,
        Until::Days(days) => now
            .checked_add_signed(Duration::days(i64::from(days)))
            .ok_or_else(|| refused(NoSnooze::TooLong))?,
    };
    let on = risk.due_on.filter(|_| CLIMBED.contains(&risk.state));
    let used = match on {
        Some(on) => used(tx, risk.id, on, actor.id).await?,
        None => 0,
    };
    ladder_rules::snooze(until, on.map(|_| risk.due_at), used, now).map_err(refused)?;
    let on = on.ok_or_else(|| refused(NoSnooze::NothingDue))?;
    let row = risk_snooze::ActiveModel {
        risk_id: Set(risk.id),
        due_on: Set(on),
        user_id: Set(actor.id),
        until: Set(until),
        reason: Set(reason.trim().to_owned()),
        created_at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    put_off(tx, occasion, &risk, actor.id, until).await?;
    let mut event = NewEvent::plain("snoozed", now);
    event.reason = reason.trim().to_owned();
    event.data.insert("until".to_owned(), json!(until));
    let change = Change::of(risk, event)?;
    let snoozed = record::record(tx, occasion, vec![change]).await?.pop();
    snoozed.ok_or_else(|| Problem::not_found("such risk"))
}

/// How often somebody put the risk off for this due date.
async fn used(
    tx: &DatabaseTransaction,
    risk_id: i64,
    on: chrono::NaiveDate,
    user_id: i64,
) -> Result<usize, Problem> {
    let used = risk_snooze::Entity::find()
        .filter(risk_snooze::Column::RiskId.eq(risk_id))
        .filter(risk_snooze::Column::DueOn.eq(on))
        .filter(risk_snooze::Column::UserId.eq(user_id))
        .count(tx)
        .await?;
    Ok(usize::try_from(used).unwrap_or(usize::MAX))
}

/// What waits for that person already waits longer.
async fn put_off(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: &risk::Model,
    user_id: i64,
    until: DateTime<Utc>,
) -> Result<(), Problem> {
    let user = app_user::Entity::find_by_id(user_id).one(tx).await?;
    let policies = occasion.policies;
    let until = user.map_or(until, |user| {
        roster::hours(&user, policies.zone).next_moment(until, &roster::holidays(policies))
    });
    notice::Entity::update_many()
        .set(notice::ActiveModel { not_before: Set(until), ..Default::default() })
        .filter(notice::Column::State.eq(WANTED))
        .filter(notice::Column::Kind.eq(KIND))
        .filter(notice::Column::RiskId.eq(risk.id))
        .filter(notice::Column::UserId.eq(user_id))
        .filter(notice::Column::NotBefore.lt(until))
        .exec(tx)
        .await?;
    Ok(())
}

fn refused(why: NoSnooze) -> Problem {
    Problem::all_invalid(vec![FieldProblem::new("until", why.to_string()).by(why.rule())])
}
