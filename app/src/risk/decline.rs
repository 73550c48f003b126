//! Says no to what waits for a second person, or takes one's own request back.

use abate_entity::lifecycle::{self, Pending, Requester};
use abate_entity::risk;
use sea_orm::DatabaseTransaction;

use super::key::RiskKey;
use super::record::{self, Change, NewEvent, Occasion};
use super::standing;
use super::step;
use crate::platform::problem::{Kind, Problem};

/// Declines `what`, or the one thing that waits; answers the risk as it is now.
///
/// # Errors
/// 409 when nothing waits, 403 when it is somebody else's answer, 422 without a reason, or when it is not clear what is
/// meant.
pub async fn decline(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    requester: &Requester,
    what: Option<Pending>,
    reason: &str,
) -> Result<risk::Model, Problem> {
    let key = RiskKey(risk.id);
    let mut change = Change::of(risk, NewEvent::plain("declined", occasion.now))?;
    let facts = standing::facts(&change.before, &change.standing, false);
    let waiting = Pending::of(&facts);
    let what = match (what, waiting.as_slice()) {
        (Some(what), _) if waiting.contains(&what) => what,
        (None, [one]) => *one,
        (None, [_, ..]) => {
            let words: Vec<&str> = waiting.iter().map(|what| what.as_str()).collect();
            return Err(Problem::invalid("what", format!("Say which of them: {}.", words.join(", "))));
        }
        _ => return Err(Problem::new(Kind::Conflict, format!("Nothing of {key} waits for such an answer."))),
    };
    let declined = lifecycle::decline(&facts, what, requester, Some(reason))
        .map_err(|refusal| step::refused(key, facts.state, refusal))?;
    standing::write(&declined.changes, &mut change.set, &mut change.standing);
    if declined.withdrawn {
        change.event.kind = "withdrawn_request";
    }
    change.event.reason = reason.trim().to_owned();
    change.event.data.insert("what".to_owned(), what.as_str().into());
    let risk = record::record(tx, occasion, vec![change]).await?.pop();
    risk.ok_or_else(|| Problem::not_found(format!("risk {key}")))
}
