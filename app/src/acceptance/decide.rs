//! Answers a request to accept, or ends an acceptance: steps of the lifecycle like any other, by the number of the
//! acceptance.

use abate_entity::lifecycle::{Event, Given, Pending};
use chrono::NaiveDate;
use sea_orm::DatabaseTransaction;

use super::{finder, state};
use crate::access::actor::Actor;
use crate::platform::problem::{Kind, Problem};
use crate::risk::decline;
use crate::risk::parties::requester;
use crate::risk::record::Occasion;
use crate::risk::step::{self, Asked};

/// What to do with an acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Agree to a request.
    Approve {
        /// An earlier last day.
        expires_on: Option<NaiveDate>,
    },
    /// Say no to a request; whoever asked takes it back.
    Reject,
    /// End an acceptance that holds.
    Revoke,
}

/// Does it.
///
/// # Errors
/// 404 when there is none that may be seen, 409 when it does not stand so that this can be done, 403 for somebody else's
/// answer, 422 with all that is missing.
pub(super) async fn decide(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    actor: &Actor,
    id: i64,
    answer: Answer,
    reason: &str,
) -> Result<(), Problem> {
    let (row, risk) = finder::one(tx, &actor.scope(), id).await?;
    let wanted = if answer == Answer::Revoke { state::IN_FORCE } else { state::REQUESTED };
    if row.state != wanted {
        let text = format!("Acceptance {id} is {}; this can be done only while it is {wanted}.", row.state);
        return Err(Problem::new(Kind::Conflict, text.replace('_', " ")));
    }
    let who = requester(actor, &risk);
    let reason = Some(reason.trim()).filter(|reason| !reason.is_empty());
    let given = Given { reason: reason.map(str::to_owned), ..Given::default() };
    match answer {
        Answer::Approve { expires_on } => {
            let event = Event::Accept.spoken_in(risk.state);
            let asked = Asked::by_person(event, Given { expires_on, ..given });
            step::take(tx, occasion, risk, &who, asked).await?;
        }
        Answer::Reject => {
            let what = Some(Pending::Acceptance);
            decline::decline(tx, occasion, risk, &who, what, reason.unwrap_or_default()).await?;
        }
        Answer::Revoke => {
            step::take(tx, occasion, risk, &who, Asked::by_person(Event::ExpireOrRevoke, given)).await?;
        }
    }
    Ok(())
}
