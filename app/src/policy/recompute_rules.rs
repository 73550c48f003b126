//! Rules. What becomes of a risk's dates when other policies or another calendar rule it.

use chrono::{DateTime, NaiveDate, Utc};

use super::ruling::Ruling;
use crate::risk::clock::{Clock, Happening, Judgement, UnknownVersion, Versions};

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
    /// By the ruling alone.
    pub(super) ruled: Option<Date>,
    /// By the ruling, and by what the directive says where it asks for that.
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

    /// Whether the ruling alone moves it.
    pub(super) fn is_ruled_anew(&self) -> bool {
        self.old != self.ruled
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

/// What a risk's clock leads to under a ruling from `now` on, with what the directive says anew; none where that ruling
/// holds already and nothing is new.
pub(super) fn outcome(
    before: &Clock,
    ruling: &Ruling,
    judged: &[Judgement],
    versions: &Versions,
    now: DateTime<Utc>,
) -> Result<Option<Outcome>, UnknownVersion> {
    let Some((policies, calendar)) = before.ruling() else { return Ok(None) };
    let holds = policies == ruling.policies && calendar == ruling.calendar;
    if holds && judged.is_empty() {
        return Ok(None);
    }
    let old_policies = policies.to_vec();
    let then = |clock: Clock, happenings: Vec<Happening>| {
        let happenings = happenings.into_iter().map(|happening| (now, happening)).collect();
        ruling.stamp(happenings).iter().try_fold(clock, |clock, event| clock.with(event, versions))
    };
    let ruled = match holds {
        true => before.clone(),
        false => then(before.clone(), vec![Happening::PolicyChanged])?,
    };
    let after = then(ruled.clone(), judged.iter().cloned().map(Happening::Judged).collect())?;
    let (triage, due) = (triage(before) != triage(&after), due(before) != due(&after));
    let (which, date): (_, fn(&Clock) -> Option<Date>) = match due || !triage {
        true => (Which::Remediation, self::due),
        false => (Which::Triage, self::triage),
    };
    Ok(Some(Outcome {
        which,
        old: date(before),
        ruled: date(&ruled),
        new: date(&after),
        old_policies,
        stays_late: ruled.stays_late && date(before) == date(&after),
    }))
}

fn triage(clock: &Clock) -> Option<Date> {
    let at = clock.triage_due_at.filter(|_| clock.triage_left_at.is_none())?;
    Some(Date { at, on: None })
}

fn due(clock: &Clock) -> Option<Date> {
    clock.due.map(|due| Date { at: due.at, on: Some(due.on) })
}
