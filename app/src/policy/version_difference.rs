//! Rules. What a new version of a policy or of a calendar says otherwise than the one that holds, in words.

use std::collections::BTreeMap;

use abate_entity::level::Level;

use super::calendar_form::WEEK;
use crate::risk::clock::{SlaCalendar, SlaPolicy};

/// One thing that a version says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// What it is about.
    pub(super) what: String,
    /// What holds now.
    pub(super) old: String,
    /// What would hold.
    pub(super) new: String,
}

/// What a policy would say otherwise; `before` is none where it would be the first of its name.
pub(super) fn of_policy(before: Option<&SlaPolicy>, after: &SlaPolicy) -> Vec<Said> {
    let old = before.map(lines_of_policy).unwrap_or_default();
    between(&old, lines_of_policy(after))
}

/// What a calendar would say otherwise; `before` is none where it would be the first of its name.
pub(super) fn of_calendar(before: Option<&SlaCalendar>, after: &SlaCalendar) -> Vec<Said> {
    let old = before.map(lines_of_calendar).unwrap_or_default();
    let mut said = between(&old, lines_of_calendar(after));
    let none = BTreeMap::new();
    let off_before = before.map_or(&none, |calendar| &calendar.holidays.holidays);
    let off_after = &after.holidays.holidays;
    let word = |name: Option<&String>| match name.map(String::as_str) {
        None => "counts".to_owned(),
        Some("") => "off".to_owned(),
        Some(name) => format!("off: {name}"),
    };
    let days: BTreeMap<_, ()> = off_before.keys().chain(off_after.keys()).map(|day| (*day, ())).collect();
    said.extend(
        days.into_keys()
            .map(|day| Said {
                what: day.to_string(),
                old: word(off_before.get(&day)),
                new: word(off_after.get(&day)),
            })
            .filter(|said| said.old != said.new),
    );
    said
}

/// The lines that are otherwise; what no version said before is empty.
fn between(old: &[(String, String)], new: Vec<(String, String)>) -> Vec<Said> {
    new.into_iter()
        .enumerate()
        .map(|(place, (what, new))| {
            let old = old.get(place).map(|(_, old)| old.clone()).unwrap_or_default();
            Said { what, old, new }
        })
        .filter(|said| said.old != said.new)
        .collect()
}

fn lines_of_policy(policy: &SlaPolicy) -> Vec<(String, String)> {
    let limit = |term: Option<String>| term.unwrap_or_else(|| "no limit".to_owned());
    let worst_first = || Level::ALL.iter().rev();
    let terms = worst_first().map(|level| {
        let term = policy.term_for(*level).map(|term| policy.spell_term(term));
        (format!("Fix of {level}"), limit(term))
    });
    let triage = worst_first().map(|level| {
        let hours = policy.triage_hours[level.index()].map(|hours| format!("{hours} hours"));
        (format!("Triage of {level}"), limit(hours))
    });
    let applies = &policy.applies;
    let tiers: Vec<String> = applies.tiers.iter().map(ToString::to_string).collect();
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let all = |words: String| if words.is_empty() { "all".to_owned() } else { words };
    let others = [
        ("Called", policy.name.clone()),
        ("Days that count", spoken(policy.basis.as_str())),
        ("Counts from", spoken(policy.starts.as_str())),
        ("Directive BOD 26-04", yes(policy.directive)),
        ("When an acceptance ends", policy.on_expiry.to_string()),
        ("Business days left then", policy.floor_business_days.to_string()),
        ("Days in which a return takes up the old clock", policy.regression_days.to_string()),
        ("Hours of grace", policy.grace_hours.to_string()),
        ("Tiers", all(tiers.join(", "))),
        ("Exposure", spoken(applies.exposure.as_str())),
        ("Classes of data", all(applies.data_classes.join(", "))),
        ("Only where asked for", yes(applies.only_where_asked)),
    ];
    let others = others.map(|(what, says)| (what.to_owned(), says));
    terms.chain(triage).chain(others).collect()
}

fn lines_of_calendar(calendar: &SlaCalendar) -> Vec<(String, String)> {
    let works = |number: usize| {
        u8::try_from(number).is_ok_and(|number| calendar.holidays.working_days.contains(&number))
    };
    let days: Vec<&str> = (1..).zip(WEEK).filter(|(number, _)| works(*number)).map(|(_, day)| day).collect();
    vec![
        ("Zone".to_owned(), calendar.zone.name().to_owned()),
        ("Days of the week that count".to_owned(), days.join(", ")),
    ]
}

fn spoken(word: &str) -> String {
    word.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(what: &str, old: &str, new: &str) -> Said {
        Said { what: what.to_owned(), old: old.to_owned(), new: new.to_owned() }
    }

    #[test]
    fn only_what_is_otherwise_is_said() {
        let before = SlaPolicy::standard();
        let mut after = before.clone();
        assert_eq!(of_policy(Some(&before), &after), []);
        after.remediation[Level::High.index()] = Some(7);
        after.triage_hours[Level::Low.index()] = None;
        after.directive = true;
        let expected = [
            said("Fix of high", "30 days", "7 days"),
            said("Triage of low", "336 hours", "no limit"),
            said("Directive BOD 26-04", "no", "yes"),
        ];
        assert_eq!(of_policy(Some(&before), &after), expected);
        assert_eq!(of_policy(None, &before)[0], said("Fix of critical", "", "15 days"));
    }

    #[test]
    fn a_day_off_that_comes_and_one_that_goes() {
        let calendar = |days: &[(&str, &str)]| SlaCalendar {
            zone: chrono_tz::UTC,
            holidays: crate::calendar::business_day::Holidays {
                holidays: days.iter().map(|(day, name)| (day.parse().unwrap(), (*name).to_owned())).collect(),
                ..Default::default()
            },
        };
        let before = calendar(&[("2026-12-25", "Christmas"), ("2026-12-26", "")]);
        let after = calendar(&[("2026-12-25", "Christmas"), ("2027-01-01", "New Year")]);
        let expected = [said("2026-12-26", "off", "counts"), said("2027-01-01", "counts", "off: New Year")];
        assert_eq!(of_calendar(Some(&before), &after), expected);
    }
}
