//! Rules. Since when a risk has had to hurry more than its clock asked for at first.

use chrono::{DateTime, NaiveDate, Utc};

/// Since when, after a change that moved the due date, or that said how the directive judges (`judged`); none where the
/// change leaves it as it was. A due date that moves away gives the time back.
#[must_use]
pub(super) fn since(
    before: Option<NaiveDate>,
    after: Option<NaiveDate>,
    judged: bool,
    now: DateTime<Utc>,
) -> Option<Option<DateTime<Utc>>> {
    match (before, after) {
        (Some(before), Some(after)) if after < before => Some(Some(now)),
        (None, Some(_)) if judged => Some(Some(now)),
        _ if before == after => None,
        _ => Some(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_nearer_day_or_a_judgement_hurries() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 3, day);
        let now = DateTime::UNIX_EPOCH;
        for (before, after, judged, expected) in [
            (day(20), day(10), false, Some(Some(now))),
            (day(20), day(20), true, None),
            (day(20), day(25), true, Some(None)),
            (None, day(5), true, Some(Some(now))),
            (None, day(5), false, Some(None)),
            (day(5), None, false, Some(None)),
            (None, None, true, None),
        ] {
            assert_eq!(since(before, after, judged, now), expected, "{before:?} {after:?} {judged}");
        }
    }
}
