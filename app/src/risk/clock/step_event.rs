//! Rules. Which happenings a step of the lifecycle means for the clocks.

use abate_entity::level::Level;
use abate_entity::lifecycle::{ClockEffect, Facts, Outcome, Party, Proof, Request, Requester, State, Step};
use chrono::{DateTime, NaiveDate, Utc};

use super::event::{AcceptanceEnd, Happening};

/// What the clocks need beside the step itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepTimes {
    /// The level after the step.
    pub level: Level,
    /// The day from which remediation counts if it starts now.
    pub sla_start: NaiveDate,
    /// The day on which a patch came out, where a report says so.
    pub patch_released: Option<NaiveDate>,
}

/// The happenings of a step in their order, each with the time from which it counts. `before` is the risk
/// before the step. A proposal has none.
#[must_use]
pub fn happenings(
    step: &Step,
    before: &Facts,
    request: &Request,
    requester: &Requester,
    times: StepTimes,
) -> Vec<(DateTime<Utc>, Happening)> {
    if step.outcome == Outcome::Proposed {
        return Vec::new();
    }
    let in_triage = matches!(step.transition.from, State::New | State::Triage);
    let StepTimes { level, sla_start, patch_released } = times;
    let started = Happening::Started { level, sla_start, patch_released };
    let found = match step.clock {
        ClockEffect::Runs | ClockEffect::PausesIfApproved => Vec::new(),
        ClockEffect::RemediationStarts => vec![Happening::TriageLeft, started],
        ClockEffect::Stops if in_triage => vec![Happening::TriageLeft, Happening::Closed],
        ClockEffect::Stops | ClockEffect::StopsAtClaim => vec![Happening::Closed],
        ClockEffect::PauseEnds => vec![Happening::PauseEnded],
        ClockEffect::ClaimNoted => return vec![(claimed_at(request), Happening::Claimed)],
        ClockEffect::ClaimForgotten => vec![Happening::ClaimFailed],
        ClockEffect::Suspends | ClockEffect::ExpiryRestarts => {
            let accepted = request.given.expires_on.map(|until| Happening::Accepted { until });
            let confirmed = in_triage.then_some([Happening::TriageLeft, started]);
            confirmed.into_iter().flatten().chain(accepted).collect()
        }
        ClockEffect::ResumesAfterAcceptance => {
            vec![Happening::AcceptanceEnded { because: end(before, request, requester) }]
        }
        ClockEffect::ResumesOrRestarts => vec![Happening::Reopened],
        ClockEffect::TriageStarts => vec![Happening::TriageRestarted],
    };
    found.into_iter().map(|happening| (request.at, happening)).collect()
}

fn claimed_at(request: &Request) -> DateTime<Utc> {
    let moved = request.proofs.iter().find_map(|proof| match proof {
        Proof::JiraChange { at } => Some(*at),
        _ => None,
    });
    moved.unwrap_or(request.at)
}

fn end(before: &Facts, request: &Request, requester: &Requester) -> AcceptanceEnd {
    if !requester.is_system() {
        AcceptanceEnd::Revoked
    } else if requester.parties.contains(&Party::Rating) && request.proofs.contains(&Proof::KevAdded) {
        AcceptanceEnd::KevListed
    } else if requester.parties.contains(&Party::Rating) {
        AcceptanceEnd::LevelRose
    } else if before.accepted_until.is_some_and(|last| request.today > last) {
        AcceptanceEnd::Expired
    } else {
        AcceptanceEnd::Revoked
    }
}
