//! Rules. Which runs of a cadence have to exist now: every one that has opened, and the one after.

use chrono::{DateTime, NaiveDate, Utc};

use super::ceiling::DueRule;
use super::recurrence::{Occurrence, Recurrence};
use super::run_state::Window;

/// What a cadence says about the windows of its runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// When runs begin.
    pub recurrence: Recurrence,
    /// How scheduled dates become due dates.
    pub due: DueRule,
    /// How many days before it is due a run opens.
    pub lead_days: u16,
    /// How many days after it was due a run may still be done, late.
    pub grace_days: u16,
    /// When a run was last done.
    pub last_done_on: Option<NaiveDate>,
}

/// A run to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRun {
    /// The date and instant of the rule.
    pub occurrence: Occurrence,
    /// The day on which it is due.
    pub due_on: NaiveDate,
    /// Its window.
    pub window: Window,
}

/// What a look at a cadence leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The runs to be made, oldest first.
    pub runs: Vec<NewRun>,
    /// Up to here every run exists.
    pub made_until: DateTime<Utc>,
    /// When to look again; never once the rule has ended.
    pub look_again_at: Option<DateTime<Utc>>,
}

impl Plan {
    /// A run as the rule, the ceiling and the run after it make it. `held_on` is the day from which the ceiling
    /// counts: that of the run before.
    #[must_use]
    pub fn run(&self, occurrence: Occurrence, held_on: Option<NaiveDate>) -> NewRun {
        let next_at = self.recurrence.next_after(occurrence.at).map(|next| next.at);
        self.run_before(occurrence, held_on, next_at)
    }

    fn run_before(
        &self,
        occurrence: Occurrence,
        held_on: Option<NaiveDate>,
        next_at: Option<DateTime<Utc>>,
    ) -> NewRun {
        let due_on = self.due.due_on(occurrence.scheduled_on, held_on);
        let zone = self.recurrence.zone();
        let window = Window::new(due_on, self.lead_days, self.grace_days, next_at, zone);
        NewRun { occurrence, due_on, window }
    }

    /// The runs that are missing now. Whenever and however often this is asked, each run is answered once, as long
    /// as `made_until` is kept. The ceiling of each counts from the day on which the one before was due: only a
    /// run that was really held moves it elsewhere.
    #[must_use]
    pub fn missing(&self, made_until: DateTime<Utc>, now: DateTime<Utc>) -> Made {
        let mut made = Made { runs: Vec::new(), made_until, look_again_at: None };
        let mut held_on = self.last_done_on;
        let mut occurrences = self.recurrence.occurrences().peekable();
        while let Some(before) = occurrences.next_if(|run| run.at <= made_until) {
            held_on = self.last_done_on.max(Some(before.scheduled_on));
        }
        while let Some(occurrence) = occurrences.next() {
            let run = self.run_before(occurrence, held_on, occurrences.peek().map(|next| next.at));
            held_on = held_on.max(Some(run.due_on));
            made.made_until = occurrence.at;
            made.runs.push(run);
            if run.window.opens_at > now {
                made.look_again_at = Some(run.window.opens_at);
                break;
            }
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn weekly() -> Plan {
        let start = "2027-01-04T09:00:00".parse().unwrap();
        Plan {
            recurrence: Recurrence::new("FREQ=WEEKLY;BYDAY=MO", start, Tz::Europe__London).unwrap(),
            due: DueRule::default(),
            lead_days: 2,
            grace_days: 3,
            last_done_on: None,
        }
    }

    #[test]
    fn the_next_run_is_made_when_the_one_before_opens() {
        let made = weekly().missing(at("2027-01-01T00:00:00Z"), at("2027-01-01T12:00:00Z"));
        assert_eq!(made.runs.len(), 1);
        assert_eq!(made.look_again_at, Some(at("2027-01-02T00:00:00Z")));
        let made = weekly().missing(made.made_until, at("2027-01-02T00:00:00Z"));
        assert_eq!(made.runs[0].due_on, "2027-01-11".parse().unwrap());
    }

    #[test]
    fn after_a_month_of_downtime_all_missing_runs_are_there() {
        let made = weekly().missing(at("2027-01-05T00:00:00Z"), at("2027-02-03T00:00:00Z"));
        let days: Vec<_> = made.runs.iter().map(|run| run.occurrence.scheduled_on.to_string()).collect();
        assert_eq!(days, ["2027-01-11", "2027-01-18", "2027-01-25", "2027-02-01", "2027-02-08"]);
    }

    /// The ceiling of the next run must not pull in all that come after it.
    #[test]
    fn a_ceiling_pulls_only_the_run_it_is_for() {
        let start = "2026-03-10T09:00:00".parse().unwrap();
        let rule = "FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=10";
        let plan = Plan {
            recurrence: Recurrence::new(rule, start, Tz::UTC).unwrap(),
            due: DueRule { ceiling_months: Some(6), ..DueRule::default() },
            lead_days: 5,
            last_done_on: Some("2025-09-01".parse().unwrap()),
            ..weekly()
        };
        let made = plan.missing(at("2026-03-02T00:00:00Z"), at("2026-03-02T00:00:00Z"));
        let due: Vec<_> = made.runs.iter().map(|run| run.due_on.to_string()).collect();
        assert_eq!(due, ["2026-02-27", "2026-08-27"], "1 March 2026 is a Sunday");
    }

    #[test]
    fn a_rule_that_ended_is_not_looked_at_again() {
        let start = "2027-01-04T09:00:00".parse().unwrap();
        let recurrence = Recurrence::new("FREQ=WEEKLY;COUNT=2", start, Tz::UTC).unwrap();
        let made =
            Plan { recurrence, ..weekly() }.missing(at("2027-01-01T00:00:00Z"), at("2027-06-01T00:00:00Z"));
        assert_eq!((made.runs.len(), made.look_again_at), (2, None));
    }

    proptest! {
        /// However the looks are spread over time, each occurrence is made once and in order.
        #[test]
        fn each_run_is_made_once(gaps in proptest::collection::vec(0_i64..1500, 1..30)) {
            let plan = weekly();
            let begin = at("2027-01-01T00:00:00Z");
            let (mut now, mut made_until, mut look_at) = (begin, begin, Some(begin));
            let mut days = Vec::new();
            for hours in gaps {
                now += TimeDelta::hours(hours);
                if look_at.is_some_and(|look| look <= now) {
                    let made = plan.missing(made_until, now);
                    days.extend(made.runs.iter().map(|run| run.occurrence.scheduled_on));
                    made_until = made.made_until;
                    look_at = made.look_again_at;
                }
            }
            let expected: Vec<_> =
                plan.recurrence.between(begin, made_until).iter().map(|run| run.scheduled_on).collect();
            prop_assert_eq!(days, expected);
            prop_assert!(made_until > now, "the next run is always known");
        }
    }
}
