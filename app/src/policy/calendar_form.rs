//! A calendar as people and scripts write it, and what is wrong with it.

use chrono::{Datelike as _, NaiveDate, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::calendar::business_day::Holidays;
use crate::platform::problem::{FieldProblem, Problem};
use crate::risk::clock::SlaCalendar;

/// Most days off.
const MOST_HOLIDAYS: usize = 2_000;
/// Longest name of a day off.
const LONGEST_NAME: usize = 100;
/// The years in which a day off may lie.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2200;

/// A calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarForm {
    /// The zone whose days count, as Europe/London.
    pub zone: String,
    /// The days of the week that are worked, as monday.
    #[serde(default = "monday_to_friday")]
    pub working_days: Vec<String>,
    /// Days off.
    #[serde(default)]
    pub holidays: Vec<HolidayForm>,
}

/// A day off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HolidayForm {
    /// The day.
    pub day: NaiveDate,
    /// What it is called.
    #[serde(default)]
    pub name: String,
}

/// The days of the week, as words.
pub(super) const WEEK: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn monday_to_friday() -> Vec<String> {
    WEEK[..5].iter().map(|day| (*day).to_owned()).collect()
}

impl From<&SlaCalendar> for CalendarForm {
    fn from(calendar: &SlaCalendar) -> Self {
        let works = |number: usize| {
            u8::try_from(number).is_ok_and(|number| calendar.holidays.working_days.contains(&number))
        };
        Self {
            zone: calendar.zone.name().to_owned(),
            working_days: (1..)
                .zip(WEEK)
                .filter(|(number, _)| works(*number))
                .map(|(_, day)| day.to_owned())
                .collect(),
            holidays: calendar
                .holidays
                .holidays
                .iter()
                .map(|(day, name)| HolidayForm { day: *day, name: name.clone() })
                .collect(),
        }
    }
}

impl CalendarForm {
    /// Reads it.
    ///
    /// # Errors
    /// 422 naming each field that is wrong, with the rule that it breaks.
    pub fn read(&self) -> Result<SlaCalendar, Problem> {
        let mut wrong = Vec::new();
        let mut say =
            |field: String, rule, detail: String| wrong.push(FieldProblem::new(field, detail).by(rule));
        let zone = self.zone.parse::<Tz>().ok();
        if zone.is_none() {
            let detail = format!("There is no zone \"{}\"; use one as Europe/London.", self.zone);
            say("zone".to_owned(), "known_zone", detail);
        }
        let mut holidays = Holidays { working_days: [].into(), ..Holidays::default() };
        for (index, word) in self.working_days.iter().enumerate() {
            match word.parse::<Weekday>() {
                Ok(day) => {
                    holidays.working_days.extend(u8::try_from(day.number_from_monday()));
                }
                Err(_) => {
                    let detail = format!("\"{word}\" is no day of the week; use monday to sunday.");
                    say(format!("working_days[{index}]"), "known_word", detail);
                }
            }
        }
        if self.working_days.is_empty() {
            say(
                "working_days".to_owned(),
                "works_some_days",
                "Name one day of the week at least.".to_owned(),
            );
        }
        if self.holidays.len() > MOST_HOLIDAYS {
            say("holidays".to_owned(), "most_holidays", format!("Name at most {MOST_HOLIDAYS} days."));
        }
        for (index, HolidayForm { day, name }) in self.holidays.iter().enumerate() {
            if !YEARS.contains(&day.year()) {
                let detail = format!("{day} is not within the years {} to {}.", YEARS.start(), YEARS.end());
                say(format!("holidays[{index}].day"), "years_of_holidays", detail);
            }
            if name.chars().count() > LONGEST_NAME || name.contains('\0') {
                let detail = format!("Use at most {LONGEST_NAME} characters.");
                say(format!("holidays[{index}].name"), "length_of_a_name", detail);
            }
            holidays.holidays.insert(*day, name.trim().to_owned());
        }
        if wrong.is_empty() && !holidays.leaves_business_days() {
            let detail = "A whole year would have no business day; take out some of the days off.";
            wrong.push(FieldProblem::new("holidays", detail).by("works_some_days"));
        }
        match zone {
            Some(zone) if wrong.is_empty() => Ok(SlaCalendar { zone, holidays }),
            _ => Err(Problem::all_invalid(wrong)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(zone: &str, working_days: &[&str], holidays: &[&str]) -> CalendarForm {
        CalendarForm {
            zone: zone.to_owned(),
            working_days: working_days.iter().map(|day| (*day).to_owned()).collect(),
            holidays: holidays
                .iter()
                .map(|day| HolidayForm { day: day.parse().unwrap(), name: "a day off".to_owned() })
                .collect(),
        }
    }

    fn rules(form: &CalendarForm) -> Vec<(String, &'static str)> {
        let problem = form.read().unwrap_err();
        problem.errors().iter().map(|error| (error.field.clone(), error.rule.unwrap_or_default())).collect()
    }

    #[test]
    fn a_calendar_is_read_as_it_is_written() {
        let written = form("Asia/Tokyo", &["sunday", "monday"], &["2027-01-01"]);
        let read = written.read().unwrap();
        assert_eq!(CalendarForm::from(&read).read().unwrap(), read);
        assert_eq!(CalendarForm::from(&read).working_days, ["monday", "sunday"]);
    }

    #[test]
    fn a_calendar_without_working_days_is_refused() {
        assert_eq!(
            rules(&form("Mars/Base", &[], &[])),
            [("zone".to_owned(), "known_zone"), ("working_days".to_owned(), "works_some_days"),]
        );
        let found = rules(&form("Europe/London", &["monday", "moonday"], &["1969-12-31"]));
        assert_eq!(
            found,
            [
                ("working_days[1]".to_owned(), "known_word"),
                ("holidays[0].day".to_owned(), "years_of_holidays"),
            ]
        );
        let mut all_off = form("Europe/London", &["monday"], &[]);
        let first: NaiveDate = "2027-01-04".parse().unwrap();
        all_off.holidays =
            first.iter_weeks().take(60).map(|day| HolidayForm { day, name: String::new() }).collect();
        assert_eq!(rules(&all_off), [("holidays".to_owned(), "works_some_days")]);
    }
}
