//! Rules. What holds when something happens: the policies, of which the strictest counts, the calendar and the day.

use abate_entity::level::Level;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::policy::{SlaCalendar, SlaPolicy, Start};

/// What holds when something happens.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    /// The base, which says how pauses, acceptances and returns count.
    pub(super) policy: &'a SlaPolicy,
    /// Every policy, the base first.
    pub(super) policies: &'a [&'a SlaPolicy],
    /// The calendar.
    pub(super) calendar: &'a SlaCalendar,
    /// The local day of the event.
    pub(super) today: NaiveDate,
}

/// The day from which a term counts, and for some policies the day on which the patch came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Since {
    pub(super) day: NaiveDate,
    pub(super) patch_released: Option<NaiveDate>,
}

impl From<NaiveDate> for Since {
    fn from(day: NaiveDate) -> Self {
        Self { day, patch_released: None }
    }
}

/// A day by which a level has to be gone, and the policy that says so.
struct Deadline<'a> {
    day: NaiveDate,
    from: NaiveDate,
    term: u32,
    policy: &'a SlaPolicy,
}

impl Rules<'_> {
    /// The day so many of the base's days ahead.
    pub(super) fn add(&self, start: NaiveDate, days: u32) -> NaiveDate {
        self.policy.add(start, days, &self.calendar.holidays)
    }

    /// How many of the base's days lie between.
    pub(super) fn count(&self, start: NaiveDate, end: NaiveDate) -> u32 {
        self.policy.count(start, end, &self.calendar.holidays)
    }

    /// The nearest day that any policy sets for a level.
    pub(super) fn deadline(&self, level: Level, from: Since) -> Option<NaiveDate> {
        self.deadlines(level, from).map(|deadline| deadline.day).min()
    }

    /// What the policies give a level, in words; names the strictest where there are several.
    pub(super) fn given(&self, level: Level, from: Since) -> String {
        let mut all: Vec<Deadline<'_>> = self.deadlines(level, from).collect();
        all.sort_by_key(|deadline| deadline.day);
        let Some((first, others)) = all.split_first() else {
            return format!("{} sets no due date", self.policy.name);
        };
        let given = format!(
            "{} gives {} from {}",
            first.policy.name,
            first.policy.spell_term(first.term),
            first.from
        );
        if others.is_empty() {
            return given;
        }
        let others: Vec<String> =
            others.iter().map(|other| format!("{} would give {}", other.policy.name, other.day)).collect();
        format!("{given}, which is {}; {}; the strictest counts", first.day, others.join(", "))
    }

    fn deadlines(&self, level: Level, since: Since) -> impl Iterator<Item = Deadline<'_>> {
        self.policies.iter().filter_map(move |policy| {
            let term = policy.term_for(level)?;
            let from = match policy.starts {
                Start::SlaStart => since.day,
                Start::PatchRelease => since.patch_released.unwrap_or(since.day),
            };
            Some(Deadline {
                day: policy.end_of_term(from, term, &self.calendar.holidays),
                from,
                term,
                policy,
            })
        })
    }

    /// When triage that began at a moment has to be over.
    pub(super) fn triage_due(&self, began: DateTime<Utc>, level: Level) -> Option<DateTime<Utc>> {
        let (_, hours) = self.triage(level)?;
        Some(began + TimeDelta::hours(i64::from(hours)))
    }

    /// What the policies give triage, in words.
    pub(super) fn triage_given(&self, level: Level) -> String {
        match self.triage(level) {
            Some((policy, hours)) => format!("{} gives triage {hours} hours", policy.name),
            None => format!("{} sets triage no limit", self.policy.name),
        }
    }

    fn triage(&self, level: Level) -> Option<(&SlaPolicy, u32)> {
        let limits =
            self.policies.iter().filter_map(|policy| Some((*policy, policy.triage_hours[level.index()]?)));
        limits.min_by_key(|(_, hours)| *hours)
    }
}
