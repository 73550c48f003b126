//! Rules. When a run is due at the latest: some obligations must not lie further apart than a number of calendar
//! months, whatever their rule says.

use chrono::{Days, Months, NaiveDate};
use serde::Serialize;

use super::recurrence::{Occurrence, Recurrence};
use crate::calendar::business_day::Holidays;

/// The most days by which a due date is pulled forward before the rule itself is at fault.
const MOST_PULL_DAYS: i64 = 14;

/// How many runs a rule is tried with.
const TRIED_RUNS: usize = 24;

/// How a cadence turns scheduled dates into due dates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DueRule {
    /// The most calendar months between two runs.
    pub ceiling_months: Option<u32>,
    /// Whether a run that falls on a day off is due on the business day before.
    pub back_to_business_day: bool,
    /// The days off.
    pub holidays: Holidays,
}

/// A run as a preview shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PlannedRun {
    /// The date of the rule.
    pub scheduled_on: NaiveDate,
    /// The day on which it is due.
    pub due_on: NaiveDate,
}

/// A rule that cannot keep its ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the run of {scheduled_on} would have to be held by {due_on} to stay within {months} months, which is more \
     than 14 days before: choose a rule that runs more often"
)]
pub struct PulledTooFar {
    /// The date of the rule.
    pub scheduled_on: NaiveDate,
    /// When it would be due.
    pub due_on: NaiveDate,
    /// The ceiling.
    pub months: u32,
}

impl DueRule {
    /// The day on which a run is due, given when the one before was done.
    #[must_use]
    pub fn due_on(&self, scheduled_on: NaiveDate, last_done_on: Option<NaiveDate>) -> NaiveDate {
        let mut due_on = scheduled_on;
        if self.back_to_business_day {
            due_on = self.holidays.on_or_before(due_on);
        }
        match last_done_on.and_then(|done| self.latest(done)) {
            Some(latest) if latest < due_on => self.holidays.on_or_before(latest),
            _ => due_on,
        }
    }

    /// The last day on which the next run keeps the ceiling.
    #[must_use]
    pub fn latest(&self, last_done_on: NaiveDate) -> Option<NaiveDate> {
        last_done_on.checked_add_months(Months::new(self.ceiling_months?))
    }

    /// Whether the ceiling is broken today.
    #[must_use]
    pub fn is_broken(&self, last_done_on: NaiveDate, today: NaiveDate) -> bool {
        self.latest(last_done_on).is_some_and(|latest| today > latest)
    }

    /// The next runs, each taken as done on its due day.
    ///
    /// # Errors
    ///
    /// A run that the ceiling pulls forward by more than 14 days.
    pub fn preview(
        &self,
        recurrence: &Recurrence,
        last_done_on: Option<NaiveDate>,
        from: NaiveDate,
        count: usize,
    ) -> Result<Vec<PlannedRun>, PulledTooFar> {
        let mut last_done_on = last_done_on;
        let mut one_before: Option<NaiveDate> = None;
        let mut planned = Vec::new();
        for Occurrence { scheduled_on, .. } in
            recurrence.occurrences().filter(|run| run.scheduled_on >= from).take(count.max(TRIED_RUNS))
        {
            self.check_gap(scheduled_on, one_before)?;
            one_before = Some(self.due_on(scheduled_on, None));
            let due_on = self.due_on(scheduled_on, last_done_on);
            planned.push(PlannedRun { scheduled_on, due_on });
            last_done_on = Some(due_on);
        }
        planned.truncate(count);
        Ok(planned)
    }

    /// Judges the rule's own gap alone: what earlier pulls add up to is not its fault.
    fn check_gap(&self, scheduled_on: NaiveDate, one_before: Option<NaiveDate>) -> Result<(), PulledTooFar> {
        let due_on = self.due_on(scheduled_on, one_before);
        let pulled = self.due_on(scheduled_on, None) - due_on;
        match self.ceiling_months {
            Some(months) if pulled.num_days() > MOST_PULL_DAYS => {
                Err(PulledTooFar { scheduled_on, due_on, months })
            }
            _ => Ok(()),
        }
    }
}

/// The first day on which a run can be done, so many days before it is due.
#[must_use]
pub fn opens_on(due_on: NaiveDate, lead_days: u16) -> NaiveDate {
    due_on.checked_sub_days(Days::new(u64::from(lead_days))).unwrap_or(due_on)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn every(rule: &str, start: &str) -> Recurrence {
        let start = day(start).and_hms_opt(9, 0, 0).unwrap();
        Recurrence::new(rule, start, Tz::Europe__London).unwrap()
    }

    fn six_months() -> DueRule {
        DueRule { ceiling_months: Some(6), ..DueRule::default() }
    }

    #[test]
    fn a_run_is_pulled_into_the_ceiling() {
        let rule = six_months();
        assert_eq!(rule.due_on(day("2027-01-08"), Some(day("2026-07-08"))), day("2027-01-08"));
        assert_eq!(rule.due_on(day("2027-07-09"), Some(day("2027-01-08"))), day("2027-07-08"));
        assert_eq!(rule.due_on(day("2030-01-14"), Some(day("2029-07-09"))), day("2030-01-09"));
        assert_eq!(rule.due_on(day("2030-01-14"), None), day("2030-01-14"));
        let at_weekend = rule.due_on(day("2027-02-15"), Some(day("2026-08-14")));
        assert_eq!(at_weekend, day("2027-02-12"), "14 February 2027 is a Sunday");
        assert!(rule.is_broken(day("2026-07-08"), day("2027-01-09")));
        assert!(!rule.is_broken(day("2026-07-08"), day("2027-01-08")));
    }

    #[test]
    fn a_run_on_a_day_off_moves_back() {
        let rule = DueRule {
            back_to_business_day: true,
            holidays: [day("2026-12-31")].into_iter().collect(),
            ..DueRule::default()
        };
        assert_eq!(rule.due_on(day("2026-12-31"), None), day("2026-12-30"));
        assert_eq!(rule.due_on(day("2027-01-10"), None), day("2027-01-08"));
    }

    #[test]
    fn a_preview_shows_pulled_dates_and_refuses_a_rule_that_needs_too_much() {
        let recurrence = every("FREQ=YEARLY;BYMONTH=1,7;BYDAY=2MO", "2029-01-01");
        let planned = six_months().preview(&recurrence, None, day("2029-01-01"), 3).unwrap();
        assert_eq!(planned[1], PlannedRun { scheduled_on: day("2029-07-09"), due_on: day("2029-07-06") });
        let yearly = every("FREQ=YEARLY;BYMONTH=1;BYDAY=2MO", "2029-01-01");
        let problem = six_months().preview(&yearly, None, day("2029-01-01"), 3).unwrap_err();
        assert_eq!((problem.scheduled_on, problem.months), (day("2030-01-14"), 6));
        let half_yearly = every("FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=1", "2027-01-01");
        assert_eq!(six_months().preview(&half_yearly, None, day("2027-01-01"), 6).unwrap().len(), 6);
    }

    #[test]
    fn a_run_opens_its_lead_days_before() {
        assert_eq!(opens_on(day("2027-03-03"), 7), day("2027-02-24"));
    }
}
