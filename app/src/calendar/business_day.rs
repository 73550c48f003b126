//! Rules. Business days: the days of the week that a calendar works, without its holidays.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// How far a search for a business day goes before it gives up on a calendar that has none.
const LONGEST_BREAK_DAYS: u32 = 366;

/// The days of the week and the days off of one calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holidays {
    /// The days of the week that are worked, Monday is 1.
    pub working_days: BTreeSet<u8>,
    /// Days off, with what they are called.
    #[serde(with = "named_days")]
    pub holidays: BTreeMap<NaiveDate, String>,
}

impl Default for Holidays {
    fn default() -> Self {
        Self { working_days: (1..=5).collect(), holidays: BTreeMap::new() }
    }
}

impl FromIterator<NaiveDate> for Holidays {
    /// Monday to Friday, without these days.
    fn from_iter<T: IntoIterator<Item = NaiveDate>>(days: T) -> Self {
        Self { holidays: days.into_iter().map(|day| (day, String::new())).collect(), ..Self::default() }
    }
}

impl Holidays {
    /// Whether people work that day.
    #[must_use]
    pub fn is_business_day(&self, day: NaiveDate) -> bool {
        let weekday = u8::try_from(day.weekday().number_from_monday()).unwrap_or_default();
        self.working_days.contains(&weekday) && !self.holidays.contains_key(&day)
    }

    /// Whether some business day can be found from every day on.
    #[must_use]
    pub fn leaves_business_days(&self) -> bool {
        let after = self.holidays.keys().filter_map(|day| day.pred_opt()).chain([NaiveDate::default()]);
        self.working_days.iter().any(|day| (1..=7).contains(day))
            && after.into_iter().all(|day| self.next_after(day) > day)
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

/// Days with names, stored as a list.
mod named_days {
    use std::collections::BTreeMap;

    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Named {
        day: NaiveDate,
        #[serde(default)]
        name: String,
    }

    pub(super) fn serialize<S: Serializer>(
        days: &BTreeMap<NaiveDate, String>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(days.iter().map(|(day, name)| Named { day: *day, name: name.clone() }))
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(
        from: D,
    ) -> Result<BTreeMap<NaiveDate, String>, D::Error> {
        let days = Vec::<Named>::deserialize(from)?;
        Ok(days.into_iter().map(|named| (named.day, named.name)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// England over the turn of 2026, and two bank holidays of the next spring.
    fn england() -> Holidays {
        let days = ["2026-12-25", "2026-12-26", "2026-12-28", "2027-01-01", "2027-05-03"];
        days.iter().map(|day| day.parse::<NaiveDate>().unwrap()).collect()
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

    #[test]
    fn a_week_may_be_any_days_but_not_none() {
        let sunday_to_thursday = Holidays { working_days: [7, 1, 2, 3, 4].into(), ..Holidays::default() };
        assert_eq!(sunday_to_thursday.add(day("2026-12-03"), 1), day("2026-12-06"));
        assert!(sunday_to_thursday.leaves_business_days());
        assert!(!Holidays { working_days: BTreeSet::new(), ..Holidays::default() }.leaves_business_days());
        let two_years_off: Holidays = day("2027-01-01").iter_days().take(700).collect();
        assert!(!two_years_off.leaves_business_days());
    }

    #[test]
    fn a_calendar_is_stored_with_the_names_of_its_days() {
        let mut calendar = england();
        calendar.holidays.insert(day("2026-12-25"), "Christmas Day".to_owned());
        let stored = serde_json::to_value(&calendar).unwrap();
        assert_eq!(stored["holidays"][0], serde_json::json!({"day": "2026-12-25", "name": "Christmas Day"}));
        assert_eq!(serde_json::from_value::<Holidays>(stored).unwrap(), calendar);
    }
}
