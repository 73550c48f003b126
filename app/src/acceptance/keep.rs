//! Keeps the rows of acceptances beside the risks: what was asked for, what is in force, and how each ended. The writer
//! of changes asks this file about every change, so that no way of moving a risk leaves a row behind.

use abate_entity::acceptance;
use abate_entity::lifecycle::State;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, Value,
};

use super::state;
use crate::calendar::local_time::end_of_day;
use crate::platform::problem::Problem;
use crate::risk::clock::{AcceptanceEnd, Happening};
use crate::risk::record::{Change, Occasion};
use crate::risk::standing::Standing;

/// What becomes of the acceptances of one risk.
pub(crate) struct Kept {
    risk_id: i64,
    rows: Vec<Row>,
}

enum Row {
    New(Box<acceptance::ActiveModel>),
    /// The one row that stands so moves on.
    Moves {
        from: &'static str,
        set: Box<acceptance::ActiveModel>,
    },
}

/// What a change of a risk means for its acceptances.
///
/// # Errors
/// When the risk's row was written by something else.
pub(crate) fn follow(occasion: &Occasion<'_>, change: &Change) -> Result<Kept, Problem> {
    let mut kept = Kept { risk_id: change.before.id, rows: Vec::new() };
    let after = &change.standing;
    let until_before = change.before.acceptance_ends_on;
    let waited = change.before.standing.get("acceptance_asked_by").is_some();
    if until_before.is_none() && !waited && after.acceptance_asked_by.is_none() {
        return Ok(kept);
    }
    let before = Standing::of(&change.before)?;
    let until = now_or_before(&change.set.acceptance_ends_on, until_before);
    let begins = matches!(change.set.state, Set(State::Accepted));
    if until_before.is_some() && (begins || until.is_none()) {
        let state = if begins { state::SUPERSEDED } else { ended(change) };
        kept.moves(state::IN_FORCE, over(occasion, change, state));
    }
    match (before.acceptance_asked_by, after.acceptance_asked_by) {
        (None, Some(asker)) => kept.rows.extend(asked(occasion, change, asker)),
        (Some(_), None) if begins => {
            kept.rows.extend(begun(occasion, change, until));
        }
        (Some(_), None) => {
            let state = if change.event.kind == "declined" { state::REJECTED } else { state::WITHDRAWN };
            kept.moves(state::REQUESTED, over(occasion, change, state));
        }
        _ => {}
    }
    Ok(kept)
}

/// Writes it.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn write(tx: &DatabaseTransaction, kept: Kept) -> Result<(), Problem> {
    for row in kept.rows {
        match row {
            Row::New(row) => {
                row.insert(tx).await?;
            }
            Row::Moves { from, set } => {
                acceptance::Entity::update_many()
                    .set(*set)
                    .filter(acceptance::Column::RiskId.eq(kept.risk_id))
                    .filter(acceptance::Column::State.eq(from))
                    .exec(tx)
                    .await?;
            }
        }
    }
    Ok(())
}

impl Kept {
    fn moves(&mut self, from: &'static str, set: acceptance::ActiveModel) {
        self.rows.push(Row::Moves { from, set: Box::new(set) });
    }
}

fn asked(occasion: &Occasion<'_>, change: &Change, asker: i64) -> Option<Row> {
    let form = change.standing.asked.as_ref()?;
    let ends_on = form.expires_on?;
    let renews = change.before.state == State::Accepted;
    let renewals = change.standing.renewal_count + u32::from(renews);
    Some(Row::New(Box::new(acceptance::ActiveModel {
        risk_id: Set(change.before.id),
        state: Set(state::REQUESTED.to_owned()),
        level: Set(now_or_before(&change.set.level, change.before.level)),
        justification: Set(form.justification.clone().unwrap_or_default()),
        compensating_controls: Set(form.compensating_controls.clone().unwrap_or_default()),
        ends_on: Set(ends_on),
        ends_at: Set(end_of_day(occasion.policies.zone, ends_on)),
        renewals: Set(small(renewals)),
        asked_by: Set(asker),
        asked_at: Set(occasion.now),
        ..Default::default()
    })))
}

/// The request takes effect, until the day that was agreed on.
fn begun(occasion: &Occasion<'_>, change: &Change, until: Option<NaiveDate>) -> Option<Row> {
    let ends_on = until?;
    let set = acceptance::ActiveModel {
        state: Set(state::IN_FORCE.to_owned()),
        level: Set(now_or_before(&change.set.level, change.before.level)),
        ends_on: Set(ends_on),
        ends_at: Set(end_of_day(occasion.policies.zone, ends_on)),
        renewals: Set(small(change.standing.renewal_count)),
        decided_by: Set(change.standing.accepted_by),
        decided_at: Set(Some(occasion.now)),
        decided_reason: Set(change.event.reason.clone()),
        ..Default::default()
    };
    Some(Row::Moves { from: state::REQUESTED, set: Box::new(set) })
}

fn over(occasion: &Occasion<'_>, change: &Change, state: &'static str) -> acceptance::ActiveModel {
    let mut row = acceptance::ActiveModel {
        state: Set(state.to_owned()),
        ended_by: Set(occasion.actor_id),
        ended_at: Set(Some(change.event.effective_at)),
        end_reason: Set(change.event.reason.clone()),
        ..Default::default()
    };
    if state == state::REJECTED {
        row.decided_by = Set(occasion.actor_id);
        row.decided_at = Set(Some(occasion.now));
        row.decided_reason = Set(change.event.reason.clone());
    }
    row
}

/// How the acceptance in force ended.
fn ended(change: &Change) -> &'static str {
    let because = change.event.clock.iter().find_map(|(_, happening)| match happening {
        Happening::AcceptanceEnded { because } => Some(*because),
        _ => None,
    });
    match (because, change.event.kind) {
        (Some(AcceptanceEnd::Expired), _) => state::EXPIRED,
        (Some(AcceptanceEnd::Revoked), _) => state::REVOKED,
        (Some(AcceptanceEnd::LevelRose | AcceptanceEnd::KevListed), _) | (None, "withdrawn") => state::VOIDED,
        (None, _) if matches!(change.set.state, Set(State::Closed)) => state::CLOSED,
        (None, _) => state::RESUMED,
    }
}

/// An acceptance whose last day is over while its risk waits for somebody to verify a fix: nothing moves but the row.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn run_out_quietly(
    tx: &DatabaseTransaction,
    risk_id: i64,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let set = acceptance::ActiveModel {
        state: Set(state::EXPIRED.to_owned()),
        ended_at: Set(Some(now)),
        ..Default::default()
    };
    acceptance::Entity::update_many()
        .set(set)
        .filter(acceptance::Column::RiskId.eq(risk_id))
        .filter(acceptance::Column::State.eq(state::IN_FORCE))
        .filter(acceptance::Column::EndsAt.lt(now))
        .exec(tx)
        .await?;
    Ok(())
}

fn now_or_before<T: Clone + Into<Value>>(set: &ActiveValue<T>, before: T) -> T {
    match set {
        Set(value) => value.clone(),
        _ => before,
    }
}

fn small(count: u32) -> i16 {
    i16::try_from(count).unwrap_or(i16::MAX)
}
