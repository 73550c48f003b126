//! Rules. Confirming, on its day of review, that somebody else still carries a transferred risk. Not a row of the table:
//! the risk stays closed.

use chrono::NaiveDate;

use super::change::Change;
use super::facts::{Facts, Requester};
use super::guard::{Guard, Missing};
use super::step::Refusal;
use super::words::{Event, Party, Resolution};

/// What confirming writes: the next day of review.
///
/// # Errors
///
/// Says what is in the way: the risk was not transferred, the requester is no risk manager, the next day does not lie
/// ahead, or no reason is given.
pub fn confirm_transfer(
    facts: &Facts,
    requester: &Requester,
    review_on: Option<NaiveDate>,
    reason: &str,
    today: NaiveDate,
) -> Result<Vec<Change>, Refusal> {
    if facts.resolution != Some(Resolution::Transferred) {
        return Err(Refusal::NoSuchStep { possible: vec![Event::TreatWithoutFix] });
    }
    if requester.user.is_none() || !requester.parties.contains(&Party::RiskManager) {
        return Err(Refusal::NotYourRight { who: "a risk manager".to_owned(), rule: None });
    }
    let mut missing = Vec::new();
    if review_on.is_none_or(|day| day <= today) {
        missing.push(Missing {
            field: "review_on",
            rule: Guard::TransferReviewed,
            why: "Set a day ahead on which the transfer is looked at again".to_owned(),
        });
    }
    if reason.trim().is_empty() {
        missing.push(Missing {
            field: "reason",
            rule: Guard::Reasoned,
            why: "Say what shows that the transfer still holds".to_owned(),
        });
    }
    if missing.is_empty() { Ok(vec![Change::ReviewOn(review_on)]) } else { Err(Refusal::Missing(missing)) }
}
