//! What the people at a risk's ticket want and cannot decide there: to leave it unfixed, to call it no risk, or to look
//! at a dismissal again. It waits at the risk, and fills the form of the step that agrees to it.

use abate_entity::lifecycle::{Event, Given, Resolution, State};
use abate_entity::risk;
use abate_entity::text_enum;
use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;
use serde::{Deserialize, Serialize};

use super::key::RiskKey;
use super::record::{self, Change, NewEvent, Occasion};
use crate::access::actor::Actor;
use crate::access::right::AnswerVex;
use crate::message::notice::{self, NewNotice};
use crate::platform::problem::{Kind, Problem};

/// The history's word for a wish that came in.
pub const PROPOSED: &str = "ticket_proposed";
/// The history's word for one that a person declined.
pub const DECLINED: &str = "ticket_declined";

text_enum! {
    /// What the people at a ticket want.
    pub enum Wish ("wish") {
        /// To live with it.
        Accept = "accept",
        /// To call it no risk.
        Dismiss = "dismiss",
        /// To look at its dismissal again.
        Challenge = "challenge",
    }
}

/// What the people at a ticket want of its risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketProposal {
    /// What they want.
    pub wish: Wish,
    /// As what it would be closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
    /// When they said so.
    pub at: DateTime<Utc>,
    /// It in a sentence: which ticket, what, and who.
    pub reason: String,
}

impl Wish {
    /// What to do about it, for those who can.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Accept => {
                "To leave it unfixed is to accept it: that takes compensating controls and a last day."
            }
            Self::Dismiss => "A triager decides whether it is no risk; send it back to triage for that.",
            Self::Challenge => "A triager decides whether the dismissal still holds.",
        }
    }
}

impl TicketProposal {
    /// What it fills into the form of a step that agrees to it; none for any other step.
    #[must_use]
    pub fn given(&self, event: Event) -> Option<Given> {
        let reason = Some(self.reason.clone());
        match (self.wish, event) {
            (Wish::Accept, Event::Accept | Event::AcceptFromTriage) => {
                Some(Given { justification: reason, ..Given::default() })
            }
            (Wish::Dismiss, Event::Dismiss) => {
                Some(Given { reason, resolution: self.resolution, ..Given::default() })
            }
            (Wish::Dismiss, Event::SendBack) | (Wish::Challenge, Event::Challenge) => {
                Some(Given { reason, ..Given::default() })
            }
            _ => None,
        }
    }

    /// Whether a step that was taken leaves it without an object.
    #[must_use]
    pub fn is_settled_by(&self, to: State) -> bool {
        match self.wish {
            Wish::Accept => matches!(to, State::Accepted | State::Closed | State::Verification),
            Wish::Dismiss => matches!(to, State::Closed | State::Verification),
            Wish::Challenge => to != State::Closed,
        }
    }
}

/// Puts a wish before people and tells the owner; nothing when it is there already.
///
/// # Errors
/// 412 when the risk was changed meanwhile.
pub async fn put(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    proposal: TicketProposal,
) -> Result<risk::Model, Problem> {
    let key = RiskKey(risk.id);
    let mut event = NewEvent::plain(PROPOSED, proposal.at);
    event.reason.clone_from(&proposal.reason);
    event.data.insert("wish".to_owned(), proposal.wish.as_str().into());
    let mut change = Change::of(risk, event)?;
    if change.standing.ticket.as_ref().is_some_and(|known| known.at >= proposal.at) {
        return Ok(change.before);
    }
    if let Some(owner) = change.before.owner_id {
        let wanted = match proposal.wish {
            Wish::Accept => "to be accepted instead of fixed",
            Wish::Dismiss => "to be called no risk",
            Wish::Challenge => "to be looked at again",
        };
        let notice = NewNotice {
            key: format!("ticket/{key}/{}/{owner}", proposal.at.timestamp_millis()),
            user_id: owner,
            kind: "ticket",
            risk_id: Some(change.before.id),
            text: format!("The ticket of {key} asks for it {wanted}."),
            link: format!("/risks/{key}"),
            urgent: false,
            about_at: proposal.at,
            not_before: occasion.now,
        };
        notice::want(tx, occasion.now, notice).await?;
    }
    change.standing.ticket = Some(proposal);
    written(tx, occasion, change).await
}

/// Takes it away: the risk stays as it is.
///
/// # Errors
/// 404 when nothing waits, 403 for those who neither own the risk nor triage its team.
pub async fn decline(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    actor: &Actor,
    risk: risk::Model,
) -> Result<risk::Model, Problem> {
    let key = RiskKey(risk.id);
    let mut change = Change::of(risk, NewEvent::plain(DECLINED, occasion.now))?;
    let Some(proposal) = change.standing.ticket.take() else {
        return Err(Problem::new(Kind::NotFound, format!("The ticket of {key} asks for nothing.")));
    };
    if change.before.owner_id != Some(actor.id) {
        actor.require_in::<AnswerVex>(change.before.team_id)?;
    }
    change.event.reason = proposal.reason;
    written(tx, occasion, change).await
}

async fn written(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    change: Change,
) -> Result<risk::Model, Problem> {
    let key = RiskKey(change.before.id);
    let risk = record::record(tx, occasion, vec![change]).await?.pop();
    risk.ok_or_else(|| Problem::not_found(format!("risk {key}")))
}
