//! What a VEX document of somebody else proposes for a risk: a person agrees to it by taking the step, or declines it.

use abate_entity::lifecycle::{Event, Given, Resolution, State, VexJustification};
use abate_entity::risk;
use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;
use serde::{Deserialize, Serialize};

use super::key::RiskKey;
use super::record::{self, Change, NewEvent, Occasion};
use super::standing::Standing;
use crate::access::actor::Actor;
use crate::access::right::AnswerVex;
use crate::platform::problem::{Kind, Problem};

/// The history's word for a proposal that came in.
pub const PROPOSED: &str = "vex_proposed";
/// The history's word for one that a person declined.
pub const DECLINED: &str = "vex_declined";
/// The history's word for one whose import was undone.
pub const WITHDRAWN: &str = "vex_withdrawn";

/// What a VEX statement proposes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VexProposal {
    /// The import that brought it.
    pub import: i64,
    /// Who says it.
    pub author: String,
    /// What the document is called.
    pub document: String,
    /// When it was said.
    pub stated_at: DateTime<Utc>,
    /// That it was mended, and not only that it does not hurt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fixed: bool,
    /// How the risk would be closed from triage.
    pub resolution: Resolution,
    /// Why it does not affect us, where the statement tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<VexJustification>,
    /// The statement in a sentence.
    pub reason: String,
    /// A person has decided about it: the same statement is not proposed again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
}

impl VexProposal {
    /// What it fills into the form of a step that agrees to it; none for any other step.
    #[must_use]
    pub fn given(&self, event: Event) -> Option<Given> {
        let given = Given {
            reason: Some(self.reason.clone()),
            evidence: vec![self.document.clone()],
            ..Given::default()
        };
        match event {
            _ if self.answered => None,
            Event::Dismiss => Some(Given {
                resolution: Some(self.resolution),
                justification: self.justification.map(|word| word.as_str().to_owned()),
                ..given
            }),
            Event::ClaimFixed | Event::ClaimFixedDirect if self.fixed => Some(given),
            _ => None,
        }
    }

    /// Whether another document, or the same one again, says the same.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let said =
            |one: &Self| (one.author.clone(), one.stated_at, one.fixed, one.resolution, one.justification);
        said(self) == said(other)
    }
}

/// Whether a statement would change a risk: the risk is not settled, and nothing as new was said of it.
#[must_use]
pub fn is_news(state: State, standing: &Standing, proposal: &VexProposal) -> bool {
    let settled = matches!(state, State::Closed | State::Verification);
    let newer = |known: &VexProposal| {
        // Two authors at one moment: the first one stays, so that their documents do not take turns.
        let same_moment = known.stated_at == proposal.stated_at && known.author == proposal.author;
        !known.says_the_same(proposal) && (same_moment || known.stated_at < proposal.stated_at)
    };
    !settled && standing.vex.as_ref().is_none_or(newer)
}

/// The change that puts a proposal before people.
///
/// # Errors
/// When the row was written by something else.
pub fn put(risk: risk::Model, proposal: VexProposal, now: DateTime<Utc>) -> Result<Change, Problem> {
    let mut event = NewEvent::plain(PROPOSED, now);
    event.reason.clone_from(&proposal.reason);
    event.data.insert("import".to_owned(), proposal.import.into());
    event.data.insert("author".to_owned(), proposal.author.clone().into());
    event.data.insert("document".to_owned(), proposal.document.clone().into());
    let mut change = Change::of(risk, event)?;
    change.standing.vex = Some(proposal);
    Ok(change)
}

/// Takes the proposal of an import away, where it still stands; none where it does not.
///
/// # Errors
/// When the row was written by something else.
pub fn withdraw(risk: risk::Model, import_id: i64, now: DateTime<Utc>) -> Result<Option<Change>, Problem> {
    let mut change = Change::of(risk, NewEvent::plain(WITHDRAWN, now))?;
    if change.standing.vex.take_if(|vex| vex.import == import_id).is_none() {
        return Ok(None);
    }
    change.event.data.insert("import".to_owned(), import_id.into());
    Ok(Some(change))
}

/// Declines the proposal: the same statement is not put again.
///
/// # Errors
/// 404 when nothing is proposed, 403 for those who do not triage the risk's team.
pub async fn decline(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    actor: &Actor,
    risk: risk::Model,
) -> Result<risk::Model, Problem> {
    actor.require_in::<AnswerVex>(risk.team_id)?;
    let key = RiskKey(risk.id);
    let mut change = Change::of(risk, NewEvent::plain(DECLINED, occasion.now))?;
    let Some(vex) = change.standing.vex.as_mut().filter(|vex| !vex.answered) else {
        return Err(Problem::new(Kind::NotFound, format!("No VEX statement waits for an answer at {key}.")));
    };
    vex.answered = true;
    change.event.reason.clone_from(&vex.reason);
    let mut risks = record::record(tx, occasion, vec![change]).await?;
    risks.pop().ok_or_else(|| Problem::not_found(format!("risk {key}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(fixed: bool) -> VexProposal {
        VexProposal {
            import: 1,
            author: "Orchard".to_owned(),
            document: "urn:example:1".to_owned(),
            stated_at: DateTime::from_timestamp(1_790_000_000, 0).unwrap(),
            fixed,
            resolution: Resolution::NotAffected,
            justification: Some(VexJustification::ComponentNotPresent),
            reason: "So it says.".to_owned(),
            answered: false,
        }
    }

    #[test]
    fn it_fills_the_step_that_agrees_and_no_other() {
        for event in Event::ALL.iter().copied() {
            let claims = matches!(event, Event::ClaimFixed | Event::ClaimFixedDirect);
            assert_eq!(proposal(false).given(event).is_some(), event == Event::Dismiss, "{event}");
            assert_eq!(proposal(true).given(event).is_some(), event == Event::Dismiss || claims, "{event}");
            let answered = VexProposal { answered: true, ..proposal(true) };
            assert_eq!(answered.given(event), None, "{event}");
        }
        let given = proposal(false).given(Event::Dismiss).unwrap();
        assert_eq!(given.justification.as_deref(), Some("component_not_present"));
    }

    #[test]
    fn only_what_is_new_is_put() {
        let standing = |vex| Standing { vex, ..Standing::default() };
        let (one, later) = (proposal(false), VexProposal { import: 2, ..proposal(false) });
        assert!(is_news(State::Triage, &standing(None), &one));
        assert!(!is_news(State::Closed, &standing(None), &one));
        assert!(!is_news(State::Triage, &standing(Some(one.clone())), &later), "the same again");
        let answered = VexProposal { answered: true, ..one.clone() };
        assert!(!is_news(State::Triage, &standing(Some(answered.clone())), &later), "it was declined");
        let newer = VexProposal { stated_at: one.stated_at + chrono::Duration::days(1), ..later };
        assert!(is_news(State::Triage, &standing(Some(answered)), &newer));
        assert!(!is_news(State::Triage, &standing(Some(newer)), &one), "an older statement");
        let other = VexProposal { author: "Pear".to_owned(), ..one.clone() };
        assert!(!is_news(State::Triage, &standing(Some(other)), &one), "another author at the same moment");
    }
}
