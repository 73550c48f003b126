//! Rules. To which day a person may move a due date: sooner whenever it is ahead; later only because the level fell or a
//! day off was missing from the calendar, and never what is late, nor beyond what the policy gives from today.

use abate_entity::level::Level;
use abate_entity::text_enum;
use chrono::{DateTime, NaiveDate, Utc};

use super::policy::{SlaPolicy, Versions};
use super::replay::Clock;

text_enum! {
    /// Why a due date may move out.
    pub enum Ground ("ground") {
        /// The level fell since the date was set.
        LevelFell = "level_fell",
        /// The calendar lacked a day off.
        CalendarError = "calendar_error",
    }
}

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// The day.
    pub to: NaiveDate,
    /// Why it may be later than before.
    pub ground: Option<Ground>,
}

/// When the wish is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Now.
    pub now: DateTime<Utc>,
    /// Its local day.
    pub today: NaiveDate,
    /// The last day that the policies give the level from today: see [`latest`].
    pub latest: Option<NaiveDate>,
}

/// The last day that each of the policies gives a level from today, so the strictest counts. A level for which none has a
/// term gets the longest of the first that has one.
#[must_use]
pub fn latest(
    level: Option<Level>,
    (policies, calendar): (&[String], &str),
    versions: &Versions,
    today: NaiveDate,
) -> Option<NaiveDate> {
    let calendar = versions.calendars.get(calendar)?;
    let policies: Vec<&SlaPolicy> = policies.iter().filter_map(|name| versions.policies.get(name)).collect();
    let end = |policy: &SlaPolicy, term| policy.end_of_term(today, term, &calendar.holidays);
    let given = |policy: &&SlaPolicy| Some(end(policy, policy.term_for(level?)?));
    let longest = |policy: &&SlaPolicy| {
        let term = Level::ALL.iter().filter_map(|level| policy.term_for(*level)).max()?;
        Some(end(policy, term))
    };
    policies.iter().filter_map(given).min().or_else(|| policies.iter().find_map(longest))
}

/// What is in the way: the field, the rule and what to do.
pub type Refused = (&'static str, &'static str, String);

/// Everything that is in the way of a wish.
#[must_use]
pub fn check(clock: &Clock, wish: Wish, moment: Moment) -> Vec<Refused> {
    let Wish { to, ground } = wish;
    let mut refused = Vec::new();
    let mut refuse = |field, rule, why: String| refused.push((field, rule, why));
    let due = clock.due.map(|due| due.on);
    if to < moment.today {
        refuse(
            "due_on",
            "due_date_ahead",
            format!("Name a day that is not past: {} or later.", moment.today),
        );
    }
    if due == Some(to) {
        refuse("due_on", "due_date_changes", "It is due on that day already.".to_owned());
    }
    if let Some(latest) = moment.latest.filter(|latest| to > *latest) {
        let why = format!("Name {latest} at the latest: that is all the policy gives this level from today.");
        refuse("due_on", "within_policy", why);
    }
    if let Some(day) = clock.directive_day().filter(|day| to > *day) {
        refuse("due_on", "within_directive", format!("Name {day} at the latest: the directive sets it."));
    }
    if due.is_none_or(|due| to <= due) {
        return refused;
    }
    if clock.due.is_some_and(|due| due.at < moment.now) {
        refuse("due_on", "late_stays_late", "It is late, and stays so: ask for an acceptance.".to_owned());
    }
    match ground {
        Some(Ground::LevelFell) if !clock.level_fell() => {
            let why = "The level has not fallen since the due date was set.".to_owned();
            refuse("ground", "ground_to_move_out", why);
        }
        None if !clock.level_fell() => refuse(
            "ground",
            "ground_to_move_out",
            "A due date moves out only because the level fell (level_fell) or a day off was missing \
             (calendar_error)."
                .to_owned(),
        ),
        _ => {}
    }
    refused
}
