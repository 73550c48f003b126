//! Rules. How long each level may take, in which days it is counted, and which zone a day belongs to.

use std::collections::BTreeMap;

use abate_entity::level::Level;
use abate_entity::text_enum;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::calendar::business_day::Holidays;

text_enum! {
    /// Which days a policy counts.
    pub enum Basis ("basis") {
        /// Every day.
        CalendarDays = "calendar_days",
        /// Only days on which people work.
        BusinessDays = "business_days",
    }
}

text_enum! {
    /// What happens to the due date when an acceptance ends.
    pub enum OnExpiry ("choice for the end of an acceptance") {
        /// The days that were left go on.
        Resume = "resume",
        /// The date of before holds, however long ago.
        Keep = "keep",
        /// All days start again.
        Restart = "restart",
    }
}

/// One version of a service-level policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaPolicy {
    /// What people call it.
    pub name: String,
    /// Which days it counts.
    pub basis: Basis,
    /// Days to fix, by level from info to critical; none means no due date.
    pub remediation_days: [Option<u32>; 5],
    /// Hours to leave triage, by level from info to critical.
    pub triage_hours: [Option<u32>; 5],
    /// What happens when an acceptance ends.
    pub on_expiry: OnExpiry,
    /// Business days that are left at least when an acceptance runs out or is revoked.
    pub floor_business_days: u32,
    /// For how many days after closing a return takes up the old clock.
    pub regression_days: u32,
    /// The directive BOD 26-04 sets days by four questions where this policy holds.
    #[serde(default)]
    pub directive: bool,
}

impl SlaPolicy {
    /// The policy that a new organisation starts with.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            name: "Standard".to_owned(),
            basis: Basis::CalendarDays,
            remediation_days: [None, Some(180), Some(90), Some(30), Some(15)],
            triage_hours: [None, Some(336), Some(168), Some(72), Some(24)],
            on_expiry: OnExpiry::Resume,
            floor_business_days: 5,
            regression_days: 90,
            directive: false,
        }
    }

    /// Days to fix at a level.
    #[must_use]
    pub const fn days_for(&self, level: Level) -> Option<u32> {
        self.remediation_days[level.index()]
    }

    /// The day so many counted days ahead.
    #[must_use]
    pub fn add(&self, start: NaiveDate, days: u32, holidays: &Holidays) -> NaiveDate {
        match self.basis {
            Basis::CalendarDays => start.checked_add_days(Days::new(u64::from(days))).unwrap_or(start),
            Basis::BusinessDays => holidays.add(start, days),
        }
    }

    /// How many counted days lie after the start, up to and with the end; 0 where the end is not later.
    #[must_use]
    pub fn count(&self, start: NaiveDate, end: NaiveDate, holidays: &Holidays) -> u32 {
        match self.basis {
            Basis::CalendarDays => u32::try_from((end - start).num_days()).unwrap_or(0),
            Basis::BusinessDays => holidays.count(start, end),
        }
    }

    /// What to call so many counted days.
    #[must_use]
    pub fn spell(&self, days: u32) -> String {
        let unit = match self.basis {
            Basis::CalendarDays => "day",
            Basis::BusinessDays => "business day",
        };
        format!("{days} {unit}{}", if days == 1 { "" } else { "s" })
    }
}

/// One version of a calendar: a zone with days off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaCalendar {
    /// The zone whose days count.
    pub zone: Tz,
    /// The days off.
    pub holidays: Holidays,
}

/// Every version that a risk's events may name, by its name, such as `standard@1`.
#[derive(Debug, Clone, Default)]
pub struct Versions {
    /// Policies.
    pub policies: BTreeMap<String, SlaPolicy>,
    /// Calendars.
    pub calendars: BTreeMap<String, SlaCalendar>,
}
