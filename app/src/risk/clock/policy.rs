//! Rules. How long each level may take, in which days it is counted, and which zone a day belongs to.

use std::collections::BTreeMap;

use abate_entity::level::Level;
use abate_entity::text_enum;
use abate_entity::tier::Tier;
use chrono::{Days, Months, NaiveDate};
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
        /// Whole months for terms, and every day for what is left of one.
        CalendarMonths = "calendar_months",
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

text_enum! {
    /// From which day a policy counts.
    pub enum Start ("start of a policy") {
        /// From the day on which the risk's clock starts.
        SlaStart = "sla_start",
        /// From the day on which the patch came out, where that is known.
        PatchRelease = "patch_release",
    }
}

text_enum! {
    /// Which assets a policy holds for, by who can reach them.
    pub enum Exposure ("exposure") {
        /// All.
        Any = "any",
        /// Those that strangers can reach.
        InternetFacing = "internet_facing",
    }
}

/// Which risks a policy holds for; empty lists mean all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Applies {
    /// Tiers of the asset.
    pub tiers: Vec<Tier>,
    /// Whether strangers can reach the asset.
    pub exposure: Exposure,
    /// Classes of data that the asset holds, of which one is enough.
    pub data_classes: Vec<String>,
    /// It holds only where the table of data classes asks for it by its name, or a team starts from it.
    pub only_where_asked: bool,
}

impl Default for Applies {
    fn default() -> Self {
        Self { tiers: Vec::new(), exposure: Exposure::Any, data_classes: Vec::new(), only_where_asked: false }
    }
}

impl Applies {
    /// A policy that holds only where its name is asked for.
    #[must_use]
    pub fn where_asked() -> Self {
        Self { only_where_asked: true, ..Self::default() }
    }

    /// Whether it holds for a risk on such an asset.
    #[must_use]
    pub fn fits(&self, tier: Tier, internet_facing: bool, data_classes: &[String], is_asked: bool) -> bool {
        (is_asked || !self.only_where_asked)
            && (self.tiers.is_empty() || self.tiers.contains(&tier))
            && (internet_facing || self.exposure == Exposure::Any)
            && (self.data_classes.is_empty()
                || self.data_classes.iter().any(|class| data_classes.contains(class)))
    }
}

/// One version of a service-level policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaPolicy {
    /// What people call it.
    pub name: String,
    /// Which days it counts.
    pub basis: Basis,
    /// Days or months to fix, by level from info to critical; none means no due date.
    #[serde(with = "by_level")]
    pub remediation: [Option<u32>; 5],
    /// Hours to leave triage, by level from info to critical.
    #[serde(with = "by_level")]
    pub triage_hours: [Option<u32>; 5],
    /// What happens when an acceptance ends.
    pub on_expiry: OnExpiry,
    /// Business days that are left at least when an acceptance runs out or is revoked.
    pub floor_business_days: u32,
    /// For how many days after closing a return takes up the old clock.
    pub regression_days: u32,
    /// Hours after the due date before anybody beyond the owner hears of it; whether it was on time, the date says.
    pub grace_hours: u32,
    /// From which day it counts.
    pub starts: Start,
    /// The directive BOD 26-04 sets days by four questions where this policy holds.
    pub directive: bool,
    /// Which risks it holds for.
    pub applies: Applies,
}

impl SlaPolicy {
    /// The policy that a new organisation starts with.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            name: "Standard".to_owned(),
            basis: Basis::CalendarDays,
            remediation: [None, Some(180), Some(90), Some(30), Some(15)],
            triage_hours: [None, Some(336), Some(168), Some(72), Some(24)],
            on_expiry: OnExpiry::Resume,
            floor_business_days: 5,
            regression_days: 90,
            grace_hours: 0,
            starts: Start::SlaStart,
            directive: false,
            applies: Applies::default(),
        }
    }

    /// The directive of the United States' agency CISA, which sets days by what is known of a weakness and not by
    /// level.
    #[must_use]
    pub fn bod_26_04() -> Self {
        Self {
            name: "BOD 26-04".to_owned(),
            remediation: [None; 5],
            triage_hours: [None; 5],
            directive: true,
            applies: Applies::where_asked(),
            ..Self::standard()
        }
    }

    /// The standard of the payment cards: a month for what is critical, from the release of the patch.
    #[must_use]
    pub fn pci_dss_4_0_1() -> Self {
        Self {
            name: "PCI DSS 4.0.1".to_owned(),
            basis: Basis::CalendarMonths,
            remediation: [None, None, None, None, Some(1)],
            triage_hours: [None; 5],
            starts: Start::PatchRelease,
            applies: Applies::where_asked(),
            ..Self::standard()
        }
    }

    /// Days or months to fix at a level.
    #[must_use]
    pub const fn term_for(&self, level: Level) -> Option<u32> {
        self.remediation[level.index()]
    }

    /// The last day of a term.
    #[must_use]
    pub fn end_of_term(&self, start: NaiveDate, term: u32, holidays: &Holidays) -> NaiveDate {
        match self.basis {
            Basis::CalendarMonths => start.checked_add_months(Months::new(term)).unwrap_or(start),
            Basis::CalendarDays | Basis::BusinessDays => self.add(start, term, holidays),
        }
    }

    /// The day so many counted days ahead; a policy of months counts every day.
    #[must_use]
    pub fn add(&self, start: NaiveDate, days: u32, holidays: &Holidays) -> NaiveDate {
        match self.basis {
            Basis::CalendarDays | Basis::CalendarMonths => {
                start.checked_add_days(Days::new(u64::from(days))).unwrap_or(start)
            }
            Basis::BusinessDays => holidays.add(start, days),
        }
    }

    /// How many counted days lie after the start, up to and with the end; 0 where the end is not later.
    #[must_use]
    pub fn count(&self, start: NaiveDate, end: NaiveDate, holidays: &Holidays) -> u32 {
        match self.basis {
            Basis::CalendarDays | Basis::CalendarMonths => {
                u32::try_from((end - start).num_days()).unwrap_or(0)
            }
            Basis::BusinessDays => holidays.count(start, end),
        }
    }

    /// What to call so many counted days.
    #[must_use]
    pub fn spell(&self, days: u32) -> String {
        match self.basis {
            Basis::CalendarDays | Basis::CalendarMonths => plural(days, "day"),
            Basis::BusinessDays => plural(days, "business day"),
        }
    }

    /// What to call a term.
    #[must_use]
    pub fn spell_term(&self, term: u32) -> String {
        match self.basis {
            Basis::CalendarMonths => plural(term, "month"),
            Basis::CalendarDays | Basis::BusinessDays => self.spell(term),
        }
    }
}

fn plural(count: u32, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Numbers by level, stored under the words of the levels.
mod by_level {
    use std::collections::BTreeMap;

    use abate_entity::level::Level;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(numbers: &[Option<u32>; 5], to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(Level::ALL.iter().filter_map(|level| Some((level.as_str(), numbers[level.index()]?))))
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<[Option<u32>; 5], D::Error> {
        let words = BTreeMap::<Level, u32>::deserialize(from)?;
        let mut numbers = [None; 5];
        for (level, number) in words {
            numbers[level.index()] = Some(number);
        }
        Ok(numbers)
    }
}

/// One version of a calendar: a zone, the days of the week that are worked, and days off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaCalendar {
    /// The zone whose days count.
    pub zone: Tz,
    /// The days that are worked, and those off.
    #[serde(flatten)]
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
