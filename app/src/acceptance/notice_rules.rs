//! Rules. Before the end of an acceptance, who is told how many days ahead.

use chrono::{Days, NaiveDate};

/// How many days before the last day somebody is told.
const AHEAD: [u64; 4] = [30, 14, 7, 1];

/// The notices of an acceptance whose day has come, the furthest first. A day that was over when the acceptance was
/// decided is none, and after the last day there is nothing left to say.
#[must_use]
pub(super) fn reached(decided_on: NaiveDate, ends_on: NaiveDate, today: NaiveDate) -> Vec<u64> {
    if today > ends_on {
        return Vec::new();
    }
    let day = |ahead: &u64| ends_on.checked_sub_days(Days::new(*ahead));
    AHEAD.into_iter().filter(|ahead| day(ahead).is_some_and(|day| decided_on < day && day <= today)).collect()
}

/// How far ahead of its end an acceptance is looked at.
#[must_use]
pub(super) fn horizon(today: NaiveDate) -> NaiveDate {
    today.checked_add_days(Days::new(AHEAD[0])).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn each_day_is_reached_in_its_time() {
        let (decided, ends) = (day("2026-03-02"), day("2026-04-15"));
        for (today, expected) in [
            ("2026-03-15", [].as_slice()),
            ("2026-03-16", &[30]),
            ("2026-04-01", &[30, 14]),
            ("2026-04-14", &[30, 14, 7, 1]),
            ("2026-04-15", &[30, 14, 7, 1]),
            ("2026-04-16", &[]),
        ] {
            assert_eq!(reached(decided, ends, day(today)), expected, "{today}");
        }
    }

    #[test]
    fn what_is_accepted_for_ten_days_is_not_told_at_once() {
        let (decided, ends) = (day("2026-03-02"), day("2026-03-12"));
        assert_eq!(reached(decided, ends, day("2026-03-02")), [] as [u64; 0]);
        assert_eq!(reached(decided, ends, day("2026-03-05")), [7]);
    }

    proptest! {
        /// However irregular the looks, what was reached stays so until the end, and nothing is skipped.
        #[test]
        fn what_was_reached_stays_reached(length in 1_u64..400, looks in proptest::collection::vec(0_u64..20, 1..60)) {
            let decided = day("2026-03-02");
            let ends = decided + Days::new(length);
            let (mut today, mut before) = (decided, Vec::new());
            for look in looks {
                today = today + Days::new(look);
                let now = reached(decided, ends, today);
                prop_assert!(today > ends || now.starts_with(&before));
                prop_assert!(now.iter().all(|ahead| (ends - today).num_days() <= i64::try_from(*ahead).unwrap()));
                before = if today > ends { before } else { now };
            }
        }
    }
}
