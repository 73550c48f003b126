//! Rules. Due dates as a reader wants them: the day, and how far away it is in words.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;

/// Days before the due date from which a date is marked as soon.
pub const SOON_DAYS: i64 = 14;

/// A due date ready to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// `4 Nov 2026`; empty when there is no date.
    pub date: String,
    /// `2026-11-04`, for `<time datetime>`.
    pub iso: String,
    /// `late by 17 days`, `in 3 days`, `met`.
    pub words: String,
    /// `due-late`, `due-soon`, `due-calm`, `due-met` or `due-none`.
    pub class: &'static str,
}

impl Due {
    /// A date that a clock is running towards.
    pub fn running(due: NaiveDate, today: NaiveDate) -> Self {
        let left = (due - today).num_days();
        let class = match left {
            ..0 => "due-late",
            0..=SOON_DAYS => "due-soon",
            _ => "due-calm",
        };
        Self { date: day(due), iso: due.to_string(), words: distance(left), class }
    }

    /// The date of a clock that stopped on `stopped`.
    pub fn stopped(due: NaiveDate, stopped: NaiveDate) -> Self {
        let late = (stopped - due).num_days();
        let (words, class) = match late {
            ..=0 => ("met".to_owned(), "due-met"),
            late => (format!("missed by {}", days(late)), "due-late"),
        };
        Self { date: day(due), iso: due.to_string(), words, class }
    }

    /// A date that stands still, with the reason in words ("suspended while accepted").
    pub fn resting(due: NaiveDate, words: impl Into<String>) -> Self {
        Self { date: day(due), iso: due.to_string(), words: words.into(), class: "due-calm" }
    }

    /// No date yet, with the reason in words ("set when confirmed").
    pub fn none(words: impl Into<String>) -> Self {
        Self { date: String::new(), iso: String::new(), words: words.into(), class: "due-none" }
    }

    /// Whether the date has passed while the clock runs, or had passed when it stopped.
    pub fn is_late(&self) -> bool {
        self.class == "due-late"
    }
}

/// How far a day is from today: `late by 17 days`, `today`, `tomorrow`, `in 3 days`.
pub fn distance(days_left: i64) -> String {
    match days_left {
        ..0 => format!("late by {}", days(-days_left)),
        0 => "today".into(),
        1 => "tomorrow".into(),
        left => format!("in {}", days(left)),
    }
}

/// `1 day`, `17 days`.
pub fn days(count: i64) -> String {
    if count == 1 { "1 day".into() } else { format!("{count} days") }
}

/// A day as printed everywhere: `4 Nov 2026`.
pub fn day(date: NaiveDate) -> String {
    format!("{} {} {}", date.day(), date.format("%b"), date.year())
}

/// A sentence with its days as pages print them: `2026-11-04` becomes `4 Nov 2026`.
pub fn in_words(sentence: &str) -> String {
    let mut told = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some(first) = rest.chars().next() {
        let stands_alone = !told.ends_with(|before: char| before.is_ascii_alphanumeric() || before == '-');
        let date = rest.get(..10).filter(|_| stands_alone && first.is_ascii_digit());
        let date = date
            .filter(|_| !rest[10..].starts_with(|next: char| next.is_ascii_alphanumeric() || next == '-'));
        match date.and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()) {
            Some(date) => {
                told.push_str(&day(date));
                rest = &rest[10..];
            }
            None => {
                told.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    told
}

/// A moment in the organisation's zone: `4 Nov 2026, 23:59`.
pub fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    let local = at.with_timezone(&zone);
    format!("{}, {}", day(local.date_naive()), local.format("%H:%M"))
}

/// A moment as pages print it: words for people, the instant for `<time datetime>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// `4 Nov 2026, 23:59`.
    pub words: String,
    /// RFC 3339, in UTC.
    pub iso: String,
}

impl Moment {
    /// The moment `at`, in the organisation's zone.
    pub fn new(at: DateTime<Utc>, zone: Tz) -> Self {
        Self { words: moment(at, zone), iso: at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn words_follow_the_distance() {
        let today = date("2026-11-21");
        assert_eq!(Due::running(date("2026-11-04"), today).words, "late by 17 days");
        assert_eq!(Due::running(date("2026-11-20"), today).words, "late by 1 day");
        assert_eq!(Due::running(today, today).words, "today");
        assert_eq!(Due::running(date("2026-11-22"), today).words, "tomorrow");
        assert_eq!(Due::running(date("2027-01-03"), today).words, "in 43 days");
        assert_eq!(Due::stopped(date("2026-11-04"), date("2026-11-04")).words, "met");
        assert_eq!(Due::stopped(date("2026-11-04"), date("2026-11-06")).words, "missed by 2 days");
    }

    #[test]
    fn days_in_a_sentence_are_told_as_elsewhere() {
        assert_eq!(in_words("No later than 2026-12-21."), "No later than 21 Dec 2026.");
        assert_eq!(in_words("2026-12-01 to 2026-12-31"), "1 Dec 2026 to 31 Dec 2026");
        for other in
            ["CVE-2026-12-31", "2026-13-01", "2026-12-011", "12026-12-01", "2026-12-01T10:00", "é2026-1", ""]
        {
            assert_eq!(in_words(other), other);
        }
    }

    #[test]
    fn a_moment_is_told_in_the_organisations_zone() {
        let at: DateTime<Utc> = "2026-11-04T23:30:00Z".parse().unwrap();
        assert_eq!(moment(at, chrono_tz::Europe::London), "4 Nov 2026, 23:30");
        assert_eq!(moment(at, chrono_tz::Asia::Tokyo), "5 Nov 2026, 08:30");
    }

    proptest! {
        #[test]
        fn late_means_that_the_day_is_over(offset in -4000i64..4000) {
            let today = date("2026-11-21");
            let due = Due::running(today + chrono::Duration::days(offset), today);
            prop_assert_eq!(due.is_late(), offset < 0);
            prop_assert_eq!(due.class == "due-soon", (0..=SOON_DAYS).contains(&offset));
        }
    }
}
