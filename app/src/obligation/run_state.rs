//! Rules. One dated run of a cadence: from planned to done, done late, skipped or missed, once.

pub use abate_entity::cadence_run::RunState;
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::ceiling::opens_on;
use crate::calendar::local_time;

/// How often a run's reminders may be put off.
pub const MOST_SNOOZES: u32 = 2;

/// The instants that decide about a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Window {
    /// From here it can be done.
    pub opens_at: DateTime<Utc>,
    /// Up to here it is done in time.
    pub due_at: DateTime<Utc>,
    /// After this it is missed.
    pub ends_at: DateTime<Utc>,
}

impl Window {
    /// The window of a run: its lead days before it is due, up to the end of its grace or the beginning of the
    /// next run, whichever is first. It is never over before it is due.
    #[must_use]
    pub fn new(
        due_on: NaiveDate,
        lead_days: u16,
        grace_days: u16,
        next_at: Option<DateTime<Utc>>,
        zone: Tz,
    ) -> Self {
        let opens = opens_on(due_on, lead_days).and_time(chrono::NaiveTime::MIN);
        let due_at = local_time::end_of_day(zone, due_on);
        let last_day = due_on.checked_add_days(Days::new(u64::from(grace_days))).unwrap_or(due_on);
        let grace_ends = local_time::end_of_day(zone, last_day);
        let ends_at = next_at.map_or(grace_ends, |next| next.min(grace_ends)).max(due_at);
        Self { opens_at: local_time::to_utc(zone, opens), due_at, ends_at }
    }
}

/// A run as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Where it stands.
    pub state: RunState,
    /// When it was done, also where it was missed before.
    pub done_at: Option<DateTime<Utc>>,
    /// Who asked to skip it, while a second person is awaited.
    pub skip_asked_by: Option<i64>,
    /// How often its reminders were put off.
    pub snoozes: u32,
    /// Its window.
    pub window: Window,
}

/// Why something cannot be done with a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunRefusal {
    /// The run is over.
    #[error("this run is {state}: there is nothing left to do")]
    Over {
        /// Where it stands.
        state: RunState,
    },
    /// Its window is not open.
    #[error("this run opens at {opens_at}: do it then")]
    TooEarly {
        /// When it opens.
        opens_at: DateTime<Utc>,
    },
    /// Nothing shows that it was done.
    #[error("add evidence, a link or a file: without it the run stays in progress")]
    NoEvidence,
    /// Nothing says why.
    #[error("say why")]
    NoReason,
    /// The same person twice.
    #[error("another person has to agree to skip this run, as you asked for it")]
    NeedsAnotherPerson,
    /// Put off too often.
    #[error("reminders of this run were put off {MOST_SNOOZES} times already: do it or ask to skip it")]
    SnoozedOut,
    /// Put off too far.
    #[error("put reminders off to a time before {latest}: that is half the way to the next run")]
    SnoozedTooFar {
        /// The latest time.
        latest: DateTime<Utc>,
    },
}

/// What agreeing to skip a run leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// It is written down and waits for a second person.
    Asked,
    /// It is skipped.
    Skipped,
}

impl Run {
    /// A run that was just made.
    #[must_use]
    pub const fn planned(window: Window) -> Self {
        Self { state: RunState::Planned, done_at: None, skip_asked_by: None, snoozes: 0, window }
    }

    /// Where the run stands at an instant, without anybody's doing.
    #[must_use]
    pub fn state_at(&self, now: DateTime<Utc>) -> RunState {
        match self.state {
            state if !state.is_open() => state,
            _ if now > self.window.ends_at => RunState::Missed,
            RunState::Planned if now >= self.window.opens_at => RunState::Due,
            state => state,
        }
    }

    /// Begins the work.
    ///
    /// # Errors
    ///
    /// The run is over, or its window is not open yet.
    pub fn start(&self, now: DateTime<Utc>) -> Result<RunState, RunRefusal> {
        match self.state_at(now) {
            RunState::Due | RunState::InProgress => Ok(RunState::InProgress),
            RunState::Planned => Err(RunRefusal::TooEarly { opens_at: self.window.opens_at }),
            state => Err(RunRefusal::Over { state }),
        }
    }

    /// Where the run stands once it is done at an instant. A missed run stays missed, with the day on which it
    /// was done after all.
    ///
    /// # Errors
    ///
    /// The run is over or was done before, its window is not open yet, or there is no evidence.
    pub fn complete(&self, has_evidence: bool, now: DateTime<Utc>) -> Result<RunState, RunRefusal> {
        let after = match self.state_at(now) {
            RunState::Planned => return Err(RunRefusal::TooEarly { opens_at: self.window.opens_at }),
            RunState::Missed if self.done_at.is_none() => RunState::Missed,
            RunState::Due | RunState::InProgress if now <= self.window.due_at => RunState::Done,
            RunState::Due | RunState::InProgress => RunState::DoneLate,
            state => return Err(RunRefusal::Over { state }),
        };
        if has_evidence { Ok(after) } else { Err(RunRefusal::NoEvidence) }
    }

    /// Asks to skip the run, or agrees to what another person asked.
    ///
    /// # Errors
    ///
    /// The run is over, no reason is given, or the same person would agree to their own wish.
    pub fn skip(&self, user: i64, reason: Option<&str>, now: DateTime<Utc>) -> Result<Skip, RunRefusal> {
        let state = self.state_at(now);
        if !state.is_open() {
            return Err(RunRefusal::Over { state });
        }
        match self.skip_asked_by {
            Some(asker) if asker == user => Err(RunRefusal::NeedsAnotherPerson),
            Some(_) => Ok(Skip::Skipped),
            None if reason.is_none_or(|reason| reason.trim().is_empty()) => Err(RunRefusal::NoReason),
            None => Ok(Skip::Asked),
        }
    }

    /// Puts reminders off. The due date stays: nothing moves a run.
    ///
    /// # Errors
    ///
    /// The run is over, reminders were put off twice, or the time lies beyond half the way to the next run or
    /// beyond the end of this one.
    pub fn snooze(
        &self,
        until: DateTime<Utc>,
        next_at: Option<DateTime<Utc>>,
        scheduled_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<u32, RunRefusal> {
        let state = self.state_at(now);
        if !state.is_open() {
            return Err(RunRefusal::Over { state });
        }
        if self.snoozes >= MOST_SNOOZES {
            return Err(RunRefusal::SnoozedOut);
        }
        let half_way = next_at.map(|next| scheduled_at + (next - scheduled_at) / 2);
        let latest = half_way.map_or(self.window.ends_at, |half| half.min(self.window.ends_at));
        if until > latest || until <= now {
            return Err(RunRefusal::SnoozedTooFar { latest });
        }
        Ok(self.snoozes + 1)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn window() -> Window {
        let next = Some(at("2027-04-14T08:00:00Z"));
        Window::new("2027-03-10".parse().unwrap(), 7, 5, next, Tz::Europe__London)
    }

    fn due() -> Run {
        Run { state: RunState::Due, ..Run::planned(window()) }
    }

    const TIMELY: &str = "2027-03-10T23:59:59Z";
    const LATE: &str = "2027-03-11T00:00:00Z";
    const OVER: &str = "2027-03-16T00:00:00Z";

    #[test]
    fn a_window_runs_from_lead_to_grace_or_the_next_run() {
        assert_eq!(window().opens_at, at("2027-03-03T00:00:00Z"));
        assert_eq!(window().ends_at, at("2027-03-15T23:59:59Z"));
        let next = Some(at("2027-03-12T09:00:00Z"));
        let cut = Window::new("2027-03-10".parse().unwrap(), 7, 5, next, Tz::Europe__London);
        assert_eq!(cut.ends_at, at("2027-03-12T09:00:00Z"));
        let daily = Some(at("2027-03-10T09:00:00Z"));
        let never_before_due = Window::new("2027-03-10".parse().unwrap(), 0, 0, daily, Tz::Europe__London);
        assert_eq!(never_before_due.ends_at, at(TIMELY));
    }

    #[test]
    fn time_alone_opens_and_misses() {
        let planned = Run::planned(window());
        assert_eq!(planned.state_at(at("2027-03-02T23:59:59Z")), RunState::Planned);
        assert_eq!(planned.state_at(at("2027-03-03T00:00:00Z")), RunState::Due);
        assert_eq!(planned.state_at(at(OVER)), RunState::Missed);
        let begun = Run { state: RunState::InProgress, ..planned };
        assert_eq!(begun.state_at(at(LATE)), RunState::InProgress);
        assert_eq!(begun.state_at(at(OVER)), RunState::Missed);
    }

    #[test]
    fn done_needs_evidence_and_is_late_after_the_due_day() {
        assert_eq!(due().complete(false, at(TIMELY)), Err(RunRefusal::NoEvidence));
        assert_eq!(due().complete(true, at(TIMELY)), Ok(RunState::Done));
        assert_eq!(due().complete(true, at(LATE)), Ok(RunState::DoneLate));
        let early = Run::planned(window()).complete(true, at("2027-03-01T00:00:00Z"));
        assert!(matches!(early, Err(RunRefusal::TooEarly { .. })));
    }

    #[test]
    fn a_missed_run_stays_missed_when_it_is_done_after_all_and_only_once() {
        assert_eq!(due().complete(true, at(OVER)), Ok(RunState::Missed));
        let done = Run { state: RunState::Missed, done_at: Some(at(OVER)), ..due() };
        assert_eq!(done.complete(true, at(OVER)), Err(RunRefusal::Over { state: RunState::Missed }));
    }

    #[test]
    fn skipping_takes_a_reason_and_two_people() {
        let (one, two) = (1, 2);
        let now = at(TIMELY);
        assert_eq!(due().skip(one, Some(" "), now), Err(RunRefusal::NoReason));
        assert_eq!(due().skip(one, Some("office move"), now), Ok(Skip::Asked));
        let asked = Run { skip_asked_by: Some(one), ..due() };
        assert_eq!(asked.skip(one, Some("please"), now), Err(RunRefusal::NeedsAnotherPerson));
        assert_eq!(asked.skip(two, None, now), Ok(Skip::Skipped));
        assert_eq!(asked.skip(two, None, at(OVER)), Err(RunRefusal::Over { state: RunState::Missed }));
    }

    #[test]
    fn reminders_are_put_off_twice_at_most_and_not_beyond_half_the_interval() {
        let now = at("2027-03-04T09:00:00Z");
        let scheduled = at("2027-03-10T09:00:00Z");
        let next = Some(at("2027-03-20T09:00:00Z"));
        let off = |run: Run, until: &str| run.snooze(at(until), next, scheduled, now);
        assert_eq!(off(due(), "2027-03-15T09:00:00Z"), Ok(1));
        let latest = at("2027-03-15T09:00:00Z");
        assert_eq!(off(due(), "2027-03-15T09:00:01Z"), Err(RunRefusal::SnoozedTooFar { latest }));
        assert!(off(due(), "2027-03-04T08:00:00Z").is_err());
        assert_eq!(off(Run { snoozes: 2, ..due() }, "2027-03-12T09:00:00Z"), Err(RunRefusal::SnoozedOut));
    }

    proptest! {
        /// Whatever is tried whenever, a run ends once and what ended stays as it is.
        #[test]
        fn a_run_ends_once(tries in proptest::collection::vec((0_i64..10, 0_u8..4, any::<bool>()), 1..40)) {
            let mut run = Run::planned(window());
            let mut now = at("2027-03-01T00:00:00Z");
            let mut ended = None;
            for (days, what, flag) in tries {
                now += TimeDelta::days(days);
                run.state = run.state_at(now);
                let user = i64::from(flag);
                match what {
                    0 => if let Ok(state) = run.start(now) { run.state = state },
                    1 => if let Ok(state) = run.complete(flag, now) {
                        prop_assert!(flag && run.done_at.is_none());
                        run.state = state;
                        run.done_at = Some(now);
                    },
                    2 => match run.skip(user, Some("because"), now) {
                        Ok(Skip::Asked) => run.skip_asked_by = Some(user),
                        Ok(Skip::Skipped) => {
                            prop_assert_ne!(run.skip_asked_by, Some(user));
                            run.state = RunState::Skipped;
                        }
                        Err(_) => {}
                    },
                    _ => if let Ok(count) = run.snooze(now + TimeDelta::hours(1), None, now, now) {
                        run.snoozes = count;
                    },
                }
                if let Some(before) = ended {
                    prop_assert_eq!(run.state, before);
                }
                if !run.state.is_open() {
                    ended = Some(run.state);
                }
                if matches!(run.state, RunState::Done | RunState::DoneLate) {
                    prop_assert_eq!(run.done_at.is_some_and(|done| done <= run.window.due_at), run.state == RunState::Done);
                }
                prop_assert!(run.snoozes <= MOST_SNOOZES);
            }
        }
    }
}
