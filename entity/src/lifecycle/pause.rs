//! Rules. The pause that an owner asks for when blocking a risk: how long it may be, and who approves it.

use super::facts::{Facts, Limits, Request, Requester};
use super::field::Field;
use super::guard::{Guard, Missing};
use super::step::Refusal;
use super::words::{BlockerKind, Event, Party, State};

/// The days that the clock pauses if this requester approves now, counted from the day of the block.
///
/// # Errors
///
/// Says what is in the way: no pause is asked for, the requester is no risk manager or asked for it, or the
/// days would exceed the limits.
pub fn approve_pause(facts: &Facts, requester: &Requester, limits: &Limits) -> Result<u32, Refusal> {
    let Some(days) = facts.pause_asked_days.filter(|_| facts.state == State::Blocked) else {
        return Err(Refusal::NoSuchStep { possible: vec![Event::Block] });
    };
    let is_asker = requester.user.is_none() || requester.user == facts.pause_asked_by;
    if is_asker || !requester.parties.contains(&Party::RiskManager) {
        return Err(Refusal::NotYourRight {
            who: "a risk manager who did not ask for the pause".to_owned(),
            rule: Some(Guard::PauseByAnother),
        });
    }
    let pausable = facts.blocker.is_some_and(BlockerKind::may_pause);
    let fits = days <= limits.pause_days && facts.paused_days.saturating_add(days) <= limits.pause_days_total;
    if pausable && fits {
        return Ok(days);
    }
    let why = Guard::PauseWithinLimits.rule();
    Err(Refusal::Missing(vec![Missing {
        field: "pause_days",
        rule: Guard::PauseWithinLimits,
        why: format!("Leave the clock running: {why}"),
    }]))
}

/// What stands in the way of the pause that is asked for.
pub(super) fn check(facts: &Facts, request: &Request) -> Vec<Missing> {
    let given = &request.given;
    let Some(days) = given.pause_days.filter(|days| *days > 0) else { return Vec::new() };
    let limits = &request.limits;
    let mut missing = Vec::new();
    let mut refuse = |why: String| {
        missing.push(Missing { field: Field::PauseDays.name(), rule: Guard::PauseWithinLimits, why });
    };
    if given.blocker_kind.is_some_and(|kind| !kind.may_pause()) {
        refuse(
            "Leave the pause out: only waiting for a vendor or a change freeze may pause the clock"
                .to_owned(),
        );
    }
    let until_review = given.review_on.map(|day| (day - request.today).num_days());
    if days > limits.pause_days {
        refuse(format!("Ask for at most {} days at a time", limits.pause_days));
    } else if let Some(most) = until_review.filter(|most| (1..i64::from(days)).contains(most)) {
        refuse(format!("Ask for at most {most} days: the review ends the pause"));
    }
    if facts.paused_days.saturating_add(days) > limits.pause_days_total {
        let left = limits.pause_days_total.saturating_sub(facts.paused_days);
        refuse(format!("Ask for at most {left} days: {} in all may pause", limits.pause_days_total));
    }
    missing
}
