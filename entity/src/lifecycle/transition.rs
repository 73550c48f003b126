//! Rules. The table: every step that a risk can take, and nothing else can happen to it.

use super::field::Field::{self, *};
use super::guard::Guard::{self, *};
use super::words::Event::{self, *};
use super::words::Party::{self, *};
use super::words::Resolution::{self, *};
use super::words::State::{self, *};
use crate::text_enum;

text_enum! {
    /// The number of a transition, as documents cite it.
    pub enum TransitionId ("transition") {
        /// Start triage.
        T01 = "T01",
        /// Confirmed by a rule.
        T02 = "T02",
        /// Closed by a rule.
        T03 = "T03",
        /// Confirmed by a person.
        T04 = "T04",
        /// Dismissed.
        T05 = "T05",
        /// Work starts.
        T06 = "T06",
        /// Sent back to triage.
        T07 = "T07",
        /// Blocked.
        T08 = "T08",
        /// Unblocked.
        T09 = "T09",
        /// Fix claimed from work.
        T10 = "T10",
        /// Fix claimed without recorded work.
        T11 = "T11",
        /// Verified.
        T12 = "T12",
        /// Verification failed.
        T13 = "T13",
        /// Accepted from open.
        T14 = "T14",
        /// Accepted during work.
        T15 = "T15",
        /// Accepted while blocked.
        T16 = "T16",
        /// Acceptance ended.
        T17 = "T17",
        /// Acceptance renewed.
        T18 = "T18",
        /// Fix claimed while accepted.
        T19 = "T19",
        /// Avoided or transferred from open.
        T20 = "T20",
        /// Reopened.
        T21 = "T21",
        /// Dismissal challenged.
        T22 = "T22",
        /// Accepted from triage.
        T23 = "T23",
        /// What remains is accepted.
        T24 = "T24",
        /// Work given back.
        T25 = "T25",
        /// Avoided or transferred during work.
        T26 = "T26",
        /// Fix claimed while blocked.
        T27 = "T27",
    }
}

text_enum! {
    /// What a transition does to the triage and remediation clocks.
    pub enum ClockEffect ("clock effect") {
        /// The clock that runs goes on.
        Runs = "runs",
        /// The triage clock stops, the remediation clock starts.
        RemediationStarts = "remediation_starts",
        /// Both clocks stop.
        Stops = "stops",
        /// The remediation clock pauses once a risk manager agrees to the pause asked for.
        PausesIfApproved = "pauses_if_approved",
        /// An approved pause ends and the due date moves by it.
        PauseEnds = "pause_ends",
        /// The clock runs on, and the time of the claim is kept.
        ClaimNoted = "claim_noted",
        /// The clock stops as of the claim.
        StopsAtClaim = "stops_at_claim",
        /// The clock runs as if the fix had never been claimed.
        ClaimForgotten = "claim_forgotten",
        /// The remediation clock is suspended, the acceptance's runs.
        Suspends = "suspends",
        /// The acceptance's clock starts afresh.
        ExpiryRestarts = "expiry_restarts",
        /// The remediation clock goes on after an acceptance, as the policy says.
        ResumesAfterAcceptance = "resumes_after_acceptance",
        /// Soon after closing the old clock goes on, later a new one starts.
        ResumesOrRestarts = "resumes_or_restarts",
        /// The triage clock starts.
        TriageStarts = "triage_starts",
    }
}

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Transition {
    /// Its number.
    pub id: TransitionId,
    /// Where the risk has to stand.
    pub from: State,
    /// Where it stands afterwards.
    pub to: State,
    /// What has to be asked for.
    pub event: Event,
    /// What the button says.
    pub label: &'static str,
    /// Who may do it.
    pub by: &'static [Party],
    /// Who may ask for it, where another person then approves; empty where nobody has to ask.
    pub asked_by: &'static [Party],
    /// What has to hold.
    pub guards: &'static [Guard],
    /// What the form offers.
    pub fields: &'static [Field],
    /// The resolutions it can end in, or that a claim may name for when it is verified; the first is meant when none
    /// is named and none has to be.
    pub resolutions: &'static [Resolution],
    /// What it does to the clocks.
    pub clock: ClockEffect,
}

const DISMISSALS: &[Resolution] = &[FalsePositive, NotAffected, Duplicate, Vanished];
const WITHOUT_FIX: &[Resolution] = &[Avoided, Transferred];
const NONE: &[Resolution] = &[];

const ACCEPT_GUARDS: &[Guard] = &[AskedByAnother, SameAsProposed, Justified, Compensated, EndsInTime];
const ACCEPT_FIELDS: &[Field] = &[Justification, CompensatingControls, ExpiresOn];
const CONFIRM_FIELDS: &[Field] = &[Likelihood, Impact, Field::Owner, Reason];
const CLAIM_FIELDS: &[Field] = &[Evidence, Field::Resolution, Reason];
const CLAIMS: &[Resolution] = &[Remediated, MitigatedByControl, Avoided];
const CLOSE_FIELDS: &[Field] = &[Field::Resolution, Reason, Evidence, ReviewOn];
const CLOSE_GUARDS: &[Guard] = &[ResolutionNamed, Evidenced, TransferReviewed];

/// Every transition, in the order of their numbers.
#[rustfmt::skip]
pub static TRANSITIONS: [Transition; 27] = [
    line(TransitionId::T01, New, StartTriage, Triage, "Start triage", &[Triager, Party::Owner], &[], &[], ClockEffect::Runs),
    line(TransitionId::T02, New, AutoConfirm, Open, "Confirm by rule", &[Rule], &[ConfirmGround, Rated, Owned], &[], ClockEffect::RemediationStarts),
    line(TransitionId::T03, New, AutoClose, Closed, "Close as gone", &[Rule, Scan, Triager], &[CloseGround, ResolutionNamed, DuplicateStands, VanishedShown], &[Field::Resolution, Reason], ClockEffect::Stops).ending_in(&[Vanished, FalsePositive, NotAffected, Duplicate, Remediated]),
    line(TransitionId::T04, Triage, Confirm, Open, "Confirm", &[Triager], &[Described, Rated, Owned, Reasoned], CONFIRM_FIELDS, ClockEffect::RemediationStarts),
    line(TransitionId::T05, Triage, Dismiss, Closed, "Dismiss", &[Triager], &[SecondPerson, SameAsProposed, ResolutionNamed, Reasoned, Evidenced, VexJustified, DuplicateStands, VanishedShown], &[Field::Resolution, Reason, Evidence, Field::VexJustification, DuplicateOf], ClockEffect::Stops).ending_in(DISMISSALS),
    line(TransitionId::T06, Open, Start, InProgress, "Start work", &[Party::Owner, Assignee, Jira], &[Treated, PlanOrTicket], &[Plan, Field::Treatment], ClockEffect::Runs),
    line(TransitionId::T07, Open, SendBack, Triage, "Send back to triage", &[Party::Owner, TeamLead], &[SendBacksLeft, Reasoned], &[Reason], ClockEffect::Runs),
    line(TransitionId::T08, InProgress, Block, Blocked, "Block", &[Party::Owner], &[BlockerNamed, ReviewSoon, Reasoned, PauseWithinLimits], &[Field::BlockerKind, ReviewOn, Reason, PauseDays, Evidence], ClockEffect::PausesIfApproved),
    line(TransitionId::T09, Blocked, Unblock, InProgress, "Unblock", &[Party::Owner, Timer], &[], &[Reason], ClockEffect::PauseEnds),
    line(TransitionId::T10, InProgress, ClaimFixed, Verification, "Claim fixed", &[Party::Owner, Assignee, Jira, Scan], &[FixShown], CLAIM_FIELDS, ClockEffect::ClaimNoted).ending_in(CLAIMS),
    line(TransitionId::T11, Open, ClaimFixedDirect, Verification, "Claim fixed", &[Party::Owner, Jira, Scan], &[FixShown], CLAIM_FIELDS, ClockEffect::ClaimNoted).ending_in(CLAIMS),
    line(TransitionId::T12, Verification, VerifyPass, Closed, "Verify", &[Verifier, Scan], &[NotClaimant, Retested, ResidualReached, VanishedShown], &[Evidence, Field::Resolution, ResidualLikelihood, ResidualImpact, Reason], ClockEffect::StopsAtClaim).ending_in(&[Remediated, MitigatedByControl, Avoided, Vanished]),
    line(TransitionId::T13, Verification, VerifyFail, InProgress, "Fail verification", &[Verifier, Scan, Jira], &[FailureShown], &[Reason, Evidence], ClockEffect::ClaimForgotten),
    line(TransitionId::T14, Open, Accept, Accepted, "Accept", &[Approver], ACCEPT_GUARDS, ACCEPT_FIELDS, ClockEffect::Suspends).asked_by_owner(),
    line(TransitionId::T15, InProgress, Accept, Accepted, "Accept", &[Approver], ACCEPT_GUARDS, ACCEPT_FIELDS, ClockEffect::Suspends).asked_by_owner(),
    line(TransitionId::T16, Blocked, Accept, Accepted, "Accept", &[Approver], ACCEPT_GUARDS, ACCEPT_FIELDS, ClockEffect::Suspends).asked_by_owner(),
    line(TransitionId::T17, Accepted, ExpireOrRevoke, Open, "End acceptance", &[Approver, Timer, Rating], &[EndGround], &[Reason], ClockEffect::ResumesAfterAcceptance),
    line(TransitionId::T18, Accepted, Renew, Accepted, "Renew acceptance", &[Approver], &[AskedByAnother, SameAsProposed, RenewalsLeft, Justified, Compensated, EndsInTime], ACCEPT_FIELDS, ClockEffect::ExpiryRestarts).asked_by_owner(),
    line(TransitionId::T19, Accepted, ClaimFixed, Verification, "Claim fixed", &[Party::Owner, Jira, Scan], &[FixShown], CLAIM_FIELDS, ClockEffect::ClaimNoted).ending_in(CLAIMS),
    line(TransitionId::T20, Open, TreatWithoutFix, Closed, "Close without a fix", &[RiskManager], CLOSE_GUARDS, CLOSE_FIELDS, ClockEffect::Stops).ending_in(WITHOUT_FIX),
    line(TransitionId::T21, Closed, Reopen, Open, "Reopen", &[Scan, Verifier, Jira, Timer], &[MayComeBack, ReturnShown, OwnedOrEscalated], &[Reason, Field::Owner], ClockEffect::ResumesOrRestarts),
    line(TransitionId::T22, Closed, Challenge, Triage, "Challenge", &[Triager, Rule, Scan], &[WasDismissed, ChangeShown], &[Reason], ClockEffect::TriageStarts),
    line(TransitionId::T23, Triage, AcceptFromTriage, Accepted, "Accept", &[Approver], &[AskedByAnother, SameAsProposed, Described, Rated, Owned, Justified, Compensated, EndsInTime], &[Justification, CompensatingControls, ExpiresOn, Likelihood, Impact, Field::Owner], ClockEffect::Suspends).asked_by_owner(),
    line(TransitionId::T24, Verification, AcceptResidual, Accepted, "Accept what remains", &[Approver], &[AskedByAnother, SameAsProposed, ResidualAboveTarget, WorkEnded, Justified, Compensated, EndsInTime], &[ResidualLikelihood, ResidualImpact, NoMoreWork, Justification, CompensatingControls, ExpiresOn], ClockEffect::Suspends).asked_by_owner(),
    line(TransitionId::T25, InProgress, Unassign, Open, "Give back", &[Party::Owner, TeamLead], &[Reasoned], &[Reason], ClockEffect::Runs),
    line(TransitionId::T26, InProgress, TreatWithoutFix, Closed, "Close without a fix", &[RiskManager], CLOSE_GUARDS, CLOSE_FIELDS, ClockEffect::Stops).ending_in(WITHOUT_FIX),
    line(TransitionId::T27, Blocked, ClaimFixed, Verification, "Claim fixed", &[Party::Owner, Jira, Scan], &[FixShown], CLAIM_FIELDS, ClockEffect::ClaimNoted).ending_in(CLAIMS),
];

#[expect(clippy::too_many_arguments, reason = "the arguments are the columns of the table")]
const fn line(
    id: TransitionId,
    from: State,
    event: Event,
    to: State,
    label: &'static str,
    by: &'static [Party],
    guards: &'static [Guard],
    fields: &'static [Field],
    clock: ClockEffect,
) -> Transition {
    Transition { id, from, to, event, label, by, asked_by: &[], guards, fields, resolutions: NONE, clock }
}

impl Transition {
    const fn ending_in(self, resolutions: &'static [Resolution]) -> Self {
        Self { resolutions, ..self }
    }

    const fn asked_by_owner(self) -> Self {
        Self { asked_by: &[Party::Owner, Jira], ..self }
    }

    /// The line for an event in a state, if there is one.
    #[must_use]
    pub fn find(from: State, event: Event) -> Option<&'static Self> {
        TRANSITIONS.iter().find(|transition| transition.from == from && transition.event == event)
    }

    /// Every line that leads out of a state.
    pub fn out_of(from: State) -> impl Iterator<Item = &'static Self> {
        TRANSITIONS.iter().filter(move |transition| transition.from == from)
    }

    /// Whether a person ever does this; the other lines belong to the system alone.
    #[must_use]
    pub fn is_for_people(&self) -> bool {
        self.by.iter().any(|party| !matches!(party, Rule | Scan | Jira | Timer | Rating))
    }
}
