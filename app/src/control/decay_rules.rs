//! Rules. Whether what shows that a control works is young enough.

use abate_entity::text_enum;
use chrono::{DateTime, Duration, Utc};

text_enum! {
    /// Where a control stands.
    pub enum ControlState ("state of a control") {
        /// Meant to be there, not shown yet.
        Planned = "planned",
        /// There, and shown to work as often as agreed.
        Active = "active",
        /// There, and not shown to work for longer than agreed.
        Degraded = "degraded",
        /// Not there any more.
        Retired = "retired",
    }
}

text_enum! {
    /// How the proof of a control stands.
    pub enum Proof ("standing of proof") {
        /// Young enough.
        Fresh = "fresh",
        /// Older than agreed.
        Stale = "stale",
        /// There is none.
        None = "none",
    }
}

/// How the proof of a control stands: `newest` is of when the newest is, `cadence_days` how old it may be.
#[must_use]
pub fn proof(newest: Option<DateTime<Utc>>, cadence_days: Option<i32>, now: DateTime<Utc>) -> Proof {
    match (newest, cadence_days) {
        (None, _) => Proof::None,
        (Some(newest), Some(days)) if newest + Duration::days(i64::from(days)) < now => Proof::Stale,
        (Some(_), _) => Proof::Fresh,
    }
}

/// Where a control stands when its proof is as it is. What is planned becomes active with its first proof; what is
/// retired stays so.
#[must_use]
pub const fn state(before: ControlState, proof: Proof) -> ControlState {
    match (before, proof) {
        (ControlState::Retired, _) => ControlState::Retired,
        (_, Proof::Fresh) => ControlState::Active,
        (ControlState::Active | ControlState::Degraded, Proof::Stale) => ControlState::Degraded,
        (before, _) => before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proof_is_stale_once_it_is_older_than_agreed() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let newest = Some(at("2026-03-01T12:00:00Z"));
        for (now, days, expected) in [
            ("2026-03-08T12:00:00Z", Some(7), Proof::Fresh),
            ("2026-03-08T12:00:01Z", Some(7), Proof::Stale),
            ("2036-03-08T12:00:01Z", None, Proof::Fresh),
        ] {
            assert_eq!(proof(newest, days, at(now)), expected, "{now} {days:?}");
        }
        assert_eq!(proof(None, Some(7), at("2026-03-01T12:00:00Z")), Proof::None);
    }

    #[test]
    fn only_what_was_shown_can_decay_and_what_is_retired_stays() {
        use ControlState::{Active, Degraded, Planned, Retired};
        for (before, with, after) in [
            (Planned, Proof::None, Planned),
            (Planned, Proof::Fresh, Active),
            (Planned, Proof::Stale, Planned),
            (Active, Proof::Stale, Degraded),
            (Active, Proof::None, Active),
            (Degraded, Proof::Fresh, Active),
            (Degraded, Proof::Stale, Degraded),
            (Retired, Proof::Fresh, Retired),
        ] {
            assert_eq!(state(before, with), after, "{before} {with}");
        }
    }
}
