//! Rules. Who has to be told of which class of data by when, and when people are reminded of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::calendar::local_time::{end_of_day, local_date};

/// Most hours of a clock.
const MOST_HOURS: u32 = 24 * 365;
/// Most days of a clock.
const MOST_DAYS: u32 = 365;

/// A rule: when data of a class is concerned, an authority has to be told in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotifyRule {
    /// The class of data, as pii.
    pub data_class: String,
    /// Who has to be told.
    pub authority: String,
    /// Hours from the moment of awareness, counted one by one also where clocks change.
    #[serde(default)]
    pub clock_hours: Option<u32>,
    /// Days from the day of awareness; the last one counts to its end.
    #[serde(default)]
    pub clock_days: Option<u32>,
    /// What asks for it.
    #[serde(default)]
    pub legal_basis: String,
    /// How they are reached.
    #[serde(default)]
    pub contact: String,
}

/// The rules that an organisation starts with. They are a beginning, and not advice.
#[must_use]
pub fn first() -> Vec<NotifyRule> {
    let rule = |class: &str, authority: &str, hours, days, basis: &str| NotifyRule {
        data_class: class.to_owned(),
        authority: authority.to_owned(),
        clock_hours: hours,
        clock_days: days,
        legal_basis: format!("{basis}; check with counsel"),
        contact: String::new(),
    };
    vec![
        rule("pii", "Data protection authority", Some(72), None, "GDPR Art. 33"),
        rule("phi", "Affected people", None, Some(60), "HIPAA 45 CFR 164.404"),
        rule("phi", "Department of Health and Human Services", None, Some(60), "HIPAA 45 CFR 164.408"),
        rule("pci", "Acquiring bank", Some(24), None, "PCI DSS 12.10 and the card brands' rules"),
    ]
}

impl NotifyRule {
    /// What is wrong with it: the field, and why.
    #[must_use]
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        let line = |text: &str| text.chars().count() <= 300 && !text.chars().any(char::is_control);
        let texts = [
            ("data_class", &self.data_class),
            ("authority", &self.authority),
            ("legal_basis", &self.legal_basis),
            ("contact", &self.contact),
        ];
        if let Some((field, _)) = texts.into_iter().find(|(_, text)| !line(text)) {
            return Some((field, "Use one line of at most 300 characters."));
        }
        match (self.clock_hours, self.clock_days) {
            _ if self.data_class.trim().is_empty() => Some(("data_class", "Name the class of data.")),
            _ if self.authority.trim().is_empty() => Some(("authority", "Say who has to be told.")),
            (Some(1..=MOST_HOURS), None) | (None, Some(1..=MOST_DAYS)) => None,
            (Some(_), None) => Some(("clock_hours", "Give 1 to 8760 hours.")),
            (None, Some(_)) => Some(("clock_days", "Give 1 to 365 days.")),
            (Some(_), Some(_)) => Some(("clock_days", "Give hours or days, not both.")),
            (None, None) => Some(("clock_hours", "Give a clock in hours or in days.")),
        }
    }

    /// The clock in words.
    #[must_use]
    pub fn clock(&self) -> String {
        match (self.clock_hours, self.clock_days) {
            (Some(hours), _) => format!("{hours} hours from awareness"),
            (None, days) => format!("{} days from awareness", days.unwrap_or_default()),
        }
    }

    /// By when, for somebody who became aware at `aware_at` in `zone`.
    #[must_use]
    pub fn due_at(&self, aware_at: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        match (self.clock_hours, self.clock_days) {
            (Some(hours), _) => aware_at + TimeDelta::hours(i64::from(hours)),
            (None, days) => {
                let days = Days::new(u64::from(days.unwrap_or_default()));
                let first = local_date(zone, aware_at);
                end_of_day(zone, first.checked_add_days(days).unwrap_or(first))
            }
        }
    }
}

/// For each authority that classes of data ask for, the rule whose clock ends first, with that moment.
#[must_use]
pub fn duties<'a>(
    rules: &'a [NotifyRule],
    classes: &[String],
    aware_at: DateTime<Utc>,
    zone: Tz,
) -> Vec<(&'a NotifyRule, DateTime<Utc>)> {
    let mut strictest: BTreeMap<&str, (&NotifyRule, DateTime<Utc>)> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| classes.contains(&rule.data_class)) {
        let due = rule.due_at(aware_at, zone);
        let known = strictest.entry(&rule.authority).or_insert((rule, due));
        if due < known.1 {
            *known = (rule, due);
        }
    }
    strictest.into_values().collect()
}

/// How far a duty's time has run: 0 at first, then 1 at half of it, 2 at three quarters, 3 at nine tenths, 4 when it
/// is over, and one more each day.
#[must_use]
pub fn stage(aware_at: DateTime<Utc>, due_at: DateTime<Utc>, now: DateTime<Utc>) -> i32 {
    if now >= due_at {
        return i32::try_from((now - due_at).num_days()).unwrap_or(i32::MAX - 4).saturating_add(4);
    }
    let (whole, gone) = ((due_at - aware_at).num_seconds().max(1), (now - aware_at).num_seconds());
    [50, 75, 90].into_iter().filter(|percent| gone * 100 >= whole * percent).count().try_into().unwrap_or(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn rule(class: &str, authority: &str, hours: Option<u32>, days: Option<u32>) -> NotifyRule {
        NotifyRule {
            data_class: class.to_owned(),
            authority: authority.to_owned(),
            clock_hours: hours,
            clock_days: days,
            legal_basis: String::new(),
            contact: String::new(),
        }
    }

    #[test]
    fn seventy_two_hours_are_as_long_where_clocks_change() {
        for (zone, aware, local_due) in [
            ("Europe/Berlin", "2026-03-27T19:00:00Z", "2026-03-30T21:00:00+02:00"),
            ("Europe/Berlin", "2026-10-24T18:00:00Z", "2026-10-27T19:00:00+01:00"),
            ("America/New_York", "2026-03-07T01:00:00Z", "2026-03-09T21:00:00-04:00"),
            ("America/New_York", "2026-10-31T00:00:00Z", "2026-11-02T19:00:00-05:00"),
            ("Australia/Sydney", "2026-04-03T09:00:00Z", "2026-04-06T19:00:00+10:00"),
            ("Australia/Sydney", "2026-10-02T10:00:00Z", "2026-10-05T21:00:00+11:00"),
        ] {
            let zone: Tz = zone.parse().unwrap();
            let due = rule("pii", "x", Some(72), None).due_at(at(aware), zone);
            assert_eq!(due - at(aware), TimeDelta::hours(72));
            assert_eq!(due.with_timezone(&zone).to_rfc3339(), local_due, "{zone}");
        }
    }

    #[test]
    fn days_end_with_the_last_of_them_where_the_organisation_is() {
        for (zone, due) in [
            ("Europe/London", "2026-05-01T22:59:59Z"),
            ("America/New_York", "2026-05-01T03:59:59Z"),
            ("Africa/Cairo", "2026-05-01T20:59:59Z"),
        ] {
            let found =
                rule("phi", "x", None, Some(60)).due_at(at("2026-03-02T01:00:00Z"), zone.parse().unwrap());
            assert_eq!(found, at(due), "{zone}");
        }
    }

    #[test]
    fn of_several_rules_for_one_authority_the_earliest_counts() {
        let rules = [
            rule("pii", "Authority", Some(72), None),
            rule("fin", "Authority", Some(24), None),
            rule("phi", "Authority", None, Some(60)),
            rule("pii", "Insurer", None, Some(3)),
        ];
        let classes = ["pii", "fin", "phi"].map(str::to_owned);
        let found = duties(&rules, &classes, at("2026-03-02T09:00:00Z"), Tz::UTC);
        let found: Vec<_> = found.iter().map(|(rule, due)| (rule.data_class.as_str(), *due)).collect();
        assert_eq!(found, [("fin", at("2026-03-03T09:00:00Z")), ("pii", at("2026-03-05T23:59:59Z"))]);
        assert!(duties(&rules, &[], at("2026-03-02T09:00:00Z"), Tz::UTC).is_empty());
    }

    #[test]
    fn people_are_reminded_at_half_three_quarters_nine_tenths_the_end_and_each_day_after() {
        let (aware, due) = (at("2026-03-02T00:00:00Z"), at("2026-03-06T04:00:00Z"));
        for (hours, expected) in [
            (0, 0),
            (49, 0),
            (50, 1),
            (74, 1),
            (75, 2),
            (89, 2),
            (90, 3),
            (99, 3),
            (100, 4),
            (123, 4),
            (124, 5),
        ] {
            assert_eq!(stage(aware, due, aware + TimeDelta::hours(hours)), expected, "{hours}");
        }
    }

    #[test]
    fn a_rule_has_one_clock() {
        assert!(first().iter().all(|rule| rule.problem().is_none() && rule.legal_basis.contains("counsel")));
        for (hours, days, field) in [
            (None, None, "clock_hours"),
            (Some(0), None, "clock_hours"),
            (None, Some(0), "clock_days"),
            (None, Some(366), "clock_days"),
            (Some(1), Some(1), "clock_days"),
        ] {
            assert_eq!(rule("pii", "x", hours, days).problem().map(|found| found.0), Some(field));
        }
        assert_eq!(rule(" ", "x", Some(1), None).problem().map(|found| found.0), Some("data_class"));
        assert_eq!(rule("pii", "", Some(1), None).problem().map(|found| found.0), Some("authority"));
    }

    proptest! {
        #[test]
        fn stages_never_fall(first in 0_i64..20_000_000, later in 0_i64..20_000_000, length in 1_i64..10_000_000) {
            let aware = at("2026-03-02T00:00:00Z");
            let due = aware + TimeDelta::seconds(length);
            let stage = |after| stage(aware, due, aware + TimeDelta::seconds(after));
            prop_assert!(stage(first) <= stage(first + later));
        }
    }
}
