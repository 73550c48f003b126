//! Rules. The clocks as a fold over events: each event changes them and adds lines to their explanation.

use std::collections::BTreeMap;

use abate_entity::level::Level;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::event::{AcceptanceEnd, ClockEvent, Happening, Judgement};
use super::policy::{SlaPolicy, Versions};
use super::remediation::Remediation;
use super::rules::{Rules, Since};
use crate::calendar::local_time;

/// An event names a policy or calendar version that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {kind} \"{name}\": restore that version, due dates rest on it")]
pub struct UnknownVersion {
    /// Policy or calendar.
    pub kind: &'static str,
    /// The version as named.
    pub name: String,
}

/// A due date: the local day, the zone that makes it a day, and the instant at which it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Due {
    /// The local day.
    pub on: NaiveDate,
    /// The zone.
    pub zone: Tz,
    /// The last second of that day.
    pub at: DateTime<Utc>,
}

impl Due {
    /// The end of a day in a zone.
    #[must_use]
    pub fn end_of(on: NaiveDate, zone: Tz) -> Self {
        Self { on, zone, at: local_time::end_of_day(zone, on) }
    }
}

/// One step of the explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What it meant, in a sentence.
    pub text: String,
    /// The day on which remediation was due from then on.
    pub due_on: Option<NaiveDate>,
    /// The versions of the policies that held, the base first.
    pub policies: Vec<String>,
    /// The version of the calendar that held.
    pub calendar: String,
}

/// Both clocks of a risk, with their explanation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clock {
    /// When triage is due; none where the level has no limit or triage never began.
    pub triage_due_at: Option<DateTime<Utc>>,
    /// When triage ended; none while it runs.
    pub triage_left_at: Option<DateTime<Utc>>,
    /// When remediation is due. While the risk is accepted this is the date of before.
    pub due: Option<Due>,
    /// When the standing claim says it was fixed.
    pub claimed_at: Option<DateTime<Utc>>,
    /// Why, in the order of events.
    pub lines: Vec<Line>,
    /// Whether other policies came while it was late, and it stays so although they give more time.
    pub stays_late: bool,
    /// The moments from which triage counts, each with its level: the nearest end holds.
    triage_from: Vec<(DateTime<Utc>, Level)>,
    level: Option<Level>,
    /// The level by which the due date was set last.
    set_by: Option<Level>,
    /// What the directive says, by vulnerability.
    judged: BTreeMap<String, Judgement>,
    /// The nearest day that the directive set.
    directive_day: Option<NaiveDate>,
    ruling: Option<(Vec<String>, String)>,
    remediation: Option<Remediation>,
}

impl Clock {
    /// Derives the clocks from all events of a risk, in their order.
    ///
    /// # Errors
    ///
    /// An event names a version that is not among the given ones.
    pub fn replay<'a>(
        events: impl IntoIterator<Item = &'a ClockEvent>,
        versions: &Versions,
    ) -> Result<Self, UnknownVersion> {
        events.into_iter().try_fold(Self::default(), |clock, event| clock.with(event, versions))
    }

    /// The clocks after one more event.
    ///
    /// # Errors
    ///
    /// The event names a version that is not among the given ones.
    pub fn with(mut self, event: &ClockEvent, versions: &Versions) -> Result<Self, UnknownVersion> {
        let named = event.policies.iter().map(|name| find("policy", &versions.policies, name));
        let policies: Vec<&SlaPolicy> = named.collect::<Result<_, _>>()?;
        let base = policies.first().ok_or_else(|| UnknownVersion { kind: "policy", name: String::new() })?;
        let calendar = find("calendar", &versions.calendars, &event.calendar)?;
        let today = local_time::local_date(calendar.zone, event.at);
        let rules = Rules { policy: base, policies: &policies, calendar, today };
        let known = self.lines.len();
        self.take_ruling(event, &rules);
        self.happen(event, &rules);
        self.directive_day = self.remediation.as_ref().and_then(|running| running.directive_day(&rules));
        for line in &mut self.lines[known..] {
            line.policies.clone_from(&event.policies);
            line.calendar.clone_from(&event.calendar);
        }
        Ok(self)
    }

    /// Whether remediation runs: neither suspended by an acceptance nor stopped.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.remediation.as_ref().is_some_and(Remediation::is_running)
    }

    /// The days that the clock was paused in the risk's life; a pause that stands counts in full until it ends.
    #[must_use]
    pub fn paused_days(&self) -> u32 {
        self.remediation.as_ref().map_or(0, Remediation::paused_days)
    }

    /// The versions of the policies and of the calendar that hold since the last event.
    #[must_use]
    pub fn ruling(&self) -> Option<(&[String], &str)> {
        self.ruling.as_ref().map(|(policies, calendar)| (policies.as_slice(), calendar.as_str()))
    }

    /// The level as the events say.
    #[must_use]
    pub const fn level(&self) -> Option<Level> {
        self.level
    }

    /// Whether the level fell since the due date was set by it.
    #[must_use]
    pub fn level_fell(&self) -> bool {
        self.level.zip(self.set_by).is_some_and(|(now, set_by)| now < set_by)
    }

    /// What the directive says about a vulnerability, since it was judged last.
    #[must_use]
    pub fn judged(&self, cve: &str) -> Option<&Judgement> {
        self.judged.get(cve)
    }

    /// The nearest day that the directive set.
    #[must_use]
    pub const fn directive_day(&self) -> Option<NaiveDate> {
        self.directive_day
    }

    /// Remediation, once it began.
    pub(super) const fn remediation(&self) -> Option<&Remediation> {
        self.remediation.as_ref()
    }

    fn take_ruling(&mut self, event: &ClockEvent, rules: &Rules<'_>) {
        let named = (event.policies.clone(), event.calendar.clone());
        if self.ruling.as_ref() == Some(&named) {
            return;
        }
        let Some((before, _)) = self.ruling.replace(named) else {
            return;
        };
        let lost_one =
            before.iter().any(|policy| !event.policies.iter().any(|now| name_of(now) == name_of(policy)));
        let mut text = format!(
            "Policy {} and calendar {} hold from here on",
            event.policies.join(" + "),
            event.calendar
        );
        self.stays_late = false;
        if self.triage_left_at.is_none() && !self.triage_from.is_empty() {
            self.retime_triage(event.at, lost_one, rules);
        }
        let due = self.due.map(|due| due.on);
        let kept = self.remediation.as_mut().and_then(|running| running.take_policies(due, lost_one, rules));
        if let Some(kept) = kept {
            text.push_str(kept);
            self.stays_late = due.is_some_and(|due| due < rules.today);
        }
        self.settle(event.at, rules, text);
    }

    /// When triage is due under other policies: what was late stays late, as with remediation.
    fn retime_triage(&mut self, at: DateTime<Utc>, lost_one: bool, rules: &Rules<'_>) {
        let after = self.triage_from.iter().filter_map(|(from, level)| rules.triage_due(*from, *level)).min();
        let holds = self.triage_due_at.filter(|before| lost_one || *before < at);
        self.stays_late =
            self.triage_due_at.is_some_and(|before| before < at && after.is_none_or(|after| after > before));
        self.triage_due_at = match (holds, after) {
            (Some(before), Some(after)) => Some(before.min(after)),
            (before, after) => before.or(after),
        };
    }

    fn happen(&mut self, event: &ClockEvent, rules: &Rules<'_>) {
        let text = match &event.happening {
            Happening::Ingested { level } => {
                self.level = Some(*level);
                self.begin_triage(event.at, rules, "Recorded")
            }
            Happening::TriageRestarted => self.begin_triage(event.at, rules, "Triage again"),
            Happening::TriageLeft => {
                self.triage_left_at = Some(event.at);
                "Triage ended".to_owned()
            }
            Happening::Started { level, sla_start, patch_released } => {
                self.start(*level, Since { day: *sla_start, patch_released: *patch_released }, rules)
            }
            Happening::LevelChanged { to } => self.change_level(*to, event.at, rules),
            Happening::Judged(judgement) => {
                self.judged.insert(judgement.cve.clone(), judgement.clone());
                self.running(|remediation| remediation.judge(judgement))
                    .unwrap_or_else(|| format!("{} under the directive: {}", judgement.cve, judgement.row))
            }
            Happening::PauseApproved { from, days } => self
                .running(|remediation| remediation.pause(*from, *days, rules))
                .unwrap_or_else(|| "A pause of a clock that does not run has no effect".to_owned()),
            Happening::PauseEnded => self
                .running(|remediation| remediation.end_pause(rules))
                .flatten()
                .unwrap_or_else(|| "The wait ended; no pause was approved".to_owned()),
            Happening::Accepted { until } => self
                .running(|remediation| remediation.suspend(*until, rules))
                .unwrap_or_else(|| format!("Accepted until {until}")),
            Happening::AcceptanceEnded { because } => {
                self.resume(*because, rules).unwrap_or_else(|| "The acceptance ended".to_owned())
            }
            Happening::Claimed => self.claim(event.at, rules),
            Happening::ClaimFailed => self.fail_claim(rules),
            Happening::Closed => self.close(rules),
            Happening::Reopened => self.reopen(rules),
            Happening::Moved { to, reason } => {
                self.set_by = self.level;
                self.running(|remediation| remediation.move_to(*to, reason, rules))
                    .unwrap_or_else(|| format!("Moved to {to}, but no clock runs"))
            }
            Happening::PolicyChanged => "Open due dates were worked out again".to_owned(),
        };
        self.settle(event.at, rules, text);
    }

    /// Works the due date out again where the clock still counts, and explains what it is now.
    fn settle(&mut self, at: DateTime<Utc>, rules: &Rules<'_>, text: String) {
        if let Some(remediation) = &self.remediation
            && !remediation.is_stopped()
        {
            let due = remediation.due(rules);
            self.due = due.map(|day| Due::end_of(day, rules.calendar.zone));
        }
        let due_on = self.due.map(|due| due.on);
        self.lines.push(Line { at, text, due_on, policies: Vec::new(), calendar: String::new() });
    }

    fn running<T>(&mut self, change: impl FnOnce(&mut Remediation) -> T) -> Option<T> {
        self.remediation.as_mut().filter(|remediation| !remediation.is_stopped()).map(change)
    }

    fn begin_triage(&mut self, at: DateTime<Utc>, rules: &Rules<'_>, word: &str) -> String {
        self.triage_left_at = None;
        let level = self.level.unwrap_or(Level::Info);
        self.triage_from = vec![(at, level)];
        self.triage_due_at = rules.triage_due(at, level);
        format!("{word} as {level}: {}", rules.triage_given(level))
    }

    fn start(&mut self, level: Level, since: Since, rules: &Rules<'_>) -> String {
        let before = self.level.replace(level);
        let rose = before.is_some_and(|before| level > before);
        if let Some(text) = self.running(|remediation| match rose {
            true => remediation.rise(level, rules),
            false => "Confirmed again: the clock was running all the time".to_owned(),
        }) {
            self.set_by = self.set_by.max(Some(level));
            return text;
        }
        self.begin(level, since, rules, "Confirmed")
    }

    fn begin(&mut self, level: Level, since: Since, rules: &Rules<'_>, word: &str) -> String {
        let mut remediation = Remediation::start_after(self.remediation.as_ref(), level, since);
        let mut text = format!("{word} as {level}: {}", rules.given(level, since));
        for judgement in self.judged.values() {
            text = format!("{text}. {}", remediation.judge(judgement));
        }
        self.set_by = Some(level);
        self.claimed_at = None;
        self.due = None;
        self.remediation = Some(remediation);
        text
    }

    fn change_level(&mut self, to: Level, at: DateTime<Utc>, rules: &Rules<'_>) -> String {
        let from = self.level.replace(to);
        let rose = from.is_some_and(|from| to > from);
        if !rose {
            return format!("Level {to}: a fall leaves the due date where it is");
        }
        if self.triage_left_at.is_none() && !self.triage_from.is_empty() {
            self.triage_from.push((at, to));
            let sooner = rules.triage_due(at, to);
            self.triage_due_at = self.triage_due_at.into_iter().chain(sooner).min();
        }
        self.set_by = self.set_by.max(Some(to));
        self.running(|remediation| remediation.rise(to, rules))
            .unwrap_or_else(|| format!("Level rose to {to}"))
    }

    /// Takes the clock up after an acceptance, where there was one.
    fn resume(&mut self, because: AcceptanceEnd, rules: &Rules<'_>) -> Option<String> {
        // Where remediation has begun, a level has set the due date.
        let level = self.set_by.or(self.level)?;
        self.running(|remediation| remediation.resume(because, level, rules)).flatten()
    }

    fn claim(&mut self, at: DateTime<Utc>, rules: &Rules<'_>) -> String {
        self.claimed_at = Some(at);
        let paused = self.running(|remediation| remediation.end_pause(rules)).flatten();
        let claimed = format!("Said to be fixed on {}; the clock runs until that is verified", rules.today);
        paused.map_or(claimed.clone(), |paused| format!("{paused}. {claimed}"))
    }

    fn fail_claim(&mut self, rules: &Rules<'_>) -> String {
        self.claimed_at = None;
        let failed = "Verification failed: the clock runs as if nothing had been claimed".to_owned();
        self.resume(AcceptanceEnd::Revoked, rules)
            .map_or(failed.clone(), |resumed| format!("{failed}. {resumed}"))
    }

    fn close(&mut self, rules: &Rules<'_>) -> String {
        let counted_to =
            self.claimed_at.map_or(rules.today, |at| local_time::local_date(rules.calendar.zone, at));
        self.running(|remediation| remediation.stop(counted_to, rules))
            .unwrap_or_else(|| "Closed before remediation began".to_owned())
    }

    fn reopen(&mut self, rules: &Rules<'_>) -> String {
        self.claimed_at = None;
        let taken_up = self.remediation.as_mut().and_then(|remediation| remediation.take_up(rules));
        match (taken_up, self.level) {
            (Some(text), _) => text,
            (None, Some(level)) => self.begin(level, rules.today.into(), rules, "Came back"),
            (None, None) => "Came back, but was never rated".to_owned(),
        }
    }
}

/// The name of a version such as `standard@1`.
fn name_of(version: &str) -> &str {
    version.rsplit_once('@').map_or(version, |(name, _)| name)
}

fn find<'a, T>(
    kind: &'static str,
    versions: &'a BTreeMap<String, T>,
    name: &str,
) -> Result<&'a T, UnknownVersion> {
    versions.get(name).ok_or_else(|| UnknownVersion { kind, name: name.to_owned() })
}
