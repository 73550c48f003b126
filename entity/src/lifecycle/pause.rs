//! Rules. Approving the pause that an owner asked for when blocking a risk.

use super::facts::{Facts, Limits, Requester};
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
            who: "a risk manager who did not ask for it".to_owned(),
            rule: None,
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
