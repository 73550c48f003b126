//! Rules. What a step writes, field by field, and the risk as it is afterwards.

use chrono::{DateTime, NaiveDate, Utc};

use super::facts::{Facts, Given, Proof, Request, Requester};
use super::step::{Outcome, Step};
use super::transition::{ClockEffect, Transition, TransitionId};
use super::words::{BlockerKind, Event, Party, Resolution, State, Treatment, VexJustification};

/// One field that a step writes.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Where it stands.
    State(State),
    /// Why it is closed.
    Resolution(Option<Resolution>),
    /// When it was closed.
    ClosedAt(Option<DateTime<Utc>>),
    /// Who answers for it.
    Owner(i64),
    /// Who does the work.
    Assignee(Option<i64>),
    /// Likelihood and impact.
    Rating {
        /// How likely it is.
        likelihood: u8,
        /// How bad it would be.
        impact: u8,
    },
    /// Likelihood and impact that the work has left.
    Residual {
        /// How likely it is.
        likelihood: u8,
        /// How bad it would be.
        impact: u8,
    },
    /// What is meant to be done.
    Treatment(Treatment),
    /// How it is meant to be done.
    Plan(String),
    /// The standing claim of a fix.
    Claim {
        /// Since when it holds.
        at: DateTime<Utc>,
        /// Everybody who counts as having made it.
        by: Vec<i64>,
        /// The scan whose absence made it.
        scan: Option<i64>,
        /// What it says became of the risk.
        resolution: Option<Resolution>,
    },
    /// The claim no longer stands, and its evidence no longer counts.
    ClaimFailed,
    /// What the work waits for.
    Blocker(Option<BlockerKind>),
    /// When somebody has to look again.
    ReviewOn(Option<NaiveDate>),
    /// The pause that waits for a risk manager: days and who asked.
    PauseAsked(Option<(u32, i64)>),
    /// Who proposed to dismiss it; with nobody, what they wrote goes too.
    DismissalProposedBy(Option<i64>),
    /// What they wrote.
    Dismissal(Box<Given>),
    /// Who asked to accept or renew; with nobody, what they wrote goes too.
    AcceptanceAskedBy(Option<i64>),
    /// What they wrote.
    Asked(Box<Given>),
    /// The standing acceptance: who approved, and its last day.
    Acceptance(Option<(i64, NaiveDate)>),
    /// The risk that says the same.
    DuplicateOf(Option<i64>),
    /// Why it does not affect us.
    VexJustification(Option<VexJustification>),
    /// How often the acceptance was renewed.
    RenewalCount(u32),
    /// How often the owner sent it back.
    SendBackCount(u32),
    /// How often a claim failed.
    VerifyFailCount(u32),
    /// How often it came back.
    ReopenCount(u32),
}

pub(super) fn taken(
    transition: &'static Transition,
    outcome: Outcome,
    facts: &Facts,
    request: &Request,
    requester: &Requester,
) -> Step {
    if outcome == Outcome::Proposed {
        let asker = requester.user.or(facts.owner).or(request.given.owner);
        let form = Box::new(request.given.clone());
        let changes = match transition.event {
            Event::Dismiss => vec![Change::DismissalProposedBy(asker), Change::Dismissal(form)],
            _ => vec![Change::AcceptanceAskedBy(asker), Change::Asked(form)],
        };
        return Step {
            transition,
            outcome,
            state: facts.state,
            resolution: facts.resolution,
            clock: ClockEffect::Runs,
            changes,
        };
    }
    let resolution =
        (transition.to == State::Closed).then(|| resolution(transition, facts, request, requester));
    let mut changes = vec![Change::State(transition.to)];
    changes.extend(given(facts, request));
    changes.extend(entered(transition, resolution, request));
    changes.extend(done(transition, facts, request, requester));
    changes.extend(left(transition, facts));
    Step { transition, outcome, state: transition.to, resolution, clock: transition.clock, changes }
}

fn resolution(
    transition: &Transition,
    facts: &Facts,
    request: &Request,
    requester: &Requester,
) -> Resolution {
    let claimed = facts.claimed_as.filter(|claimed| transition.resolutions.contains(claimed));
    let seen_gone = requester.is_system() && facts.claimed_by_scan.is_some();
    match request.given.resolution {
        Some(given) => given,
        None if let Some(claimed) = claimed => claimed,
        None if transition.id == TransitionId::T12 && seen_gone => Resolution::Vanished,
        None => transition.resolutions.first().copied().unwrap_or(Resolution::Remediated),
    }
}

/// What the form sets on the risk itself, whatever the step.
fn given(facts: &Facts, request: &Request) -> Vec<Change> {
    let given = &request.given;
    let mut changes = Vec::new();
    if let Some(owner) = given.owner.filter(|owner| facts.owner != Some(*owner)) {
        changes.push(Change::Owner(owner));
    }
    if let (Some(likelihood), Some(impact)) =
        (given.likelihood.or(facts.likelihood), given.impact.or(facts.impact))
        && (facts.likelihood, facts.impact) != (Some(likelihood), Some(impact))
    {
        changes.push(Change::Rating { likelihood, impact });
    }
    if let (Some(likelihood), Some(impact)) = (given.residual_likelihood, given.residual_impact) {
        changes.push(Change::Residual { likelihood, impact });
    }
    if let Some(treatment) = given.treatment.filter(|treatment| facts.treatment != *treatment) {
        changes.push(Change::Treatment(treatment));
    }
    if let Some(plan) = given.plan.as_ref().filter(|plan| !plan.trim().is_empty()) {
        changes.push(Change::Plan(plan.trim().to_owned()));
    }
    changes
}

/// What entering a state sets.
fn entered(transition: &Transition, resolution: Option<Resolution>, request: &Request) -> Vec<Change> {
    let mut changes = Vec::new();
    if let Some(resolution) = resolution {
        changes.push(Change::Resolution(Some(resolution)));
        changes.push(Change::ClosedAt(Some(request.at)));
        if resolution == Resolution::Duplicate {
            changes.push(Change::DuplicateOf(request.given.duplicate_of.map(|target| target.id)));
        }
        if resolution == Resolution::NotAffected {
            let word = request.given.justification.as_deref().and_then(|word| word.parse().ok());
            changes.push(Change::VexJustification(word));
        }
        if resolution == Resolution::Transferred {
            changes.push(Change::ReviewOn(request.given.review_on));
        }
    }
    if transition.to == State::Blocked {
        changes.push(Change::Blocker(request.given.blocker_kind));
        changes.push(Change::ReviewOn(request.given.review_on));
    }
    changes
}

/// What the event itself sets.
fn done(transition: &Transition, facts: &Facts, request: &Request, requester: &Requester) -> Vec<Change> {
    match transition.event {
        Event::SendBack => vec![Change::SendBackCount(facts.send_back_count + 1)],
        Event::Block => match (request.given.pause_days.filter(|days| *days > 0), requester.user) {
            (Some(days), Some(user)) => vec![Change::PauseAsked(Some((days, user)))],
            _ => Vec::new(),
        },
        Event::ClaimFixed | Event::ClaimFixedDirect => vec![claim(facts, request, requester)],
        Event::VerifyFail => {
            vec![Change::ClaimFailed, Change::VerifyFailCount(facts.verify_fail_count + 1)]
        }
        Event::Unassign => vec![Change::Assignee(None)],
        Event::Reopen => vec![Change::ReopenCount(facts.reopen_count + 1)],
        Event::Accept | Event::AcceptFromTriage | Event::AcceptResidual | Event::Renew => {
            let renewals = if transition.event == Event::Renew { facts.renewal_count + 1 } else { 0 };
            let acceptance = requester.user.zip(request.given.expires_on);
            vec![Change::Acceptance(acceptance), Change::RenewalCount(renewals)]
        }
        _ => Vec::new(),
    }
}

/// What leaving a state, and the moving itself, clears.
fn left(transition: &Transition, facts: &Facts) -> Vec<Change> {
    let mut changes = Vec::new();
    let working = |state| matches!(state, State::Open | State::InProgress | State::Blocked);
    if facts.dismissal_proposed_by.is_some() {
        changes.push(Change::DismissalProposedBy(None));
    }
    if facts.acceptance_asked_by.is_some() && !(working(transition.from) && working(transition.to)) {
        changes.push(Change::AcceptanceAskedBy(None));
    }
    if transition.from == State::Blocked {
        changes.push(Change::Blocker(None));
        changes.push(Change::ReviewOn(None));
        if facts.pause_asked_days.is_some() {
            changes.push(Change::PauseAsked(None));
        }
    }
    if facts.accepted_until.is_some() && !matches!(transition.to, State::Accepted | State::Verification) {
        changes.push(Change::Acceptance(None));
        changes.push(Change::RenewalCount(0));
    }
    if transition.from == State::Closed {
        changes.push(Change::Resolution(None));
        changes.push(Change::ClosedAt(None));
        changes.push(Change::DuplicateOf(None));
        changes.push(Change::VexJustification(None));
        changes.push(Change::ReviewOn(None));
    }
    if transition.from == State::Closed || transition.event == Event::AcceptResidual {
        changes.push(Change::ClaimFailed);
    }
    changes
}

fn claim(facts: &Facts, request: &Request, requester: &Requester) -> Change {
    // A ticket moved by an account that we cannot name was moved by one of the two who work on it.
    let by = match requester.user {
        Some(user) => vec![user],
        None if requester.parties.contains(&Party::Jira) => {
            facts.owner.into_iter().chain(facts.assignee).collect()
        }
        None => Vec::new(),
    };
    let moved = request.proofs.iter().find_map(|proof| match proof {
        Proof::JiraChange { at } => Some(*at),
        _ => None,
    });
    let scan = request.proofs.iter().find_map(|proof| match proof {
        Proof::Absence { scan } => Some(*scan),
        _ => None,
    });
    Change::Claim { at: moved.unwrap_or(request.at), by, scan, resolution: request.given.resolution }
}

/// What undoing an import writes to a risk that it made. Not a step: the risk counts as never reported.
#[must_use]
pub fn withdraw(facts: &Facts, at: DateTime<Utc>) -> Vec<Change> {
    let mut changes = vec![
        Change::State(State::Closed),
        Change::Resolution(Some(Resolution::Withdrawn)),
        Change::ClosedAt(Some(at)),
        Change::Blocker(None),
        Change::ReviewOn(None),
        Change::DismissalProposedBy(None),
        Change::AcceptanceAskedBy(None),
        Change::PauseAsked(None),
    ];
    if facts.accepted_until.is_some() {
        changes.push(Change::Acceptance(None));
    }
    changes
}

/// What seeing a withdrawn risk again writes: it is new. Nothing for a risk that was not withdrawn.
#[must_use]
pub fn revive(facts: &Facts) -> Vec<Change> {
    if facts.resolution != Some(Resolution::Withdrawn) {
        return Vec::new();
    }
    vec![Change::State(State::New), Change::Resolution(None), Change::ClosedAt(None), Change::ClaimFailed]
}

impl Facts {
    /// The risk as it is once the changes are written.
    #[must_use]
    pub fn after(mut self, changes: &[Change]) -> Self {
        for change in changes {
            self.write(change);
        }
        self
    }

    fn write(&mut self, change: &Change) {
        match change {
            Change::State(state) => self.state = *state,
            Change::Resolution(resolution) => self.resolution = *resolution,
            Change::ClosedAt(at) => {
                self.closed_at = *at;
                if at.is_some() {
                    self.evidence_count = 0;
                }
            }
            Change::Owner(owner) => self.owner = Some(*owner),
            Change::Assignee(assignee) => self.assignee = *assignee,
            Change::Rating { likelihood, impact } => {
                self.likelihood = Some(*likelihood);
                self.impact = Some(*impact);
            }
            Change::Residual { .. } | Change::VexJustification(_) => {}
            Change::Treatment(treatment) => self.treatment = *treatment,
            Change::Plan(_) => self.has_plan = true,
            Change::Claim { at, by, scan, resolution } => {
                self.claimed_as = *resolution;
                self.claimed_at = Some(*at);
                self.claimed_by.clone_from(by);
                self.claimed_by_scan = *scan;
            }
            Change::ClaimFailed => {
                self.claimed_at = None;
                self.claimed_by.clear();
                self.claimed_by_scan = None;
                self.claimed_as = None;
                self.evidence_count = 0;
            }
            Change::Blocker(blocker) => self.blocker = *blocker,
            Change::ReviewOn(day) => self.review_on = *day,
            Change::PauseAsked(asked) => {
                self.pause_asked_days = asked.map(|(days, _)| days);
                self.pause_asked_by = asked.map(|(_, user)| user);
            }
            Change::DismissalProposedBy(user) => {
                self.dismissal_proposed_by = *user;
                self.dismissal = None;
            }
            Change::Dismissal(form) => self.dismissal = Some((**form).clone()),
            Change::AcceptanceAskedBy(user) => {
                self.acceptance_asked_by = *user;
                self.asked = None;
            }
            Change::Asked(form) => self.asked = Some((**form).clone()),
            Change::Acceptance(acceptance) => {
                self.accepted_by = acceptance.map(|(user, _)| user);
                self.accepted_until = acceptance.map(|(_, day)| day);
            }
            Change::DuplicateOf(risk) => self.duplicate_of = *risk,
            Change::RenewalCount(count) => self.renewal_count = *count,
            Change::SendBackCount(count) => self.send_back_count = *count,
            Change::VerifyFailCount(count) => self.verify_fail_count = *count,
            Change::ReopenCount(count) => self.reopen_count = *count,
        }
    }
}
