//! Rules. What has to hold for a step: each rule of the table in one sentence; `check` has it in code.

use serde::Serialize;

use crate::text_enum;

text_enum! {
    /// A rule of the table.
    pub enum Guard ("guard") {
        /// See [`Guard::rule`], here and below.
        Described = "described",
        /// Likelihood and impact.
        Rated = "rated",
        /// An owner.
        Owned = "owned",
        /// An owner, or nobody to ask.
        OwnedOrEscalated = "owned_or_escalated",
        /// A reason.
        Reasoned = "reasoned",
        /// Evidence.
        Evidenced = "evidenced",
        /// Why a rule may confirm.
        ConfirmGround = "confirm_ground",
        /// Why a rule may close.
        CloseGround = "close_ground",
        /// A resolution.
        ResolutionNamed = "resolution_named",
        /// Two people for a high or critical risk.
        SecondPerson = "second_person",
        /// What the first person wrote.
        SameAsProposed = "same_as_proposed",
        /// A VEX word.
        VexJustified = "vex_justified",
        /// A living other risk.
        DuplicateStands = "duplicate_stands",
        /// Scans that no longer see it.
        VanishedShown = "vanished_shown",
        /// A treatment that means work.
        Treated = "treated",
        /// A plan or a ticket.
        PlanOrTicket = "plan_or_ticket",
        /// A limit to sending back.
        SendBacksLeft = "send_backs_left",
        /// A kind of blocker.
        BlockerNamed = "blocker_named",
        /// A day to look again.
        ReviewSoon = "review_soon",
        /// Limits of a pause.
        PauseWithinLimits = "pause_within_limits",
        /// Two people for a pause.
        PauseByAnother = "pause_by_another",
        /// Evidence of a fix.
        FixShown = "fix_shown",
        /// A verifier with distance.
        NotClaimant = "not_claimant",
        /// A test after the claim.
        Retested = "retested",
        /// A target that is met.
        ResidualReached = "residual_reached",
        /// Why the claim failed.
        FailureShown = "failure_shown",
        /// Two people for an acceptance.
        AskedByAnother = "asked_by_another",
        /// A justification.
        Justified = "justified",
        /// Compensating controls.
        Compensated = "compensated",
        /// An end within the maximum.
        EndsInTime = "ends_in_time",
        /// Why an acceptance ends early.
        EndGround = "end_ground",
        /// A limit to renewing.
        RenewalsLeft = "renewals_left",
        /// A target that is missed.
        ResidualAboveTarget = "residual_above_target",
        /// Work that is at its end.
        WorkEnded = "work_ended",
        /// A day to look at a transfer again.
        TransferReviewed = "transfer_reviewed",
        /// A resolution that allows a return.
        MayComeBack = "may_come_back",
        /// A sign of return.
        ReturnShown = "return_shown",
        /// A resolution that can be challenged.
        WasDismissed = "was_dismissed",
        /// Something that changed.
        ChangeShown = "change_shown",
    }
}

/// What a step still lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The field to fill, or the fact that is not there.
    pub field: &'static str,
    /// The rule that asks for it.
    pub rule: Guard,
    /// What to do about it.
    pub why: String,
}

impl Guard {
    /// The rule in one sentence.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Described => "it has a title and an asset",
            Self::Rated => "likelihood and impact are set, each from 1 to 5",
            Self::Owned => "it has an owner",
            Self::OwnedOrEscalated => "it has an owner; what a scan or the ticket brings back waits for one",
            Self::Reasoned => "a reason is given",
            Self::Evidenced => "a link or a file shows it",
            Self::ConfirmGround => {
                "it comes from a signed-off workshop, is a KEV-listed CVE on an internet-facing asset, or an intake \
                 rule confirms it"
            }
            Self::CloseGround => {
                "it is a sample or an exact duplicate; or, up to medium, a suppression rule, a trusted VEX \
                 statement or the absence rule covers it; a triager may close by the absence rule at any level"
            }
            Self::ResolutionNamed => "a resolution is named that fits the step",
            Self::SecondPerson => "for a high or critical risk one person proposes and another one dismisses",
            Self::SameAsProposed => {
                "the second person agrees to what the first one wrote, and may only set an earlier last day"
            }
            Self::VexJustified => "\"not affected\" carries one of the VEX justifications",
            Self::DuplicateStands => {
                "the other risk of a duplicate exists, is not this one and is not closed"
            }
            Self::VanishedShown => "\"vanished\" rests on full scans of every live source",
            Self::Treated => "the treatment is to modify, or to avoid or share with a plan",
            Self::PlanOrTicket => "there is a plan or a ticket",
            Self::SendBacksLeft => "the owner sends it back at most twice; after that the team lead decides",
            Self::BlockerNamed => "the kind of blocker is named",
            Self::ReviewSoon => "the review lies ahead, within 30 days",
            Self::PauseWithinLimits => {
                "a pause is asked only for a vendor or a change freeze, at most 30 days a time and 90 in all, and not \
                 beyond the review"
            }
            Self::PauseByAnother => "a risk manager who did not ask for the pause approves it",
            Self::FixShown => "evidence, a moved ticket or the absence rule shows the fix",
            Self::NotClaimant => "whoever claimed the fix does not verify it",
            Self::Retested => {
                "a re-test is recorded, or a full clean scan newer than the claim and not the claim's own; \
                 alone such a scan is enough up to medium"
            }
            Self::ResidualReached => "where a target is set, what is left is entered and is within it",
            Self::FailureShown => "a reason is given, a newer scan sees it, or the ticket was moved back",
            Self::AskedByAnother => "the owner asks, and an approver for the level who did not ask approves",
            Self::Justified => "a justification is given",
            Self::Compensated => "compensating controls are named",
            Self::EndsInTime => "the last day lies ahead and within the maximum for the level",
            Self::EndGround => {
                "an approver ends it, its last day has passed, its level rose, or KEV lists it"
            }
            Self::RenewalsLeft => "it was renewed fewer than two times",
            Self::ResidualAboveTarget => "what is left is entered and is above the target",
            Self::WorkEnded => "no more work is planned",
            Self::TransferReviewed => "a transfer has a day on which it is looked at again",
            Self::MayComeBack => "it was closed as a real risk",
            Self::ReturnShown => {
                "a scan newer than the closing sees it, a person or the ticket says why, or the day has passed on which \
                 its transfer was to be confirmed"
            }
            Self::WasDismissed => "it was closed as false positive, not affected or duplicate",
            Self::ChangeShown => "something that the dismissal rested on has changed",
        }
    }

    /// Whether the rule is about who asks; breaking it is a matter of rights.
    #[must_use]
    pub const fn is_about_people(self) -> bool {
        matches!(
            self,
            Self::SecondPerson
                | Self::SendBacksLeft
                | Self::NotClaimant
                | Self::AskedByAnother
                | Self::PauseByAnother
        )
    }
}
