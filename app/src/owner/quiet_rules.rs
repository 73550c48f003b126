//! Rules. When somebody is not to be disturbed: at night, at weekends and on holidays, in the zone they work in.

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::calendar::business_day::Holidays;
use crate::calendar::local_time::to_utc;

/// How far the next working time is looked for before a calendar without one is given up on.
const LONGEST_BREAK_DAYS: u64 = 400;

/// When somebody may be told things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Where they work.
    pub zone: Tz,
    /// From when nothing is sent.
    pub quiet_from: NaiveTime,
    /// From when messages are sent again; the same as `quiet_from` for somebody who has no such hours.
    pub quiet_to: NaiveTime,
}

impl Hours {
    /// Whether that moment is quiet.
    #[must_use]
    pub fn is_quiet(&self, at: DateTime<Utc>, holidays: &Holidays) -> bool {
        let local = at.with_timezone(&self.zone).naive_local();
        let (from, to, time) = (self.quiet_from, self.quiet_to, local.time());
        let night = if from <= to { from <= time && time < to } else { from <= time || time < to };
        night || !holidays.is_business_day(local.date())
    }

    /// The first moment from `at` on that is not quiet.
    #[must_use]
    pub fn next_moment(&self, at: DateTime<Utc>, holidays: &Holidays) -> DateTime<Utc> {
        if !self.is_quiet(at, holidays) {
            return at;
        }
        let today = at.with_timezone(&self.zone).date_naive();
        (0..LONGEST_BREAK_DAYS)
            .filter_map(|days| today.checked_add_days(Days::new(days)))
            .find_map(|day| self.first_on(day, at, holidays))
            .unwrap_or(at)
    }

    /// The first moment of the day, from `at` on, at which the quiet ends.
    fn first_on(&self, day: NaiveDate, at: DateTime<Utc>, holidays: &Holidays) -> Option<DateTime<Utc>> {
        let mut ends = Vec::new();
        for time in [NaiveTime::MIN, self.quiet_to] {
            let local = day.and_time(time);
            match self.zone.from_local_datetime(&local) {
                LocalResult::Single(instant) => ends.push(instant.to_utc()),
                LocalResult::Ambiguous(first, second) => ends.extend([first.to_utc(), second.to_utc()]),
                LocalResult::None => ends.push(to_utc(self.zone, local)),
            }
        }
        ends.retain(|end| *end >= at && !self.is_quiet(*end, holidays));
        ends.into_iter().min()
    }
}

/// A time of day, as `18:00`; none when the text is none.
#[must_use]
pub fn time(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text, "%H:%M").ok()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn hours(zone: Tz, from: &str, to: &str) -> Hours {
        Hours { zone, quiet_from: time(from).unwrap(), quiet_to: time(to).unwrap() }
    }

    #[test]
    fn what_comes_at_night_or_at_the_weekend_waits_for_the_morning() {
        let holidays =
            ["2026-12-25".parse().unwrap(), "2026-12-28".parse().unwrap()].into_iter().collect::<Holidays>();
        for (zone, moment, expected) in [
            (Tz::Europe__Berlin, "2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z"),
            (Tz::Europe__Berlin, "2026-11-23T17:00:00Z", "2026-11-24T07:00:00Z"),
            (Tz::Europe__Berlin, "2026-11-23T05:00:00Z", "2026-11-23T07:00:00Z"),
            (Tz::Europe__Berlin, "2026-11-20T17:30:00Z", "2026-11-23T07:00:00Z"),
            // The clocks go back on the Sunday, and forward on the other.
            (Tz::Europe__Berlin, "2026-10-24T10:00:00Z", "2026-10-26T07:00:00Z"),
            (Tz::Europe__Berlin, "2027-03-27T10:00:00Z", "2027-03-29T06:00:00Z"),
            (Tz::America__New_York, "2026-11-23T22:59:00Z", "2026-11-23T22:59:00Z"),
            (Tz::America__New_York, "2026-11-23T23:00:00Z", "2026-11-24T13:00:00Z"),
            (Tz::Asia__Tokyo, "2026-11-20T09:00:00Z", "2026-11-22T23:00:00Z"),
            (Tz::Europe__London, "2026-12-24T19:00:00Z", "2026-12-29T08:00:00Z"),
        ] {
            let hours = hours(zone, "18:00", "08:00");
            assert_eq!(hours.next_moment(at(moment), &holidays), at(expected), "{zone} {moment}");
        }
    }

    #[test]
    fn somebody_of_the_night_shift_sleeps_by_day_and_the_same_time_twice_is_no_quiet_at_all() {
        let none = Holidays::default();
        let shift = hours(Tz::Europe__Berlin, "09:00", "17:00");
        assert_eq!(shift.next_moment(at("2026-11-23T10:00:00Z"), &none), at("2026-11-23T16:00:00Z"));
        let always = hours(Tz::Europe__Berlin, "08:00", "08:00");
        assert!(!always.is_quiet(at("2026-11-23T02:00:00Z"), &none));
    }

    #[test]
    fn times_are_of_the_day() {
        assert!(time("18:00").is_some());
        for wrong in ["", "24:00", "8", "noon", "18:00:00"] {
            assert!(time(wrong).is_none(), "{wrong}");
        }
    }

    proptest! {
        /// The next moment is not quiet, and everything between is.
        #[test]
        fn the_next_moment_is_the_first(
            minutes in 0_i64..(400 * 24 * 60), from in 0_u32..24, to in 0_u32..24, zone in 0_usize..4,
        ) {
            let zones = [Tz::Europe__Berlin, Tz::America__New_York, Tz::Asia__Tokyo, Tz::Australia__Lord_Howe];
            let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
            let hours = Hours { zone: zones[zone], quiet_from: time(from), quiet_to: time(to) };
            let none = Holidays::default();
            let asked = at("2026-10-01T00:00:00Z") + TimeDelta::minutes(minutes);
            let next = hours.next_moment(asked, &none);
            prop_assert!(next >= asked && !hours.is_quiet(next, &none));
            let mut between = asked;
            while between < next {
                prop_assert!(hours.is_quiet(between, &none), "{between} of {asked} to {next}");
                between += TimeDelta::minutes(30);
            }
        }
    }
}
