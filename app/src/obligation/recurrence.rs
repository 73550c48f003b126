//! Rules. When a cadence falls due: a recurrence rule, a local start and a zone, to dates and instants.
//!
//! The rule is worked out in local time and only then turned into UTC, so that a run keeps its hour when the
//! clocks change, is never left out in the hour that they skip and never happens twice in the hour that they
//! repeat.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use rrule::{Frequency, RRule, RRuleSet, Unvalidated};
use serde::{Deserialize, Serialize};

use crate::calendar::local_time;

/// The last day of a month that every month has.
const LAST_COMMON_DAY: i8 = 28;

/// How far ahead the first occurrence may lie.
const FARTHEST_START: TimeDelta = TimeDelta::days(366 * 5);

/// How many occurrences are looked at in one go; a daily rule takes 27 years to get there.
const MOST_OCCURRENCES: usize = 10_000;

/// Why a rule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleProblem {
    /// The text is no recurrence rule.
    #[error("\"{rule}\" is no recurrence rule ({cause}): write one such as FREQ=MONTHLY;BYDAY=2TU")]
    NotARule {
        /// The text.
        rule: String,
        /// What the parser says.
        cause: String,
    },
    /// A day that some months do not have.
    #[error(
        "day {day} is missing in some months, and those runs would silently be left out: use a day up to 28, \
         or BYMONTHDAY=-1 for the last day of the month"
    )]
    DayMissingInSomeMonths {
        /// The day.
        day: i8,
    },
    /// More often than daily.
    #[error("a cadence runs daily at most: use FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")]
    TooOften,
    /// The rule carries an hour of its own.
    #[error("the start gives the time of day: leave BYHOUR, BYMINUTE and BYSECOND out of the rule")]
    TimeInRule,
    /// An end that is no day and no instant.
    #[error("\"{until}\" is no end: write UNTIL=20271231 or UNTIL=20271231T235959Z")]
    BadEnd {
        /// The text.
        until: String,
    },
    /// The rule never matches.
    #[error("the rule matches no day in the five years after {start}: change the rule or the start")]
    NeverMatches {
        /// The start as asked.
        start: NaiveDateTime,
    },
}

/// One date of a cadence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Occurrence {
    /// The local day, which together with the cadence names the run.
    pub scheduled_on: NaiveDate,
    /// The instant at which the run begins.
    pub at: DateTime<Utc>,
}

/// A checked rule with its start and zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Recurrence {
    rule: String,
    start: NaiveDateTime,
    zone: Tz,
    set: RRuleSet,
    end: Option<End>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum End {
    Day(NaiveDate),
    Instant(DateTime<Utc>),
}

impl Recurrence {
    /// Checks a rule and moves its start to the first date that matches: libraries disagree about a start
    /// that does not.
    ///
    /// # Errors
    ///
    /// Says what to change in the rule.
    pub fn new(rule: &str, asked_start: NaiveDateTime, zone: Tz) -> Result<Self, RuleProblem> {
        let (rule, end) = split_end(rule)?;
        let asked = build(&rule, asked_start)?;
        let first = asked.into_iter().next().map(|first| first.naive_utc());
        let start = first
            .filter(|start| *start - asked_start <= FARTHEST_START)
            .ok_or(RuleProblem::NeverMatches { start: asked_start })?;
        let set = build(&rule, start)?;
        let recurrence = Self { rule, start, zone, set, end };
        if recurrence.occurrences().next().is_none() {
            return Err(RuleProblem::NeverMatches { start: asked_start });
        }
        Ok(recurrence)
    }

    /// The local time of the first occurrence.
    #[must_use]
    pub const fn start(&self) -> NaiveDateTime {
        self.start
    }

    /// The zone of the start and of every date.
    #[must_use]
    pub const fn zone(&self) -> Tz {
        self.zone
    }

    /// The rule as it is stored: upper case, its end included.
    #[must_use]
    pub fn rule(&self) -> String {
        match self.end {
            None => self.rule.clone(),
            Some(End::Day(day)) => format!("{};UNTIL={}", self.rule, day.format("%Y%m%d")),
            Some(End::Instant(at)) => format!("{};UNTIL={}", self.rule, at.format("%Y%m%dT%H%M%SZ")),
        }
    }

    /// Every occurrence after the first instant, up to and with the second.
    #[must_use]
    pub fn between(&self, after: DateTime<Utc>, up_to: DateTime<Utc>) -> Vec<Occurrence> {
        self.occurrences()
            .skip_while(|occurrence| occurrence.at <= after)
            .take_while(|occurrence| occurrence.at <= up_to)
            .collect()
    }

    /// The first occurrence after an instant; none once the rule has ended.
    #[must_use]
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<Occurrence> {
        self.occurrences().find(|occurrence| occurrence.at > after)
    }

    /// The occurrences from the start on.
    pub fn occurrences(&self) -> impl Iterator<Item = Occurrence> + '_ {
        self.set
            .into_iter()
            .take(MOST_OCCURRENCES)
            .map(|local| Occurrence {
                scheduled_on: local.date_naive(),
                at: local_time::to_utc(self.zone, local.naive_utc()),
            })
            .take_while(|occurrence| match self.end {
                None => true,
                Some(End::Day(day)) => occurrence.scheduled_on <= day,
                Some(End::Instant(at)) => occurrence.at <= at,
            })
    }
}

/// Takes UNTIL out of the rule: it may be a UTC instant, while everything else is local.
fn split_end(rule: &str) -> Result<(String, Option<End>), RuleProblem> {
    let upper = rule.trim().to_ascii_uppercase();
    let text = upper.strip_prefix("RRULE:").unwrap_or(&upper);
    let mut parts = Vec::new();
    let mut end = None;
    for part in text.split(';').filter(|part| !part.is_empty()) {
        match part.strip_prefix("UNTIL=") {
            Some(until) => end = Some(parse_end(until)?),
            None => parts.push(part),
        }
    }
    Ok((parts.join(";"), end))
}

fn parse_end(until: &str) -> Result<End, RuleProblem> {
    if let Ok(day) = NaiveDate::parse_from_str(until, "%Y%m%d") {
        return Ok(End::Day(day));
    }
    NaiveDateTime::parse_from_str(until, "%Y%m%dT%H%M%SZ")
        .map(|at| End::Instant(at.and_utc()))
        .map_err(|_| RuleProblem::BadEnd { until: until.to_owned() })
}

/// Reads a rule as local time: UTC stands in for a zone whose clocks never change.
fn build(rule: &str, start: NaiveDateTime) -> Result<RRuleSet, RuleProblem> {
    let not_a_rule = |cause: &dyn std::fmt::Display| RuleProblem::NotARule {
        rule: rule.to_owned(),
        cause: cause.to_string(),
    };
    if rule.contains(['\n', '\r']) {
        return Err(not_a_rule(&"it has more than one line"));
    }
    let parsed: RRule<Unvalidated> = rule.parse().map_err(|problem| not_a_rule(&problem))?;
    if matches!(parsed.get_freq(), Frequency::Hourly | Frequency::Minutely | Frequency::Secondly) {
        return Err(RuleProblem::TooOften);
    }
    let times = [parsed.get_by_hour(), parsed.get_by_minute(), parsed.get_by_second()];
    if times.iter().any(|times| !times.is_empty()) {
        return Err(RuleProblem::TimeInRule);
    }
    let written = parsed.get_by_month_day().to_vec();
    let set = parsed
        .build(start.and_utc().with_timezone(&rrule::Tz::UTC))
        .map_err(|problem| not_a_rule(&problem))?;
    // A rule without a day takes it from its start, so the built rule is what counts.
    let built = set.get_rrule().iter().flat_map(|rule| rule.get_by_month_day());
    match written.iter().chain(built).copied().find(|day| day.unsigned_abs() > LAST_COMMON_DAY.unsigned_abs())
    {
        Some(day) => Err(RuleProblem::DayMissingInSomeMonths { day }),
        None => Ok(set.limit()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn local(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn london(rule: &str, start: &str) -> Result<Recurrence, RuleProblem> {
        Recurrence::new(rule, local(&format!("{start}T09:00:00")), Tz::Europe__London)
    }

    /// Rule, start as asked, and the first dates.
    const DATES: [(&str, &str, &str); 7] = [
        (
            "FREQ=MONTHLY;BYDAY=2TU",
            "2027-01-01",
            "2027-01-12 2027-02-09 2027-03-09 2027-04-13 2027-05-11 2027-06-08 2027-07-13 2027-08-10 2027-09-14 2027-10-12 2027-11-09 2027-12-14 2028-01-11 2028-02-08",
        ),
        (
            "FREQ=MONTHLY;BYDAY=WE;BYMONTHDAY=9,10,11,12,13,14,15",
            "2027-01-01",
            "2027-01-13 2027-02-10 2027-03-10 2027-04-14 2027-05-12 2027-06-09 2027-07-14 2027-08-11 2027-09-15 2027-10-13 2027-11-10 2027-12-15",
        ),
        (
            "FREQ=MONTHLY;BYDAY=2WE",
            "2027-01-01",
            "2027-01-13 2027-02-10 2027-03-10 2027-04-14 2027-05-12 2027-06-09 2027-07-14 2027-08-11 2027-09-08 2027-10-13 2027-11-10 2027-12-08",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "2026-12-01",
            "2026-12-31 2027-01-29 2027-02-26 2027-03-31 2027-04-30 2027-05-31 2027-06-30 2027-07-30 2027-08-31 2027-09-30 2027-10-29 2027-11-30 2027-12-31 2028-01-31",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=1",
            "2027-01-01",
            "2027-01-01 2027-07-01 2028-01-01 2028-07-01 2029-01-01 2029-07-01",
        ),
        (
            "FREQ=YEARLY;BYMONTH=1,7;BYDAY=2MO",
            "2027-01-01",
            "2027-01-11 2027-07-12 2028-01-10 2028-07-10 2029-01-08 2029-07-09",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO",
            "2027-01-01",
            "2027-01-04 2027-04-05 2027-07-05 2027-10-04 2028-01-03 2028-04-03",
        ),
    ];

    fn dates(recurrence: &Recurrence, count: usize) -> Vec<String> {
        recurrence.occurrences().take(count).map(|found| found.scheduled_on.to_string()).collect()
    }

    #[test]
    fn rules_give_their_dates_and_the_start_moves_to_the_first() {
        for (rule, start, expected) in DATES {
            let recurrence = london(rule, start).unwrap();
            let expected: Vec<_> = expected.split_whitespace().collect();
            assert_eq!(dates(&recurrence, expected.len()), expected, "{rule}");
            assert_eq!(recurrence.start(), local(&format!("{}T09:00:00", expected[0])), "{rule}");
            let again = Recurrence::new(&recurrence.rule(), recurrence.start(), recurrence.zone());
            assert_eq!(again, Ok(recurrence), "what is stored reads back the same");
        }
    }

    #[test]
    fn the_last_day_of_a_month_is_minus_one() {
        let recurrence = london("FREQ=MONTHLY;BYMONTHDAY=-1", "2027-01-31").unwrap();
        assert_eq!(dates(&recurrence, 14)[12..], ["2028-01-31".to_owned(), "2028-02-29".to_owned()]);
    }

    #[test]
    fn days_that_some_months_lack_are_refused_also_when_the_start_implies_them() {
        for (rule, start, day) in [
            ("FREQ=MONTHLY;BYMONTHDAY=31", "2027-01-31", 31),
            ("FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=31", "2026-08-31", 31),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2028-02-29", 29),
            ("FREQ=MONTHLY;BYMONTHDAY=-30", "2027-01-01", -30),
            ("FREQ=MONTHLY", "2027-01-30", 30),
        ] {
            assert_eq!(london(rule, start), Err(RuleProblem::DayMissingInSomeMonths { day }), "{rule}");
        }
    }

    #[test]
    fn what_is_no_calendar_rule_is_refused() {
        assert_eq!(london("FREQ=HOURLY", "2027-01-01"), Err(RuleProblem::TooOften));
        assert_eq!(london("FREQ=DAILY;BYHOUR=3,4", "2027-01-01"), Err(RuleProblem::TimeInRule));
        for rule in ["", "every other day", "0 9 * * 1", "FREQ=DAILY\nEXDATE:20270101", "FREQ=DAILY;COUNT=x"]
        {
            assert!(matches!(london(rule, "2027-01-01"), Err(RuleProblem::NotARule { .. })), "{rule}");
        }
        assert!(matches!(london("FREQ=DAILY;UNTIL=soon", "2027-01-01"), Err(RuleProblem::BadEnd { .. })));
        let ended = london("FREQ=DAILY;UNTIL=20261231", "2027-01-01");
        assert!(matches!(ended, Err(RuleProblem::NeverMatches { .. })));
        let never = london("FREQ=MONTHLY;BYMONTH=2;BYDAY=5MO;BYMONTHDAY=1", "2027-01-01");
        assert!(matches!(never, Err(RuleProblem::NeverMatches { .. })));
    }

    #[test]
    fn an_end_is_a_day_or_an_instant_and_a_count_is_kept() {
        let by_day = london("RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20270118", "2027-01-01").unwrap();
        assert_eq!(dates(&by_day, 9), ["2027-01-04", "2027-01-11", "2027-01-18"]);
        let by_instant = london("FREQ=WEEKLY;UNTIL=20270118T085959Z;BYDAY=MO", "2027-01-01").unwrap();
        assert_eq!(dates(&by_instant, 9), ["2027-01-04", "2027-01-11"]);
        let again = Recurrence::new(&by_instant.rule(), by_instant.start(), by_instant.zone());
        assert_eq!(again, Ok(by_instant));
        assert_eq!(dates(&london("FREQ=WEEKLY;COUNT=2", "2027-01-01").unwrap(), 9).len(), 2);
    }

    #[test]
    fn the_local_hour_stays_when_the_clocks_change() {
        let berlin = Recurrence::new("FREQ=DAILY", local("2027-03-26T02:30:00"), Tz::Europe__Berlin).unwrap();
        let instants: Vec<_> = berlin.occurrences().take(4).map(|found| found.at).collect();
        assert_eq!(
            instants,
            [
                at("2027-03-26T01:30:00Z"),
                at("2027-03-27T01:30:00Z"),
                at("2027-03-28T01:30:00Z"),
                at("2027-03-29T00:30:00Z"),
            ]
        );
        let autumn = berlin.between(at("2027-10-30T12:00:00Z"), at("2027-11-01T12:00:00Z"));
        let instants: Vec<_> = autumn.iter().map(|found| found.at).collect();
        assert_eq!(instants, [at("2027-10-31T00:30:00Z"), at("2027-11-01T01:30:00Z")]);
    }

    proptest! {
        /// Wherever a span is cut, its halves hold each occurrence once, in order, and the next one after the
        /// first half begins the second.
        #[test]
        fn spans_neither_lose_nor_repeat(
            rule in proptest::sample::select(DATES.as_slice()), days in 1_i64..900, cut in 0_i64..900, hour in 0_u32..24,
        ) {
            let start = local(&format!("{}T00:30:00", rule.1)) + TimeDelta::hours(i64::from(hour));
            let recurrence = Recurrence::new(rule.0, start, Tz::Europe__Berlin).unwrap();
            let begin = at("2026-12-15T00:00:00Z");
            let middle = begin + TimeDelta::days(cut.min(days));
            let end = begin + TimeDelta::days(days);
            let whole = recurrence.between(begin, end);
            let second = recurrence.between(middle, end);
            let mut halves = recurrence.between(begin, middle);
            halves.extend(second.iter().copied());
            prop_assert_eq!(&halves, &whole);
            prop_assert!(whole.is_sorted_by(|one, two| one.at < two.at && one.scheduled_on < two.scheduled_on));
            if let Some(first) = second.first() {
                prop_assert_eq!(recurrence.next_after(middle), Some(*first));
            }
        }
    }
}
