//! Rules. When a feed is looked at again, which copy may take the place of the last good one, and when one is too old.

use chrono::{DateTime, Duration, Utc};

/// After a failure it is tried again this soon, or at the usual time if that is sooner.
const RETRY_HOURS: i64 = 1;
/// A copy that was not confirmed for so many of the usual times between two looks is stale.
const STALE_AFTER: i32 = 3;

/// A copy, as far as the choice between two cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copy {
    /// How many entries it has.
    pub(super) rows: i64,
    /// When its publisher made it.
    pub(super) content_at: Option<DateTime<Utc>>,
}

/// Why `new` should not take the place of `last`; none when it may.
pub(super) fn objection(last: Copy, new: Copy) -> Option<String> {
    if new.rows < last.rows / 2 {
        return Some(format!(
            "It has {} entries where the copy in use has {}: it looks cut short.",
            new.rows, last.rows
        ));
    }
    match (last.content_at, new.content_at) {
        (Some(last), Some(new)) if new < last => {
            Some(format!("It is of {}, older than the copy in use.", new.format("%Y-%m-%d %H:%M UTC")))
        }
        _ => None,
    }
}

/// Whether it is time to look again.
pub(super) fn is_due(
    tried_at: Option<DateTime<Utc>>,
    failed: bool,
    every: Duration,
    now: DateTime<Utc>,
) -> bool {
    let wait = if failed { every.min(Duration::hours(RETRY_HOURS)) } else { every };
    tried_at.is_none_or(|at| now - at >= wait)
}

/// Whether a copy that should be kept fresh is not.
pub(super) fn is_stale(fetched_at: Option<DateTime<Utc>>, every: Duration, now: DateTime<Utc>) -> bool {
    fetched_at.is_none_or(|at| now - at > every * STALE_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::hours(hour)
    }

    #[test]
    fn a_copy_that_shrank_or_is_older_is_not_taken() {
        let copy = |rows, hour| Copy { rows, content_at: Some(at(hour)) };
        assert_eq!(objection(copy(1000, 5), copy(500, 5)), None);
        assert_eq!(objection(copy(0, 5), copy(1, 6)), None);
        assert!(objection(copy(1000, 5), copy(499, 6)).unwrap().contains("cut short"));
        assert!(objection(copy(1000, 5), copy(1001, 4)).unwrap().contains("older"));
        assert_eq!(objection(copy(10, 5), Copy { rows: 10, content_at: None }), None);
    }

    #[test]
    fn a_failure_is_tried_again_sooner() {
        let day = Duration::hours(24);
        assert!(is_due(None, false, day, at(0)));
        assert!(!is_due(Some(at(0)), false, day, at(23)));
        assert!(is_due(Some(at(0)), false, day, at(24)));
        assert!(is_due(Some(at(0)), true, day, at(1)));
        assert!(!is_due(Some(at(0)), true, day, at(0)));
        assert!(!is_stale(Some(at(0)), day, at(72)));
        assert!(is_stale(Some(at(0)), day, at(73)));
        assert!(is_stale(None, day, at(0)));
    }
}
