//! Rules. Who is told when that a risk comes due or is late, each step once, and who may put it off for how long.

use std::collections::{BTreeMap, BTreeSet};

use abate_entity::level::Level;
use abate_entity::text_enum;
use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use super::quiet_rules::Hours;
use crate::calendar::business_day::Holidays;
use crate::calendar::local_time::{local_date, to_utc};

/// The time of day of the steps that belong to a day.
const MORNING: NaiveTime = match NaiveTime::from_hms_opt(9, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};
/// A risk that has no more days than this has a ladder of hours.
const SHORT_DAYS: i64 = 3;
/// How far ahead of a due date the first step of the long ladder lies at most.
const FARTHEST_AHEAD: Duration = Duration::days(16);
/// How far after it the last one lies at most, with holidays.
const FARTHEST_BEHIND: Duration = Duration::days(60);
/// How often somebody may put off what they are told of one due date.
const MOST_SNOOZES: usize = 3;
/// For how long at most.
const LONGEST_SNOOZE: Duration = Duration::days(14);

text_enum! {
    /// A step of the ladder.
    pub enum Step ("step") {
        /// Two weeks before.
        Before14 = "T-14",
        /// A week before.
        Before7 = "T-7",
        /// Three days before.
        Before3 = "T-3",
        /// The day before.
        Before1 = "T-1",
        /// It is late.
        Late = "T",
        /// Three business days late.
        Late3 = "T+3",
        /// Seven business days late.
        Late7 = "T+7",
        /// A short one begins.
        Hour0 = "H0",
        /// A day of a short one has passed.
        Hour24 = "H24",
        /// Two days have.
        Hour48 = "H48",
        /// Two and a half have.
        Hour60 = "H60",
        /// Three have.
        Hour72 = "H72",
        /// Nobody has answered for it for a business day.
        Unowned = "unowned",
        /// Its owner left a business day ago, and nobody took over.
        Left = "left",
    }
}

/// Whom a step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Who answers for the risk.
    Owner,
    /// Who answers for it, and who leads the team.
    OwnerAndLead,
    /// Who leads the team.
    Lead,
    /// The head of security.
    HeadOfSecurity,
    /// The executive.
    Executive,
}

/// What the ladder looks at.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// The due date.
    pub on: NaiveDate,
    /// Its last moment.
    pub at: DateTime<Utc>,
    /// The zone of that day.
    pub zone: Tz,
    /// When its clock started.
    pub started_at: DateTime<Utc>,
    /// When it came to be known.
    pub known_at: DateTime<Utc>,
}

/// A step with its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The step.
    pub step: Step,
    /// Its moment.
    pub at: DateTime<Utc>,
    /// Whom it is for.
    pub audience: Audience,
}

/// The steps towards a due date and beyond, in their order.
#[must_use]
pub fn steps(due: &Due, holidays: &Holidays) -> Vec<Planned> {
    let days = (due.on - local_date(due.zone, due.started_at)).num_days();
    if days <= SHORT_DAYS {
        return [
            (Step::Hour0, 0, Audience::Owner),
            (Step::Hour24, 24, Audience::Owner),
            (Step::Hour48, 48, Audience::OwnerAndLead),
            (Step::Hour60, 60, Audience::HeadOfSecurity),
            (Step::Hour72, 72, Audience::Executive),
        ]
        .map(|(step, hours, audience)| Planned {
            step,
            at: due.started_at + Duration::hours(hours),
            audience,
        })
        .to_vec();
    }
    let morning = |day: NaiveDate| to_utc(due.zone, day.and_time(MORNING));
    let before = |days: u64| morning(due.on.checked_sub_days(Days::new(days)).unwrap_or(due.on));
    // Not before the due date is over, also where the clocks change that night.
    let after = |days: u32| morning(holidays.add(due.on, days)).max(due.at);
    [
        (Step::Before14, before(14), Audience::Owner),
        (Step::Before7, before(7), Audience::Owner),
        (Step::Before3, before(3), Audience::Owner),
        (Step::Before1, before(1), Audience::Owner),
        (Step::Late, due.at, Audience::OwnerAndLead),
        (Step::Late3, after(3), Audience::HeadOfSecurity),
        (Step::Late7, after(7), Audience::Executive),
    ]
    .map(|(step, at, audience)| Planned { step, at, audience })
    .to_vec()
}

/// The due dates that may have reached a step of the long ladder after one moment and up to another, whatever their zones.
#[must_use]
pub fn due_days(after: DateTime<Utc>, until: DateTime<Utc>, holidays: &Holidays) -> Vec<NaiveDate> {
    // A local time of a day is up to 14 hours earlier in UTC, or 12 later; an hour more leaves room for changed clocks.
    let meets = |day: NaiveDate, hour: i64| {
        let begins = day.and_time(NaiveTime::MIN).and_utc() + Duration::hours(hour);
        begins - Duration::hours(15) <= until && begins + Duration::hours(13) >= after
    };
    let mornings = |on: NaiveDate| {
        let before = [14, 7, 3, 1].into_iter().filter_map(move |days| on.checked_sub_days(Days::new(days)));
        before.chain([holidays.add(on, 3), holidays.add(on, 7)])
    };
    let first = (after - FARTHEST_BEHIND).date_naive();
    let last = (until + FARTHEST_AHEAD).date_naive();
    first
        .iter_days()
        .take_while(|on| *on <= last)
        .filter(|on| meets(*on, 24) || mornings(*on).any(|day| meets(day, 9)))
        .collect()
}

/// The step for a risk that nobody has answered for since then: a business day later.
#[must_use]
pub fn unowned(since: DateTime<Utc>, owner_left: bool, zone: Tz, holidays: &Holidays) -> Planned {
    let local = since.with_timezone(&zone).naive_local();
    let at = to_utc(zone, holidays.add(local.date(), 1).and_time(local.time()));
    let (step, audience) =
        if owner_left { (Step::Left, Audience::HeadOfSecurity) } else { (Step::Unowned, Audience::Lead) };
    Planned { step, at, audience }
}

/// Somebody whom a step may be for.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// Their number, 0 for the channel.
    pub id: i64,
    /// When they may be told things; none for the channel.
    pub hours: Option<Hours>,
    /// Until when they put it off.
    pub snoozed_until: Option<DateTime<Utc>>,
}

/// A step that was reached, for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The step.
    pub step: Step,
    /// Whom it is for.
    pub user_id: i64,
    /// Its moment.
    pub about_at: DateTime<Utc>,
    /// When they may be told; none when a later step tells them.
    pub tell_at: Option<DateTime<Utc>>,
}

/// The steps that were reached and not noted yet. Each is noted once, whoever it is for, in their order; of those that
/// were reached since the last look, each person is told the latest only. Of what lies before the risk was known, only
/// the latest step of its owner counts: nobody is told of an escalation that could not have been avoided.
#[must_use]
pub fn reached(
    steps: &[Planned],
    known_at: DateTime<Utc>,
    noted: &BTreeSet<Step>,
    people: impl Fn(Audience) -> Vec<Person>,
    level: Level,
    holidays: &Holidays,
    now: DateTime<Utc>,
) -> Vec<Reached> {
    let due: Vec<&Planned> =
        steps.iter().filter(|step| step.at <= now && !noted.contains(&step.step)).collect();
    let old_step = due
        .iter()
        .rev()
        .find(|step| step.at <= known_at && step.audience <= Audience::Lead)
        .map(|step| step.step);
    let mut latest: BTreeMap<i64, Step> = BTreeMap::new();
    let mut found = Vec::new();
    for planned in due {
        let counts = planned.at > known_at || Some(planned.step) == old_step;
        for person in people(planned.audience) {
            if counts {
                latest.insert(person.id, planned.step);
            }
            found.push((planned, person));
        }
    }
    found
        .into_iter()
        .map(|(planned, person)| {
            let told = latest.get(&person.id) == Some(&planned.step);
            Reached {
                step: planned.step,
                user_id: person.id,
                about_at: planned.at,
                tell_at: told.then(|| tell_at(planned.at.max(now), person, level, holidays)),
            }
        })
        .collect()
}

/// When a person is told of something that happens at a moment: at once what is critical.
fn tell_at(at: DateTime<Utc>, person: Person, level: Level, holidays: &Holidays) -> DateTime<Utc> {
    let at = person.snoozed_until.map_or(at, |until| at.max(until));
    match person.hours {
        Some(hours) if level != Level::Critical => hours.next_moment(at, holidays),
        _ => at,
    }
}

/// Why something cannot be put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSnooze {
    /// It has no due date, or that has passed.
    #[error("There is nothing to put off: it has no due date, or that has passed.")]
    NothingDue,
    /// It was put off too often.
    #[error("It was put off three times for this due date; that is all there is.")]
    UsedUp,
    /// That is not in the future.
    #[error("Name a moment in the future.")]
    Past,
    /// That is too far away.
    #[error("Put it off for 14 days at most.")]
    TooLong,
    /// That is after the due date.
    #[error("It cannot be put off beyond its due date.")]
    BeyondDue,
}

impl NoSnooze {
    /// The rule's name, for scripts.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::NothingDue => "due",
            Self::UsedUp => "three_snoozes",
            Self::Past => "future",
            Self::TooLong => "fourteen_days",
            Self::BeyondDue => "within_due_date",
        }
    }
}

/// Whether a risk may be put off until then by somebody who did so `used` times for this due date.
///
/// # Errors
/// Why not.
pub fn snooze(
    until: DateTime<Utc>,
    due_at: Option<DateTime<Utc>>,
    used: usize,
    now: DateTime<Utc>,
) -> Result<(), NoSnooze> {
    let due_at = due_at.filter(|due_at| *due_at > now).ok_or(NoSnooze::NothingDue)?;
    match () {
        () if used >= MOST_SNOOZES => Err(NoSnooze::UsedUp),
        () if until <= now => Err(NoSnooze::Past),
        () if until > due_at => Err(NoSnooze::BeyondDue),
        () if until - now > LONGEST_SNOOZE => Err(NoSnooze::TooLong),
        () => Ok(()),
    }
}

#[cfg(test)]
mod tests;
