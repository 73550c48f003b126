//! Rules. What has to hold for a step: each rule of the table in code; `guard` has it in words.

use chrono::{Days, NaiveDate};

use super::agreement;
use super::facts::{Facts, Given, Proof, Request, Requester};
use super::field::Field;
use super::guard::{Guard, Missing};
use super::pause;
use super::words::{Party, Resolution, State, Treatment, VexJustification};
use crate::level::Level;

impl Guard {
    /// What is missing for the rule to hold. Rules about people are judged with the rights.
    pub(super) fn check(self, facts: &Facts, request: &Request, requester: &Requester) -> Vec<Missing> {
        let check = Check { guard: self, facts, request, given: &request.given, requester };
        match self {
            Self::SecondPerson
            | Self::SendBacksLeft
            | Self::NotClaimant
            | Self::AskedByAnother
            | Self::PauseByAnother => Vec::new(),
            Self::Described => check.unless(facts.described, "title", "Give the risk a title and an asset"),
            Self::Rated => check.rated(),
            Self::Owned => check.unless(
                check.given.owner.or(facts.owner).is_some(),
                "owner",
                "Name the person who will answer for this risk",
            ),
            Self::OwnedOrEscalated => check.unless(
                requester.is_system() || check.given.owner.or(facts.owner).is_some(),
                "owner",
                "Name the person who will answer for this risk",
            ),
            Self::Reasoned => check.text(check.given.reason.as_deref(), Field::Reason, "Say why"),
            Self::Evidenced => {
                check.unless(check.has_evidence(), "evidence", "Add a link or a file that shows it")
            }
            Self::ConfirmGround => {
                check.unless(check.has_confirm_ground(), "ground", "Confirm it by hand: no rule covers it")
            }
            Self::CloseGround => check.unless(
                check.has_close_ground(),
                "ground",
                "Start triage and dismiss it there: nothing that closes it from here holds",
            ),
            Self::ResolutionNamed => check.unless(
                check.given.resolution.is_some(),
                "resolution",
                "Choose the resolution that it closes with",
            ),
            Self::SameAsProposed => agreement::check(facts, request),
            Self::VexJustified => check.vex_justified(),
            Self::DuplicateStands => check.duplicate_stands(),
            Self::VanishedShown => check.unless(
                check.given.resolution != Some(Resolution::Vanished) || check.is_absent(),
                "resolution",
                "Choose another resolution, or wait until full scans of every source no longer see it",
            ),
            Self::Treated => check.treated(),
            Self::PlanOrTicket => check.unless(
                facts.has_ticket || check.has_plan(),
                "plan",
                "Write down the plan in a sentence, or let a ticket be made",
            ),
            Self::BlockerNamed => check.unless(
                check.given.blocker_kind.is_some(),
                "blocker_kind",
                "Choose what the work waits for",
            ),
            Self::ReviewSoon => check.day_within(
                check.given.review_on,
                Field::ReviewOn,
                request.limits.review_days,
                "Set the day to look again",
            ),
            Self::PauseWithinLimits => pause::check(facts, request),
            Self::FixShown => check.fix_shown(),
            Self::Retested => check.retested(),
            Self::ResidualReached => check.residual_reached(),
            Self::FailureShown => check.unless(
                check.has_reason() || check.was_seen_after(facts.claimed_at) || check.ticket_moved(),
                "reason",
                "Say what the test showed",
            ),
            Self::Justified => check.text(
                check.given.justification.as_deref(),
                Field::Justification,
                "Say why the organisation can live with it",
            ),
            Self::Compensated => check.text(
                check.given.compensating_controls.as_deref(),
                Field::CompensatingControls,
                "Name what keeps the risk in bounds meanwhile",
            ),
            Self::EndsInTime => check.day_within(
                check.given.expires_on,
                Field::ExpiresOn,
                request.limits.acceptance_days[facts.level.index()],
                "Set the last day of the acceptance",
            ),
            Self::EndGround => check.unless(
                check.has_end_ground(),
                "expires_on",
                "Wait for its last day, or let an approver end it",
            ),
            Self::RenewalsLeft => check.unless(
                facts.renewal_count < request.limits.renewals,
                "renewals",
                "Fix it, or close it without a fix: it cannot be renewed again",
            ),
            Self::ResidualAboveTarget => check.residual_above_target(),
            Self::WorkEnded => check.unless(
                check.given.no_more_work == Some(true),
                "no_more_work",
                "Confirm that no more work is planned, or fail the verification so that work goes on",
            ),
            Self::TransferReviewed => check.unless(
                check.given.resolution != Some(Resolution::Transferred)
                    || check.given.review_on.is_some_and(|day| day > request.today),
                "review_on",
                "Set a day ahead on which the transfer is looked at again",
            ),
            Self::MayComeBack => check.unless(
                facts.resolution.is_some_and(Resolution::may_come_back),
                "resolution",
                "Challenge it instead: it was closed as no risk of ours",
            ),
            Self::ReturnShown => check.return_shown(),
            Self::WasDismissed => check.unless(
                facts.resolution.is_some_and(Resolution::is_dismissal),
                "resolution",
                "Reopen it instead: it was closed as a real risk",
            ),
            Self::ChangeShown => check.unless(
                if requester.is_system() {
                    request.proofs.contains(&Proof::MaterialChange)
                } else {
                    check.has_reason()
                },
                "reason",
                "Say what has changed since it was dismissed",
            ),
        }
    }
}

struct Check<'a> {
    guard: Guard,
    facts: &'a Facts,
    request: &'a Request,
    given: &'a Given,
    requester: &'a Requester,
}

fn filled(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}

impl Check<'_> {
    fn missing(&self, field: &'static str, why: impl Into<String>) -> Missing {
        Missing { field, rule: self.guard, why: why.into() }
    }

    fn unless(&self, holds: bool, field: &'static str, why: &str) -> Vec<Missing> {
        if holds { Vec::new() } else { vec![self.missing(field, why)] }
    }

    fn text(&self, text: Option<&str>, field: Field, why: &str) -> Vec<Missing> {
        self.unless(filled(text), field.name(), why)
    }

    fn score(&self, score: Option<u8>, field: Field) -> Vec<Missing> {
        let holds = score.is_some_and(|score| (1..=5).contains(&score));
        self.unless(holds, field.name(), "Choose a score from 1 to 5")
    }

    fn rated(&self) -> Vec<Missing> {
        let mut missing = self.score(self.given.likelihood.or(self.facts.likelihood), Field::Likelihood);
        missing.extend(self.score(self.given.impact.or(self.facts.impact), Field::Impact));
        missing
    }

    fn day_within(&self, day: Option<NaiveDate>, field: Field, most: u16, ask: &str) -> Vec<Missing> {
        let latest = self.request.today.checked_add_days(Days::new(u64::from(most)));
        let holds = day.is_some_and(|day| day > self.request.today && latest.is_none_or(|last| day <= last));
        if holds {
            return Vec::new();
        }
        let bound = latest.map_or_else(String::new, |last| format!(" and no later than {last}"));
        vec![self.missing(field.name(), format!("{ask}: after today{bound}"))]
    }

    fn has_reason(&self) -> bool {
        filled(self.given.reason.as_deref())
    }

    fn has_plan(&self) -> bool {
        self.facts.has_plan || filled(self.given.plan.as_deref())
    }

    fn has_evidence(&self) -> bool {
        self.given.evidence.iter().any(|item| filled(Some(item)))
    }

    fn ticket_moved(&self) -> bool {
        self.request.proofs.iter().any(|proof| matches!(proof, Proof::JiraChange { .. }))
    }

    fn is_absent(&self) -> bool {
        let shows = |proof: &Proof| matches!(proof, Proof::Absence { .. } | Proof::CleanScan { .. });
        self.request.proofs.iter().any(shows)
    }

    fn was_seen_after(&self, moment: Option<chrono::DateTime<chrono::Utc>>) -> bool {
        self.request.proofs.iter().any(|proof| match proof {
            Proof::Redetected { at } => moment.is_none_or(|moment| *at > moment),
            _ => false,
        })
    }

    fn has_confirm_ground(&self) -> bool {
        let covers = |proof: &Proof| {
            matches!(proof, Proof::SignedOffWorkshop | Proof::KevOnInternetFacing | Proof::ConfirmRule)
        };
        self.request.proofs.iter().any(covers)
    }

    fn has_close_ground(&self) -> bool {
        let low_enough = self.facts.level <= Level::Medium;
        let is_person = !self.requester.is_system();
        self.request.proofs.iter().any(|proof| match proof {
            Proof::Absence { .. } => low_enough || is_person,
            Proof::SampleFinding | Proof::ExactDuplicate => !is_person,
            Proof::SuppressionRule | Proof::TrustedVex => low_enough && !is_person,
            _ => false,
        })
    }

    fn vex_justified(&self) -> Vec<Missing> {
        if self.given.resolution != Some(Resolution::NotAffected) {
            return Vec::new();
        }
        match self.given.justification.as_deref().unwrap_or_default().parse::<VexJustification>() {
            Ok(_) => Vec::new(),
            Err(unknown) => {
                let choices = unknown.known.join(", ");
                let why = format!("Say why it does not affect us, with one of {choices}");
                vec![self.missing(Field::VexJustification.name(), why)]
            }
        }
    }

    fn duplicate_stands(&self) -> Vec<Missing> {
        if self.given.resolution != Some(Resolution::Duplicate) {
            return Vec::new();
        }
        let why = match self.given.duplicate_of {
            None => "Name the risk that says the same",
            Some(target) if target.is_itself => "Name another risk: this one cannot be its own duplicate",
            Some(target) if target.state == State::Closed => {
                "Name a risk that is not closed: this problem would drop out of sight"
            }
            Some(_) => return Vec::new(),
        };
        vec![self.missing(Field::DuplicateOf.name(), why)]
    }

    fn treated(&self) -> Vec<Missing> {
        match self.given.treatment.unwrap_or(self.facts.treatment) {
            Treatment::Modify => Vec::new(),
            Treatment::Avoid | Treatment::Share => {
                self.unless(self.has_plan(), "plan", "Write down how it will be avoided or shared")
            }
            Treatment::Retain => vec![self.missing(
                Field::Treatment.name(),
                "Change the treatment, or ask to accept the risk: to retain it means no work",
            )],
        }
    }

    fn fix_shown(&self) -> Vec<Missing> {
        let by_absence = self.request.proofs.iter().any(|proof| matches!(proof, Proof::Absence { .. }));
        let holds = if self.requester.is_system() {
            by_absence || self.ticket_moved()
        } else {
            by_absence || self.ticket_moved() || self.has_evidence() || self.facts.evidence_count > 0
        };
        self.unless(
            holds,
            "evidence",
            "Add what shows the fix: a change, a commit, a configuration or a test",
        )
    }

    fn has_clean_scan(&self) -> bool {
        self.request.proofs.iter().any(|proof| match proof {
            Proof::CleanScan { scan, at } => {
                self.facts.claimed_at.is_some_and(|claimed| *at > claimed)
                    && self.facts.claimed_by_scan != Some(*scan)
            }
            _ => false,
        })
    }

    fn retested(&self) -> Vec<Missing> {
        if self.requester.is_system() {
            let holds = self.has_clean_scan() && self.facts.level <= Level::Medium;
            return self.unless(
                holds,
                "scan",
                "Wait for a full clean scan after the claim; above medium let a verifier decide",
            );
        }
        let holds = self.has_evidence() || self.has_clean_scan();
        self.unless(holds, "evidence", "Add the record of the re-test, or wait for a clean scan")
    }

    fn residual(&self) -> Vec<Missing> {
        let mut missing = self.score(self.given.residual_likelihood, Field::ResidualLikelihood);
        missing.extend(self.score(self.given.residual_impact, Field::ResidualImpact));
        missing
    }

    fn residual_reached(&self) -> Vec<Missing> {
        let Some((likelihood, impact)) = self.facts.target else {
            return Vec::new();
        };
        let mut missing = self.residual();
        let too_high = |left: Option<u8>, target: u8| left.is_some_and(|left| left > target);
        for (left, target, field) in [
            (self.given.residual_likelihood, likelihood, Field::ResidualLikelihood),
            (self.given.residual_impact, impact, Field::ResidualImpact),
        ] {
            if too_high(left, target) {
                let why = format!("Fail the verification or accept what remains: the target is {target}");
                missing.push(self.missing(field.name(), why));
            }
        }
        missing
    }

    fn residual_above_target(&self) -> Vec<Missing> {
        let Some((likelihood, impact)) = self.facts.target else {
            return vec![self.missing("target", "Verify it or fail the verification: it has no target")];
        };
        let mut missing = self.residual();
        if missing.is_empty()
            && self.given.residual_likelihood <= Some(likelihood)
            && self.given.residual_impact <= Some(impact)
        {
            let why = "Verify it instead: what is left is within the target";
            missing.push(self.missing(Field::ResidualLikelihood.name(), why));
        }
        missing
    }

    fn has_end_ground(&self) -> bool {
        let expired = self.facts.accepted_until.is_some_and(|last| self.request.today > last);
        let worse = |proof: &Proof| matches!(proof, Proof::LevelRose | Proof::KevAdded);
        !self.requester.is_system()
            || (self.requester.parties.contains(&Party::Timer) && expired)
            || (self.requester.parties.contains(&Party::Rating) && self.request.proofs.iter().any(worse))
    }

    fn return_shown(&self) -> Vec<Missing> {
        let seen = self.was_seen_after(self.facts.closed_at);
        let holds = if self.requester.parties.contains(&Party::Scan) {
            seen
        } else if self.requester.parties.contains(&Party::Timer) {
            // Only a transfer has such a day when it is closed.
            self.facts.review_on.is_some_and(|day| self.request.today > day)
        } else {
            seen || self.has_reason() || self.ticket_moved()
        };
        self.unless(holds, "reason", "Say what shows that it is back")
    }
}
