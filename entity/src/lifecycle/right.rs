//! Rules. Who may take a step, and when somebody else has to agree first.

use super::facts::{Facts, Requester};
use super::guard::Guard;
use super::step::Outcome;
use super::transition::{Transition, TransitionId};
use super::words::Party;
use crate::level::Level;

/// Somebody else may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotYours {
    /// Who.
    pub(super) who: String,
    /// The rule about people that is in the way, where it is one.
    pub(super) rule: Option<Guard>,
}

impl NotYours {
    fn by(rule: Guard, who: impl Into<String>) -> Self {
        Self { who: who.into(), rule: Some(rule) }
    }
}

/// Whether the requester may take the step, and if so whether it happens or waits for a second person.
/// Otherwise who may.
pub(super) fn judge(
    transition: &Transition,
    facts: &Facts,
    requester: &Requester,
    send_backs: u32,
) -> Result<Outcome, NotYours> {
    if !transition.asked_by.is_empty() {
        return acceptance(transition, facts, requester);
    }
    if !transition.by.iter().any(|party| holds(requester, *party, facts.level)) {
        return Err(NotYours { who: name_parties(transition, facts.level), rule: None });
    }
    for guard in transition.guards {
        match guard {
            Guard::NotClaimant => not_claimant(facts, requester)?,
            Guard::SendBacksLeft => send_backs_left(facts, requester, send_backs)?,
            Guard::SecondPerson => return second_person(facts, requester),
            _ => {}
        }
    }
    Ok(Outcome::Moved)
}

fn holds(requester: &Requester, party: Party, level: Level) -> bool {
    if party == Party::Approver {
        return approves(requester, Party::approver_of(level, false));
    }
    requester.parties.contains(&party)
}

pub(super) fn approves(requester: &Requester, approver: Party) -> bool {
    requester.user.is_some()
        && requester.parties.iter().any(|party| party.approval_rank() >= approver.approval_rank())
}

fn acceptance(transition: &Transition, facts: &Facts, requester: &Requester) -> Result<Outcome, NotYours> {
    let Some(asker) = facts.acceptance_asked_by else {
        if transition.asked_by.iter().any(|party| requester.parties.contains(party)) {
            return Ok(Outcome::Proposed);
        }
        let who = join(transition.asked_by.iter().map(|party| party.title())) + " asks first";
        return Err(NotYours::by(Guard::AskedByAnother, who));
    };
    let renewal = transition.id == TransitionId::T18;
    let approver = Party::approver_of(facts.level, renewal);
    let is_same = requester.user == Some(asker)
        || (renewal && facts.level == Level::Critical && requester.user == facts.accepted_by);
    if is_same || !approves(requester, approver) {
        let other = if renewal && facts.level == Level::Critical {
            "who neither asked nor approved before"
        } else {
            "who did not ask for it"
        };
        return Err(NotYours::by(Guard::AskedByAnother, format!("{} {other}", approver.title())));
    }
    Ok(Outcome::Moved)
}

fn not_claimant(facts: &Facts, requester: &Requester) -> Result<(), NotYours> {
    match requester.user {
        Some(user) if facts.claimed_by.contains(&user) => {
            Err(NotYours::by(Guard::NotClaimant, "a verifier who did not claim the fix"))
        }
        _ => Ok(()),
    }
}

fn send_backs_left(facts: &Facts, requester: &Requester, send_backs: u32) -> Result<(), NotYours> {
    if facts.send_back_count < send_backs || requester.parties.contains(&Party::TeamLead) {
        return Ok(());
    }
    let who = format!("the team lead, as it was sent back {} times", facts.send_back_count);
    Err(NotYours::by(Guard::SendBacksLeft, who))
}

fn second_person(facts: &Facts, requester: &Requester) -> Result<Outcome, NotYours> {
    if facts.level < Level::High {
        return Ok(Outcome::Moved);
    }
    match facts.dismissal_proposed_by {
        None => Ok(Outcome::Proposed),
        Some(first) if requester.user == Some(first) => {
            Err(NotYours::by(Guard::SecondPerson, "a second triager, as you proposed the dismissal"))
        }
        Some(_) => Ok(Outcome::Moved),
    }
}

fn name_parties(transition: &Transition, level: Level) -> String {
    join(transition.by.iter().map(|party| match party {
        Party::Approver => Party::approver_of(level, false).title(),
        other => other.title(),
    }))
}

fn join(titles: impl Iterator<Item = &'static str>) -> String {
    titles.collect::<Vec<_>>().join(" or ")
}
