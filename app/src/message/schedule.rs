//! Rules. When messages are due.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

/// How many days ahead a digest looks.
pub const AHEAD_DAYS: u64 = 14;

/// The time of day of the digest.
const MORNING: NaiveTime = match NaiveTime::from_hms_opt(8, 30, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// The day whose digest is to be sent now, if there is one: today's, from the morning on, unless it was sent.
/// Days that were missed are not made up for, since today's digest says all that they would have said.
#[must_use]
pub fn digest_day(now: DateTime<Utc>, zone: Tz, last: Option<NaiveDate>) -> Option<NaiveDate> {
    let local = now.with_timezone(&zone);
    let today = local.date_naive();
    (local.time() >= MORNING && last.is_none_or(|last| last < today)).then_some(today)
}

/// The last day that a digest of `day` looks at.
#[must_use]
pub fn horizon(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(chrono::Days::new(AHEAD_DAYS)).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_morning_is_local() {
        let day = |now: &str, zone: Tz| digest_day(at(now), zone, None);
        let expected: NaiveDate = "2026-11-23".parse().unwrap();
        assert_eq!(day("2026-11-23T07:29:59Z", Tz::Europe__Berlin), None);
        assert_eq!(day("2026-11-23T07:30:00Z", Tz::Europe__Berlin), Some(expected));
        assert_eq!(day("2026-11-22T23:30:00Z", Tz::Asia__Tokyo), Some(expected));
        assert_eq!(day("2026-11-23T16:29:59Z", Tz::America__Los_Angeles), None);
    }

    proptest! {
        /// However often and irregularly the timer looks, each day has at most one digest, and each day on which
        /// it looks between the morning and midnight has one.
        #[test]
        fn one_digest_a_day(steps in proptest::collection::vec(1i64..100_000, 1..60), zone in 0usize..3) {
            let zone = [Tz::Europe__Berlin, Tz::America__New_York, Tz::Asia__Tokyo][zone];
            let mut now = at("2026-10-20T00:00:00Z");
            let mut last = None;
            let mut sent = Vec::new();
            for step in steps {
                now += TimeDelta::seconds(step);
                let local = now.with_timezone(&zone);
                let due = digest_day(now, zone, last);
                if let Some(day) = due {
                    prop_assert_eq!(day, local.date_naive());
                    sent.push(day);
                    last = Some(day);
                }
                prop_assert_eq!(local.time() >= MORNING, last == Some(local.date_naive()));
            }
            let mut once = sent.clone();
            once.dedup();
            prop_assert_eq!(sent, once);
        }
    }
}
