//! Rules. When a source counts as silent. Silence closes nothing: it is a risk of its own.

use chrono::{DateTime, Duration, Utc};

/// Days without a full scan after which a source counts as silent, unless its own number is set.
const USUAL_DAYS: i32 = 14;
/// Full scans that a scope has to have had: one that was scanned once was perhaps never meant to be scanned again.
const FEWEST_SCANS: i64 = 3;

/// The days that hold for a source.
#[must_use]
pub fn days(own: Option<i32>) -> i64 {
    i64::from(own.unwrap_or(USUAL_DAYS))
}

/// Whether a scope counts as silent.
#[must_use]
pub fn is_silent(full_scans: i64, last: DateTime<Utc>, own_days: Option<i32>, now: DateTime<Utc>) -> bool {
    full_scans >= FEWEST_SCANS && now - last > Duration::days(days(own_days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_begins_after_the_interval_for_what_was_scanned_regularly() {
        let last = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let after = |days| last + Duration::days(days) + Duration::seconds(1);
        assert!(!is_silent(3, last, None, after(13)));
        assert!(is_silent(3, last, None, after(14)));
        assert!(!is_silent(2, last, None, after(100)));
        assert!(is_silent(3, last, Some(2), after(2)));
        assert!(!is_silent(3, last, Some(30), after(14)));
    }
}
