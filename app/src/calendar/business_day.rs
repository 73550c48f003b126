//! Rules. Business days: Monday to Friday without the holidays of a calendar.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

/// How far a search for a business day goes before it gives up on a calendar that has none.
const LONGEST_BREAK_DAYS: u32 = 366;

/// The days off of one calendar, apart from weekends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Holidays(pub BTreeSet<NaiveDate>);

impl Holidays {
    /// Whether people work that day.
    #[must_use]
    pub fn is_business_day(&self, day: NaiveDate) -> bool {
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !self.0.contains(&day)
    }

    /// The day that lies so many business days ahead; the start itself is day 0.
    #[must_use]
    pub fn add(&self, start: NaiveDate, days: u32) -> NaiveDate {
        let mut day = start;
        for _ in 0..days {
            day = self.next_after(day);
        }
        day
    }

    /// How many business days lie after the start, up to and with the end; 0 where the end is not later.
    #[must_use]
    pub fn count(&self, start: NaiveDate, end: NaiveDate) -> u32 {
        let days = start.iter_days().skip(1).take_while(|day| *day <= end);
        u32::try_from(days.filter(|day| self.is_business_day(*day)).count()).unwrap_or(u32::MAX)
    }

    /// The day itself if people work then, else the last business day before it.
    #[must_use]
    pub fn on_or_before(&self, day: NaiveDate) -> NaiveDate {
        let earlier = |days: u32| day.checked_sub_days(Days::new(u64::from(days)));
        (0..LONGEST_BREAK_DAYS).filter_map(earlier).find(|day| self.is_business_day(*day)).unwrap_or(day)
    }

    fn next_after(&self, day: NaiveDate) -> NaiveDate {
        let later = |days: u32| day.checked_add_days(Days::new(u64::from(days)));
        (1..=LONGEST_BREAK_DAYS).filter_map(later).find(|day| self.is_business_day(*day)).unwrap_or(day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// England over the turn of 2026, and two bank holidays of the next spring.
    fn england() -> Holidays {
        let days = ["2026-12-25", "2026-12-26", "2026-12-28", "2027-01-01", "2027-05-03"];
        Holidays(days.iter().map(|day| day.parse().unwrap()).collect())
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn weekends_and_holidays_do_not_count() {
        for (start, days, due) in [
            ("2026-12-23", 3, "2026-12-30"),
            ("2026-12-24", 1, "2026-12-29"),
            ("2026-12-24", 5, "2027-01-05"),
            ("2026-11-20", 10, "2026-12-04"),
            ("2027-04-30", 1, "2027-05-04"),
        ] {
            assert_eq!(england().add(day(start), days), day(due), "{start} + {days}");
            assert_eq!(england().count(day(start), day(due)), days, "{start} to {due}");
        }
        assert_eq!(england().count(day("2026-12-24"), day("2026-12-23")), 0);
    }

    #[test]
    fn moving_back_stops_at_the_last_business_day() {
        assert_eq!(england().on_or_before(day("2026-12-28")), day("2026-12-24"));
        assert_eq!(england().on_or_before(day("2026-12-30")), day("2026-12-30"));
    }
}
