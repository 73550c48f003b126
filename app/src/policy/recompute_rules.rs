//! Rules. What becomes of a risk's dates when other policies or another calendar rule it.

use chrono::{DateTime, NaiveDate, Utc};

use super::ruling::Ruling;
use crate::risk::clock::{Clock, ClockEvent, Happening, UnknownVersion, Versions};

/// Which of both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Triage,
    Remediation,
}

/// A date of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) at: DateTime<Utc>,
    /// The local day, for remediation.
    pub(super) on: Option<NaiveDate>,
}

/// A date before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) which: Which,
    pub(super) old: Option<Date>,
    pub(super) new: Option<Date>,
    pub(super) old_policies: Vec<String>,
    /// It is late, and stays so although the policies would give more time.
    pub(super) stays_late: bool,
}

impl Outcome {
    /// Whether the date moves.
    pub(super) fn is_change(&self) -> bool {
        self.old != self.new
    }

    /// Whether it moves out; having none is later than any.
    pub(super) fn is_later(&self) -> bool {
        let at = |date: Option<Date>| date.map_or(DateTime::<Utc>::MAX_UTC, |date| date.at);
        at(self.new) > at(self.old)
    }

    /// Whether it was in time and is late then.
    pub(super) fn becomes_late(&self, now: DateTime<Utc>) -> bool {
        let is_late = |date: Option<Date>| date.is_some_and(|date| date.at < now);
        is_late(self.new) && !is_late(self.old)
    }
}

/// What the events of a risk lead to under a ruling from `now` on; none where that ruling holds already.
pub(super) fn outcome(
    events: &[ClockEvent],
    ruling: &Ruling,
    versions: &Versions,
    now: DateTime<Utc>,
) -> Result<Option<Outcome>, UnknownVersion> {
    let before = Clock::replay(events, versions)?;
    let Some((policies, calendar)) = before.ruling() else { return Ok(None) };
    if policies == ruling.policies && calendar == ruling.calendar {
        return Ok(None);
    }
    let old_policies = policies.to_vec();
    let mut after = before.clone();
    for event in ruling.stamp(vec![(now, Happening::PolicyChanged)]) {
        after = after.with(&event, versions)?;
    }
    let (triage, due) = (triage(&before) != triage(&after), due(&before) != due(&after));
    let stays_late = after.stays_late;
    Ok(Some(if due || !triage {
        let (old, new) = (self::due(&before), self::due(&after));
        Outcome { which: Which::Remediation, old, new, old_policies, stays_late }
    } else {
        let (old, new) = (self::triage(&before), self::triage(&after));
        Outcome { which: Which::Triage, old, new, old_policies, stays_late }
    }))
}

fn triage(clock: &Clock) -> Option<Date> {
    let at = clock.triage_due_at.filter(|_| clock.triage_left_at.is_none())?;
    Some(Date { at, on: None })
}

fn due(clock: &Clock) -> Option<Date> {
    clock.due.map(|due| Date { at: due.at, on: Some(due.on) })
}
