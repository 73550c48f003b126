//! Where the directive asks to look for traces of an attack: the mark on the risk, and what somebody has to do by when.

use abate_entity::risk;
use chrono::Duration;
use sea_orm::DatabaseTransaction;

use super::clock::{ClockEvent, Happening};
use super::key::RiskKey;
use super::record::Occasion;
use super::tag;
use crate::message::notice::{self, NewNotice};
use crate::owner::directory;
use crate::platform::problem::Problem;

/// The mark that a risk carries from then on.
pub const MARK: (&str, &str) = ("mark", "forensics");
/// What is asked for: told after so many hours, to be done within so many.
const TASKS: [(i64, i64, &str); 3] = [
    (0, 2, "say how far an attack may have got"),
    (2, 24, "save what is volatile, and only then patch"),
    (24, 72, "decide whether there was an attack"),
];

/// Marks a risk of which the directive says that traces have to be looked for, and tells whoever answers for it.
///
/// # Errors
/// When the database refuses.
pub(super) async fn follow(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: &risk::Model,
    clock: &[ClockEvent],
) -> Result<(), Problem> {
    let asked_for = clock.iter().find_map(|event| match &event.happening {
        Happening::Judged(judgement) if judgement.forensics => Some(judgement.cve.as_str()),
        _ => None,
    });
    let Some(cve) = asked_for else { return Ok(()) };
    let (kind, word) = MARK;
    tag::add(tx, [(risk.id, kind, word.to_owned())]).await?;
    let key = RiskKey(risk.id);
    let user_id = directory::answers_for(tx, risk).await?.unwrap_or_default();
    for (after, within, task) in TASKS {
        let new = NewNotice {
            key: format!("forensics/{key}/{cve}/{within}"),
            user_id,
            kind: "forensics",
            risk_id: Some(risk.id),
            text: format!(
                "{key} ({}) may have been attacked already. Within {within} hours: {task}.",
                risk.level
            ),
            link: format!("/risks/{key}"),
            urgent: true,
            about_at: occasion.now + Duration::hours(within),
            not_before: occasion.now + Duration::hours(after),
        };
        notice::want(tx, occasion.now, new).await?;
    }
    Ok(())
}
