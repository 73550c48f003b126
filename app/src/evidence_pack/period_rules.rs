//! Rules. Which moments a pack looks at. All that is in it was recorded before one moment that never moves, so that what
//! is recorded later does not change a pack that is made again.

use chrono::{DateTime, NaiveDate, Utc};

/// Days that somebody asks for, in the organisation's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The day at whose end the register is shown; the last day unless told.
    pub as_of: Option<NaiveDate>,
}

/// The moments that belong to the days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// What was recorded from here on is in the period.
    pub since: DateTime<Utc>,
    /// What was recorded before this is.
    pub until: DateTime<Utc>,
    /// What was recorded before this makes the register.
    pub as_of: DateTime<Utc>,
    /// Whether the days go on: the last thing that was recorded ends the pack, and not the end of a day.
    pub goes_on: bool,
}

/// Why the days cannot be used: the field, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// Which day.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Days {
    /// The moments of the days, with `midnight` as the beginning of a day, and of the day after. Nothing was recorded from
    /// `end` on.
    ///
    /// # Errors
    /// When the days are out of order, or nothing was recorded yet.
    pub fn period(
        self,
        midnight: impl Fn(NaiveDate) -> DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Result<Period, Unusable> {
        let unusable = |field, why| Err(Unusable { field, why });
        let after = |day: NaiveDate| day.succ_opt().map_or(end, &midnight);
        if self.to < self.from {
            return unusable("to", "The last day lies before the first.");
        }
        if self.as_of.is_some_and(|day| day < self.from) {
            return unusable("as_of", "The register is to be shown of a day before the period.");
        }
        let since = midnight(self.from);
        if since >= end {
            return unusable("from", "Nothing was recorded from this day on; choose an earlier one.");
        }
        let ends = after(self.to);
        let as_of = self.as_of.map_or(ends, after);
        Ok(Period {
            since,
            until: ends.min(as_of).min(end),
            as_of: as_of.min(end),
            goes_on: ends.min(as_of) > end,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn period(from: &str, to: &str, as_of: Option<&str>) -> Result<Period, Unusable> {
        let days = Days { from: day(from), to: day(to), as_of: as_of.map(day) };
        days.period(|day| day.and_hms_opt(0, 0, 0).unwrap().and_utc(), at("2026-03-10T12:00:00Z"))
    }

    #[test]
    fn a_period_that_is_over_ends_with_its_last_day() {
        let found = period("2026-03-01", "2026-03-05", None).unwrap();
        assert_eq!(found.since, at("2026-03-01T00:00:00Z"));
        assert_eq!((found.until, found.as_of), (at("2026-03-06T00:00:00Z"), at("2026-03-06T00:00:00Z")));
        assert!(!found.goes_on);
    }

    #[test]
    fn a_period_that_goes_on_ends_with_what_was_recorded_last() {
        let found = period("2026-03-01", "2026-12-31", None).unwrap();
        assert_eq!((found.until, found.as_of), (at("2026-03-10T12:00:00Z"), at("2026-03-10T12:00:00Z")));
        assert!(found.goes_on);
    }

    #[test]
    fn the_register_can_be_of_another_day() {
        let later = period("2026-03-01", "2026-03-05", Some("2026-03-08")).unwrap();
        assert_eq!((later.until, later.as_of), (at("2026-03-06T00:00:00Z"), at("2026-03-09T00:00:00Z")));
        let within = period("2026-03-01", "2026-03-05", Some("2026-03-02")).unwrap();
        assert_eq!((within.until, within.as_of), (at("2026-03-03T00:00:00Z"), at("2026-03-03T00:00:00Z")));
    }

    #[test]
    fn days_out_of_order_name_their_field() {
        assert_eq!(period("2026-03-05", "2026-03-01", None).unwrap_err().field, "to");
        assert_eq!(period("2026-03-05", "2026-03-06", Some("2026-03-01")).unwrap_err().field, "as_of");
        assert_eq!(period("2026-03-11", "2026-03-12", None).unwrap_err().field, "from");
    }
}
