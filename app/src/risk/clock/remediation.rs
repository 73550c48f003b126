//! Rules. The remediation clock: the bounds that hold for it, and how pauses, acceptances and returns move them.

use abate_entity::level::Level;
use chrono::{Days, NaiveDate};

use super::event::{AcceptanceEnd, Judgement};
use super::policy::OnExpiry;
use super::rules::{Rules, Since};

/// From when a bound counts: a level's days from a day, so that another policy can be applied to it, or a day
/// that is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Policy {
        since: Since,
        level: Level,
    },
    Day(NaiveDate),
    /// A day that the directive set; no person moves the due date beyond it.
    Directive(NaiveDate),
}

/// A day that the due date may not pass, moved by the days paused since it was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bound {
    source: Source,
    paused: u32,
}

impl Bound {
    const fn new(source: Source) -> Self {
        Self { source, paused: 0 }
    }

    fn day(&self, rules: &Rules<'_>) -> Option<NaiveDate> {
        let day = match self.source {
            Source::Day(day) | Source::Directive(day) => day,
            Source::Policy { since, level } => rules.deadline(level, since)?,
        };
        Some(rules.add(day, self.paused))
    }
}

/// A pause that runs, and how many bounds it moves: those that were there when it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pause {
    from: NaiveDate,
    days: u32,
    until: NaiveDate,
    bounds: usize,
}

/// What was left when the clock was taken out of the running, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    AlreadyLate,
    Days(u32),
    NoDueDate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Running,
    /// Accepted. Bounds beyond the first `bounds` were added since: they hold from their own day.
    Suspended {
        left: Left,
        since: NaiveDate,
        until: NaiveDate,
        bounds: usize,
    },
    Stopped {
        left: Left,
        /// The days that the directive left, where it set a day.
        by_directive: Option<u32>,
        closed_on: NaiveDate,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remediation {
    sla_start: NaiveDate,
    bounds: Vec<Bound>,
    pause: Option<Pause>,
    /// Days of the pauses that ended.
    paused: u32,
    run: Run,
}

impl Remediation {
    pub(super) fn start(level: Level, since: Since) -> Self {
        let bounds = vec![Bound::new(Source::Policy { since, level })];
        Self { sla_start: since.day, bounds, pause: None, paused: 0, run: Run::Running }
    }

    /// A clock that begins anew; the days that the risk has paused in its life stay counted.
    pub(super) fn start_after(earlier: Option<&Self>, level: Level, since: Since) -> Self {
        Self { paused: earlier.map_or(0, Self::paused_days), ..Self::start(level, since) }
    }

    /// The days of all pauses; one that stands counts in full until it ends.
    pub(super) fn paused_days(&self) -> u32 {
        self.paused + self.pause.map_or(0, |pause| pause.days)
    }

    /// The pause that stands: since when, and until when at most.
    pub(super) fn pause_between(&self) -> Option<(NaiveDate, NaiveDate)> {
        self.pause.map(|pause| (pause.from, pause.until))
    }

    /// The days between which the clock rests under an acceptance.
    pub(super) const fn accepted_between(&self) -> Option<(NaiveDate, NaiveDate)> {
        match self.run {
            Run::Suspended { since, until, .. } => Some((since, until)),
            Run::Running | Run::Stopped { .. } => None,
        }
    }

    /// The day on which the clock stopped.
    pub(super) const fn stopped_on(&self) -> Option<NaiveDate> {
        match self.run {
            Run::Stopped { closed_on, .. } => Some(closed_on),
            Run::Running | Run::Suspended { .. } => None,
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.run == Run::Running
    }

    pub(super) const fn is_stopped(&self) -> bool {
        matches!(self.run, Run::Stopped { .. })
    }

    /// The nearest of all bounds.
    pub(super) fn due(&self, rules: &Rules<'_>) -> Option<NaiveDate> {
        self.bounds.iter().filter_map(|bound| bound.day(rules)).min()
    }

    /// Takes other policies. What was late stays late, also while the clock rests or has stopped, and where a policy
    /// holds no longer, the date that it set stays: time is not given by changing rules. Answers what was kept, in words.
    pub(super) fn take_policies(
        &mut self,
        before: Option<NaiveDate>,
        lost_one: bool,
        rules: &Rules<'_>,
    ) -> Option<&'static str> {
        match &mut self.run {
            Run::Running => {
                let before = before?;
                if !(lost_one || before < rules.today) || !self.hold(before, rules) {
                    return None;
                }
                let late = "; it was late before and still is";
                Some(if before < rules.today { late } else { "; the date that another policy set stays" })
            }
            Run::Suspended { left: Left::AlreadyLate, .. } | Run::Stopped { left: Left::AlreadyLate, .. } => {
                self.hold(before?, rules).then_some("; it was late before and still is")
            }
            Run::Stopped { .. } => None,
            Run::Suspended { left, since, bounds, .. } => {
                let held = self.bounds.iter().take(*bounds).filter_map(|bound| bound.day(rules)).min();
                let after = held.map_or(Left::NoDueDate, |due| Left::Days(rules.count(*since, due)));
                *left = match (*left, after) {
                    (Left::Days(before), Left::Days(after)) if lost_one => Left::Days(before.min(after)),
                    (Left::Days(before), Left::NoDueDate) if lost_one => Left::Days(before),
                    (_, after) => after,
                };
                None
            }
        }
    }

    /// Keeps a day that would move out; answers whether it would have.
    fn hold(&mut self, before: NaiveDate, rules: &Rules<'_>) -> bool {
        let is_later = self.due(rules).is_none_or(|after| after > before);
        if is_later {
            self.bounds.push(Bound::new(Source::Day(before)));
        }
        is_later
    }

    pub(super) fn rise(&mut self, level: Level, rules: &Rules<'_>) -> String {
        let since = rules.today.into();
        self.bounds.push(Bound::new(Source::Policy { since, level }));
        format!("Level rose to {level}: {}, unless it was due before", rules.given(level, since))
    }

    pub(super) fn judge(&mut self, judgement: &Judgement) -> String {
        let Judgement { cve, kev_added, days, row, .. } = judgement;
        let Some(days) = days else {
            return format!("{cve} under the directive ({row}): at the next upgrade of the system");
        };
        let from = kev_added.map_or(self.sla_start, |added| added.max(self.sla_start));
        let day = from.checked_add_days(Days::new(u64::from(*days))).unwrap_or(from);
        self.bounds.push(Bound::new(Source::Directive(day)));
        format!(
            "{cve} under the directive ({row}): {days} calendar days from {from}, unless it was due before"
        )
    }

    /// The nearest day that the directive set.
    pub(super) fn directive_day(&self, rules: &Rules<'_>) -> Option<NaiveDate> {
        directive_day(&self.bounds, rules)
    }

    pub(super) fn pause(&mut self, from: NaiveDate, days: u32, rules: &Rules<'_>) -> String {
        let ended = self.end_pause(rules);
        // What was late when the wait began stays late.
        let late = self.due(rules).is_some_and(|due| due < from);
        let bounds = if late { 0 } else { self.bounds.len() };
        for bound in self.bounds.iter_mut().take(bounds) {
            bound.paused += days;
        }
        self.pause = Some(Pause { from, days, until: rules.add(from, days), bounds });
        let so = if late { ", when it was already late, and stays so" } else { "" };
        let paused = format!("A pause of {} from {from} was approved{so}", rules.policy.spell(days));
        ended.map_or(paused.clone(), |ended| format!("{ended}. {paused}"))
    }

    /// Ends a running pause: only the days that it really took stay on the due date.
    pub(super) fn end_pause(&mut self, rules: &Rules<'_>) -> Option<String> {
        let pause = self.pause.take()?;
        let taken = rules.count(pause.from, rules.today).min(pause.days);
        self.paused += taken;
        for bound in self.bounds.iter_mut().take(pause.bounds) {
            bound.paused = bound.paused.saturating_sub(pause.days - taken);
        }
        let moved = if pause.bounds > 0 { ", by which the due date moved" } else { "" };
        Some(format!("The pause ended after {}{moved}", rules.policy.spell(taken)))
    }

    pub(super) fn suspend(&mut self, until: NaiveDate, rules: &Rules<'_>) -> String {
        if let Run::Suspended { until: last, .. } = &mut self.run {
            *last = until;
            return format!("The acceptance was renewed until {until}");
        }
        let ended = self.end_pause(rules);
        let left = left(&self.bounds, rules.today, rules);
        self.run = Run::Suspended { left, since: rules.today, until, bounds: self.bounds.len() };
        let accepted = match left {
            Left::Days(days) => {
                format!("Accepted until {until}: the clock rests with {} left", rules.policy.spell(days))
            }
            Left::AlreadyLate => format!("Accepted until {until}, when it was already late"),
            Left::NoDueDate => format!("Accepted until {until}"),
        };
        ended.map_or(accepted.clone(), |ended| format!("{ended}. {accepted}"))
    }

    /// Takes the clock up after an acceptance; nothing where there was none. `level` is what set the due date last.
    pub(super) fn resume(
        &mut self,
        because: AcceptanceEnd,
        level: Level,
        rules: &Rules<'_>,
    ) -> Option<String> {
        let Run::Suspended { left, since, until, bounds } = self.run else {
            return None;
        };
        self.run = Run::Running;
        let from = rules.today.min(until);
        let Left::Days(days) = left else {
            return Some(match left {
                Left::AlreadyLate => "The acceptance ended; it was late before and still is".to_owned(),
                _ => "The acceptance ended".to_owned(),
            });
        };
        let (source, mut text) = match rules.policy.on_expiry {
            OnExpiry::Keep => {
                return Some("The acceptance ended: the due date of before holds".to_owned());
            }
            OnExpiry::Restart => {
                let text = format!("The acceptance ended: all days of {level} start again from {from}");
                (Source::Policy { since: from.into(), level }, text)
            }
            OnExpiry::Resume => {
                let (day, text) = resumed(from, days, because, rules);
                (Source::Day(day), text)
            }
        };
        let added = self.bounds.split_off(bounds.min(self.bounds.len()));
        // What the directive left goes on as such: no choice of ours gives its days anew, or away.
        let directive = directive_day(&self.bounds, rules)
            .map(|day| resumed(from, rules.count(since, day), because, rules).0);
        if let (Some(day), OnExpiry::Restart) = (directive, rules.policy.on_expiry) {
            text = format!("{text}, but what the directive left ends on {day}");
        }
        self.bounds = vec![Bound::new(source)];
        self.bounds.extend(directive.map(|day| Bound::new(Source::Directive(day))));
        self.bounds.extend(added);
        Some(text)
    }

    /// Stops the clock as of the day up to which it counts.
    pub(super) fn stop(&mut self, counted_to: NaiveDate, rules: &Rules<'_>) -> String {
        let ended = self.end_pause(rules);
        let days = |bounds: &[Bound], from| directive_day(bounds, rules).map(|day| rules.count(from, day));
        let (left, by_directive) = match self.run {
            Run::Suspended { left: held, since, bounds, .. } => {
                let (before, added) = self.bounds.split_at(bounds.min(self.bounds.len()));
                let by_directive = days(before, since).into_iter().chain(days(added, counted_to)).min();
                (held.min(left(added, counted_to, rules)), by_directive)
            }
            Run::Running | Run::Stopped { .. } => {
                (left(&self.bounds, counted_to, rules), days(&self.bounds, counted_to))
            }
        };
        self.run = Run::Stopped { left, by_directive, closed_on: rules.today };
        let closed = match left {
            Left::AlreadyLate => format!("Closed; counted to {counted_to}, which was late"),
            Left::Days(days) => {
                format!("Closed; counted to {counted_to}, {} before it was due", rules.policy.spell(days))
            }
            Left::NoDueDate => format!("Closed; counted to {counted_to}"),
        };
        ended.map_or(closed.clone(), |ended| format!("{ended}. {closed}"))
    }

    /// Takes the clock up where it stopped, if that is not too long ago for that.
    pub(super) fn take_up(&mut self, rules: &Rules<'_>) -> Option<String> {
        let Run::Stopped { left, by_directive, closed_on } = self.run else {
            return Some("Reopened while the clock was running".to_owned());
        };
        let since = (rules.today - closed_on).num_days();
        if since > i64::from(rules.policy.regression_days) {
            return None;
        }
        self.run = Run::Running;
        let back = format!("Came back {since} days after closing");
        Some(match left {
            Left::Days(days) => {
                self.bounds = vec![Bound::new(Source::Day(rules.add(rules.today, days)))];
                let directive = by_directive.map(|days| Source::Directive(rules.add(rules.today, days)));
                self.bounds.extend(directive.map(Bound::new));
                let days = rules.policy.spell(days);
                format!("{back}: the {days} that were left count from {}", rules.today)
            }
            Left::AlreadyLate => format!("{back}: it was late before and still is"),
            Left::NoDueDate => back,
        })
    }

    pub(super) fn move_to(&mut self, day: NaiveDate, reason: &str, rules: &Rules<'_>) -> String {
        // The day holds as it is: no pause moves it any further.
        let _ = self.end_pause(rules);
        self.bounds.retain(|bound| matches!(bound.source, Source::Directive(_)));
        self.bounds.push(Bound::new(Source::Day(day)));
        if let Run::Suspended { left, bounds, .. } = &mut self.run {
            *left = Left::NoDueDate;
            *bounds = self.bounds.len();
        }
        format!("Moved by hand to {day}: {reason}")
    }
}

/// What the bounds leave from a day on.
fn left(bounds: &[Bound], from: NaiveDate, rules: &Rules<'_>) -> Left {
    match bounds.iter().filter_map(|bound| bound.day(rules)).min() {
        None => Left::NoDueDate,
        Some(due) if due < from => Left::AlreadyLate,
        Some(due) => Left::Days(rules.count(from, due)),
    }
}

/// The nearest of the days that the directive set.
fn directive_day(bounds: &[Bound], rules: &Rules<'_>) -> Option<NaiveDate> {
    let directive = bounds.iter().filter(|bound| matches!(bound.source, Source::Directive(_)));
    directive.filter_map(|bound| bound.day(rules)).min()
}

/// The day to which what was left goes on after an acceptance, and why.
fn resumed(from: NaiveDate, days: u32, because: AcceptanceEnd, rules: &Rules<'_>) -> (NaiveDate, String) {
    let day = rules.add(from, days);
    let left = rules.policy.spell(days);
    let least = rules.policy.floor_business_days;
    let floor = rules.calendar.holidays.add(from, least);
    // Something that got worse deserves no days as a present.
    let has_floor = matches!(because, AcceptanceEnd::Expired | AcceptanceEnd::Revoked);
    if has_floor && floor > day {
        let text = format!(
            "The acceptance ended: {left} would be left from {from}, but at least {least} business days are"
        );
        return (floor, text);
    }
    (day, format!("The acceptance ended: the {left} that were left count from {from}"))
}
