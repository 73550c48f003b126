//! Rules. When leaders are told of an incident: at once, then in each hour until somebody acknowledges it.

use chrono::{DateTime, TimeDelta, Utc};

/// A rung of the ladder that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// The hour since the declaration, 0 at once.
    pub hour: i32,
    /// When it began.
    pub at: DateTime<Utc>,
    /// Earlier hours that nobody was told in, because nothing ran.
    pub missed: i32,
}

/// The rung that is due now, when people were last told in the hour `told`; -1 is never. After a pause the latest hour
/// alone is due, and says how many were missed.
#[must_use]
pub fn due(declared_at: DateTime<Utc>, told: i32, now: DateTime<Utc>) -> Option<Rung> {
    let hours = (now - declared_at).num_hours();
    if now < declared_at {
        return None;
    }
    let hour = i32::try_from(hours).unwrap_or(i32::MAX);
    let at = declared_at + TimeDelta::hours(hours);
    (hour > told).then(|| Rung { hour, at, missed: hour - told.max(-1) - 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn at_once_and_then_once_an_hour() {
        let declared = at("2026-03-02T09:10:00Z");
        assert_eq!(due(declared, -1, declared), Some(Rung { hour: 0, at: declared, missed: 0 }));
        assert_eq!(due(declared, 0, at("2026-03-02T10:09:59Z")), None);
        let next = Rung { hour: 1, at: at("2026-03-02T10:10:00Z"), missed: 0 };
        assert_eq!(due(declared, 0, at("2026-03-02T10:10:00Z")), Some(next));
        assert_eq!(due(declared, 1, at("2026-03-02T10:59:00Z")), None);
    }

    #[test]
    fn after_a_pause_the_latest_hour_alone_is_told() {
        let declared = at("2026-03-02T09:10:00Z");
        let rung = due(declared, 1, at("2026-03-02T15:30:00Z"));
        assert_eq!(rung, Some(Rung { hour: 6, at: at("2026-03-02T15:10:00Z"), missed: 4 }));
    }

    proptest! {
        #[test]
        fn each_hour_is_told_or_missed_once(pauses in proptest::collection::vec(1_i64..20_000, 1..60)) {
            let declared = at("2026-03-28T12:00:00Z");
            let (mut now, mut told, mut counted) = (declared, -1, 0);
            for pause in pauses {
                now += TimeDelta::seconds(pause);
                if let Some(rung) = due(declared, told, now) {
                    prop_assert!(rung.hour > told && rung.at <= now && now - rung.at < TimeDelta::hours(1));
                    counted += 1 + rung.missed;
                    told = rung.hour;
                }
            }
            prop_assert_eq!(counted, told + 1);
        }
    }
}
