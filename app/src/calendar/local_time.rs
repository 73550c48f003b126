//! Rules. Local time of a zone to UTC and back, also where the clocks change.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The instant of a local time. A time that the clocks skip moves forward by what they skip, a time that they
/// repeat is its first occurrence: nothing that is due then is left out or happens twice.
#[must_use]
pub fn to_utc(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => instant.to_utc(),
        LocalResult::None => before_the_gap(zone, local),
    }
}

/// The last second of a local day.
#[must_use]
pub fn end_of_day(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    let last_second = NaiveTime::from_hms_opt(23, 59, 59).unwrap_or(NaiveTime::MIN);
    let local = day.and_time(last_second);
    zone.from_local_datetime(&local)
        .latest()
        .map_or_else(|| before_the_gap(zone, local), |instant| instant.to_utc())
}

/// The local day of an instant.
#[must_use]
pub fn local_date(zone: Tz, instant: DateTime<Utc>) -> NaiveDate {
    instant.with_timezone(&zone).date_naive()
}

/// Reads a skipped local time with the offset that held before the clocks changed.
fn before_the_gap(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    // A day earlier is before the change in every zone, and no zone changes twice within two days. Where there is no day
    // earlier, or the calendar ends, somebody typed a year that is nobody's: it stays where it is, for a rule to refuse.
    let earlier = local.checked_sub_signed(TimeDelta::days(1)).unwrap_or(local);
    let offset =
        TimeDelta::seconds(i64::from(zone.offset_from_utc_datetime(&earlier).fix().local_minus_utc()));
    local.checked_sub_signed(offset).unwrap_or(local).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_time_moves_forward_and_a_repeated_one_is_its_first() {
        for (zone, local, expected) in [
            ("Europe/Berlin", "2027-03-28T02:30:00", "2027-03-28T01:30:00Z"),
            ("Europe/Berlin", "2027-10-31T02:30:00", "2027-10-31T00:30:00Z"),
            ("America/New_York", "2027-03-14T02:30:00", "2027-03-14T07:30:00Z"),
            ("America/New_York", "2027-11-07T01:30:00", "2027-11-07T05:30:00Z"),
            ("Europe/London", "2027-03-28T01:30:00", "2027-03-28T01:30:00Z"),
            ("Australia/Lord_Howe", "2027-10-03T02:15:00", "2027-10-02T15:45:00Z"),
            ("Asia/Tokyo", "2027-03-28T02:30:00", "2027-03-27T17:30:00Z"),
        ] {
            let zone: Tz = zone.parse().unwrap();
            let expected: DateTime<Utc> = expected.parse().unwrap();
            assert_eq!(to_utc(zone, local.parse().unwrap()), expected, "{zone} {local}");
        }
    }

    #[test]
    fn the_ends_of_the_calendar_are_times_too() {
        for zone in ["America/New_York", "Asia/Tokyo"] {
            let zone: Tz = zone.parse().unwrap();
            for day in [NaiveDate::MIN, NaiveDate::MAX] {
                assert!(to_utc(zone, day.and_time(NaiveTime::MIN)) <= end_of_day(zone, day), "{zone} {day}");
            }
        }
    }

    #[test]
    fn a_day_ends_at_its_last_second_also_where_a_whole_day_was_skipped() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(end_of_day(Tz::Europe__London, day("2026-10-13")), instant("2026-10-13T22:59:59Z"));
        assert_eq!(end_of_day(Tz::America__New_York, day("2026-11-04")), instant("2026-11-05T04:59:59Z"));
        assert_eq!(end_of_day(Tz::Pacific__Apia, day("2011-12-30")), instant("2011-12-31T09:59:59Z"));
    }
}
