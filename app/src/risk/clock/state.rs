//! Rules. Whether the clock of a risk counts now, and since or until when it does not.

use abate_entity::text_enum;
use chrono::NaiveDate;

use super::replay::Clock;

text_enum! {
    /// What the clock does.
    pub enum ClockWord ("state of a clock") {
        /// Remediation has not begun.
        NotStarted = "not_started",
        /// Remediation counts.
        Running = "running",
        /// It is paused.
        Paused = "paused",
        /// It rests while the risk is accepted.
        Accepted = "accepted",
        /// It stopped.
        Stopped = "stopped",
    }
}

/// What the clock does, since when, and until when at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockState {
    /// What it does.
    pub word: ClockWord,
    /// Since when, where it does not simply run.
    pub since: Option<NaiveDate>,
    /// Until when at most.
    pub until: Option<NaiveDate>,
}

impl Clock {
    /// What the clock does on a day.
    #[must_use]
    pub fn state(&self, today: NaiveDate) -> ClockState {
        let state = |word, since, until| ClockState { word, since, until };
        let Some(remediation) = self.remediation() else {
            return state(ClockWord::NotStarted, None, None);
        };
        if let Some(day) = remediation.stopped_on() {
            return state(ClockWord::Stopped, Some(day), None);
        }
        if let Some((since, until)) = remediation.accepted_between() {
            return state(ClockWord::Accepted, Some(since), Some(until));
        }
        match remediation.pause_between().filter(|(_, until)| today < *until) {
            Some((since, until)) => state(ClockWord::Paused, Some(since), Some(until)),
            None => state(ClockWord::Running, None, None),
        }
    }
}
