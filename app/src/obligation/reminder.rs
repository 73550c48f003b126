//! Rules. When the person who answers for a run hears about it: each stage once, and nothing while put off.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::run_state::{RunState, Window};

/// How near a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It can be done from now on.
    Opened,
    /// A week is left.
    Week,
    /// A day is left.
    Day,
    /// It is due today.
    Today,
    /// It is late and can still be done.
    Late,
    /// It was missed.
    Missed,
}

/// What a reminder looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reminded {
    /// Where the run stands.
    pub state: RunState,
    /// Its window.
    pub window: Window,
    /// When it was last spoken of, or made.
    pub since: DateTime<Utc>,
    /// Until when reminders are put off.
    pub snoozed_until: Option<DateTime<Utc>>,
}

/// The stage to speak of now: the latest that was reached since the run was last spoken of.
#[must_use]
pub fn stage(run: Reminded, now: DateTime<Utc>) -> Option<Stage> {
    if run.snoozed_until.is_some_and(|until| now < until) {
        return None;
    }
    let Window { opens_at, due_at, ends_at } = run.window;
    let reached = |at: DateTime<Utc>| at <= now && at > run.since;
    if run.state == RunState::Missed {
        return (ends_at >= run.since).then_some(Stage::Missed);
    }
    if !matches!(run.state, RunState::Due | RunState::InProgress) {
        return None;
    }
    // A reminder that was put off comes when that time is over, whatever stage it is then.
    let put_off = run.snoozed_until.is_some_and(reached);
    let stages = [
        (Stage::Opened, opens_at),
        (Stage::Week, due_at - TimeDelta::days(7)),
        (Stage::Day, due_at - TimeDelta::days(1)),
        (Stage::Today, due_at - TimeDelta::hours(15)),
        (Stage::Late, due_at + TimeDelta::seconds(1)),
    ];
    let current = stages.into_iter().rev().find(|(_, at)| *at <= now)?;
    (put_off || reached(current.1.max(opens_at))).then_some(current.0)
}

impl Stage {
    /// What to say about a run.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Opened => "can be done from now on",
            Self::Week => "is due within a week",
            Self::Day => "is due tomorrow",
            Self::Today => "is due today",
            Self::Late => "is late; it can still be done before it counts as missed",
            Self::Missed => "was missed; say why, and do it all the same",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn run() -> Reminded {
        Reminded {
            state: RunState::Due,
            window: Window {
                opens_at: at("2027-03-01T00:00:00Z"),
                due_at: at("2027-03-10T23:59:59Z"),
                ends_at: at("2027-03-15T23:59:59Z"),
            },
            since: at("2027-02-01T00:00:00Z"),
            snoozed_until: None,
        }
    }

    #[test]
    fn each_stage_is_spoken_of_once_and_the_latest_wins() {
        let mut spoken = run();
        for (now, expected) in [
            ("2027-03-01T08:00:00Z", Some(Stage::Opened)),
            ("2027-03-02T08:00:00Z", None),
            ("2027-03-04T08:00:00Z", Some(Stage::Week)),
            ("2027-03-10T09:00:00Z", Some(Stage::Today)),
            ("2027-03-10T10:00:00Z", None),
            ("2027-03-11T08:00:00Z", Some(Stage::Late)),
        ] {
            assert_eq!(stage(spoken, at(now)), expected, "{now}");
            if expected.is_some() {
                spoken.since = at(now);
            }
        }
        spoken.state = RunState::Missed;
        assert_eq!(stage(spoken, at("2027-03-16T08:00:00Z")), Some(Stage::Missed));
        spoken.since = at("2027-03-16T08:00:00Z");
        assert_eq!(stage(spoken, at("2027-03-17T08:00:00Z")), None);
    }

    #[test]
    fn nothing_is_said_while_put_off_and_something_right_after() {
        let put_off = Reminded {
            since: at("2027-03-04T08:00:00Z"),
            snoozed_until: Some(at("2027-03-06T08:00:00Z")),
            ..run()
        };
        assert_eq!(stage(put_off, at("2027-03-05T08:00:00Z")), None);
        assert_eq!(stage(put_off, at("2027-03-06T08:00:00Z")), Some(Stage::Week));
    }

    #[test]
    fn what_is_done_or_only_planned_is_not_spoken_of() {
        for state in [RunState::Planned, RunState::Done, RunState::DoneLate, RunState::Skipped] {
            assert_eq!(stage(Reminded { state, ..run() }, at("2027-03-10T12:00:00Z")), None);
        }
    }
}
