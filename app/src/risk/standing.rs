//! How a risk stands with the lifecycle: its facts from the row, and the row from the changes of a step.

use abate_entity::lifecycle::{
    BlockerKind, Change, Event, Facts, Given, Resolution, Treatment, VexJustification,
};
use abate_entity::risk;
use sea_orm::ActiveValue::Set;
use serde::{Deserialize, Serialize};

use super::ticket_proposal::TicketProposal;
use super::vex_proposal::VexProposal;
use crate::platform::problem::Problem;

/// What the lifecycle looks at besides the columns that lists are filtered by. Kept as JSON in `risk.standing`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// Everybody who counts as having made the standing claim.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claimed_by: Vec<i64>,
    /// The import whose absence made the standing claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_by_scan: Option<i64>,
    /// What the standing claim says became of the risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_as: Option<Resolution>,
    /// The first clean scan since the standing claim, where it waits for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clean_scan: Option<i64>,
    /// Evidence added since the last closing or failed verification.
    #[serde(skip_serializing_if = "is_zero")]
    pub evidence_count: u32,
    /// What the work waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocker: Option<BlockerKind>,
    /// Days of pause asked for, and by whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_asked: Option<(u32, i64)>,
    /// Days of pause approved over its whole life.
    #[serde(skip_serializing_if = "is_zero")]
    pub paused_days: u32,
    /// Who asked to dismiss it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dismissal_proposed_by: Option<i64>,
    /// What they wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dismissal: Option<Given>,
    /// Who asked to accept or renew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptance_asked_by: Option<i64>,
    /// What they wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Given>,
    /// What a VEX statement proposes, answered or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vex: Option<VexProposal>,
    /// What the people at its ticket want and cannot decide there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketProposal>,
    /// Who approved the standing acceptance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_by: Option<i64>,
    /// How often it was renewed.
    #[serde(skip_serializing_if = "is_zero")]
    pub renewal_count: u32,
    /// The risk that says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<i64>,
    /// Why it does not affect us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vex_justification: Option<VexJustification>,
    /// How often the owner sent it back.
    #[serde(skip_serializing_if = "is_zero")]
    pub send_back_count: u32,
    /// How often a claim failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub verify_fail_count: u32,
    /// Likelihood and impact that the work left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residual: Option<(u8, u8)>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Standing {
    /// Reads what a risk's row keeps.
    ///
    /// # Errors
    /// When the row was written by something else.
    pub fn of(risk: &risk::Model) -> Result<Self, Problem> {
        serde_json::from_value(risk.standing.clone()).map_err(Problem::internal)
    }

    /// What was proposed, for the step that agrees to it, and for no other: by the person who proposed or asked, else
    /// by a VEX statement, else by the people at the ticket.
    #[must_use]
    pub fn proposal_for(&self, event: Event) -> Option<Given> {
        self.persons_proposal_for(event)
            .cloned()
            .or_else(|| self.vex.as_ref()?.given(event))
            .or_else(|| self.ticket.as_ref()?.given(event))
    }

    /// What a person proposed, for the step that agrees to it.
    pub(super) fn persons_proposal_for(&self, event: Event) -> Option<&Given> {
        match event {
            Event::Dismiss => self.dismissal.as_ref(),
            Event::Accept | Event::AcceptFromTriage | Event::AcceptResidual | Event::Renew => {
                self.asked.as_ref()
            }
            _ => None,
        }
    }

    /// What a person gives, with what was proposed where they leave something empty. Who closes it otherwise than a
    /// VEX statement says does not agree to that.
    #[must_use]
    pub fn agreed(&self, event: Event, given: Given) -> Given {
        let Some(proposal) = self.proposal_for(event) else { return given };
        let by_person = self.persons_proposal_for(event).is_some();
        let agrees = given.resolution.is_none() || given.resolution == proposal.resolution;
        if by_person || agrees { given.or(&proposal) } else { given }
    }

    /// What is kept in a risk's row.
    ///
    /// # Errors
    /// Never in practice: all of it can be written as JSON.
    pub fn to_json(&self) -> Result<serde_json::Value, Problem> {
        serde_json::to_value(self).map_err(Problem::internal)
    }
}

/// The risk as the lifecycle sees it.
#[must_use]
pub fn facts(risk: &risk::Model, standing: &Standing, has_ticket: bool) -> Facts {
    let score = |number: Option<i16>| number.and_then(|number| u8::try_from(number).ok());
    Facts {
        resolution: risk.resolution,
        treatment: risk.treatment.unwrap_or(Treatment::Modify),
        described: !risk.title.is_empty(),
        likelihood: score(risk.inherent_likelihood),
        impact: score(risk.inherent_impact),
        target: score(risk.target_likelihood).zip(score(risk.target_impact)),
        owner: risk.owner_id,
        assignee: risk.assignee_id,
        has_plan: !risk.plan.is_empty(),
        has_ticket,
        evidence_count: standing.evidence_count,
        claimed_at: risk.claimed_at,
        claimed_by: standing.claimed_by.clone(),
        claimed_by_scan: standing.claimed_by_scan,
        claimed_as: standing.claimed_as,
        closed_at: risk.closed_at,
        duplicate_of: standing.duplicate_of,
        blocker: standing.blocker,
        review_on: risk.review_on,
        pause_asked_days: standing.pause_asked.map(|(days, _)| days),
        pause_asked_by: standing.pause_asked.map(|(_, user)| user),
        paused_days: standing.paused_days,
        dismissal_proposed_by: standing.dismissal_proposed_by,
        dismissal: standing.dismissal.clone(),
        acceptance_asked_by: standing.acceptance_asked_by,
        asked: standing.asked.clone(),
        accepted_by: standing.accepted_by,
        accepted_until: risk.acceptance_ends_on,
        renewal_count: standing.renewal_count,
        send_back_count: standing.send_back_count,
        verify_fail_count: standing.verify_fail_count,
        reopen_count: u32::try_from(risk.reopen_count).unwrap_or(0),
        ..Facts::new(risk.state, risk.level)
    }
}

/// Writes the changes of a step into the columns to set and the standing to keep; ratings are `rate`'s.
pub fn write(changes: &[Change], set: &mut risk::ActiveModel, standing: &mut Standing) {
    for change in changes {
        match change {
            Change::State(state) => set.state = Set(*state),
            Change::Resolution(resolution) => set.resolution = Set(*resolution),
            Change::ClosedAt(at) => {
                set.closed_at = Set(*at);
                if at.is_some() {
                    standing.evidence_count = 0;
                }
            }
            Change::Owner(owner) => set.owner_id = Set(Some(*owner)),
            Change::Assignee(assignee) => set.assignee_id = Set(*assignee),
            // Ratings go through `rate`, which keeps where they come from.
            Change::Rating { .. } => {}
            Change::Residual { likelihood, impact } => standing.residual = Some((*likelihood, *impact)),
            Change::Treatment(treatment) => set.treatment = Set(Some(*treatment)),
            Change::Plan(plan) => set.plan = Set(plan.clone()),
            Change::Claim { at, by, scan, resolution } => {
                standing.claimed_as = *resolution;
                set.claimed_at = Set(Some(*at));
                standing.claimed_by.clone_from(by);
                standing.claimed_by_scan = *scan;
                standing.clean_scan = None;
            }
            Change::ClaimFailed => {
                set.claimed_at = Set(None);
                standing.clean_scan = None;
                standing.claimed_by.clear();
                standing.claimed_by_scan = None;
                standing.claimed_as = None;
                standing.evidence_count = 0;
            }
            Change::Blocker(blocker) => standing.blocker = *blocker,
            Change::ReviewOn(day) => set.review_on = Set(*day),
            Change::PauseAsked(asked) => standing.pause_asked = *asked,
            Change::DismissalProposedBy(user) => {
                standing.dismissal_proposed_by = *user;
                standing.dismissal = None;
            }
            Change::Dismissal(form) => standing.dismissal = Some((**form).clone()),
            Change::AcceptanceAskedBy(user) => {
                standing.acceptance_asked_by = *user;
                standing.asked = None;
            }
            Change::Asked(form) => standing.asked = Some((**form).clone()),
            Change::Acceptance(acceptance) => {
                standing.accepted_by = acceptance.map(|(user, _)| user);
                set.acceptance_ends_on = Set(acceptance.map(|(_, day)| day));
            }
            Change::DuplicateOf(risk) => standing.duplicate_of = *risk,
            Change::VexJustification(word) => standing.vex_justification = *word,
            Change::RenewalCount(count) => standing.renewal_count = *count,
            Change::SendBackCount(count) => standing.send_back_count = *count,
            Change::VerifyFailCount(count) => standing.verify_fail_count = *count,
            Change::ReopenCount(count) => {
                set.reopen_count = Set(i16::try_from(*count).unwrap_or(i16::MAX));
            }
        }
    }
}
