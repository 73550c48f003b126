//! Ends an acceptance when what was accepted got worse, whoever or whatever made it so: a person's rating, a scanner's
//! severity, the tier of its asset, a feed. Nobody has agreed to live with that.

use abate_entity::level::Level;
use abate_entity::lifecycle::{Event, Given, Party, Proof, Requester, State};
use abate_entity::risk;
use sea_orm::DatabaseTransaction;

use super::record::{self, Occasion};
use super::step::{self, Asked};
use crate::platform::problem::{Kind, Problem};

/// Ends the acceptance of a risk that got worse; answers the risk as it is now. `risk` is as it stands after the change,
/// `level_before` what its level was, and `kev` whether it entered KEV.
///
/// # Errors
/// When the database refuses.
pub async fn end_acceptance(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    level_before: Level,
    kev: bool,
) -> Result<risk::Model, Problem> {
    let (proof, reason) = match (kev, risk.level > level_before) {
        (true, _) => (Proof::KevAdded, "It entered KEV while it was accepted.".to_owned()),
        (false, true) => (
            Proof::LevelRose,
            format!("Its level rose from {level_before} to {} while it was accepted.", risk.level),
        ),
        (false, false) => return Ok(risk),
    };
    if risk.state != State::Accepted {
        return Ok(risk);
    }
    let given = Given { reason: Some(reason), ..Given::default() };
    let asked = Asked { event: Event::ExpireOrRevoke, given, proofs: vec![proof], at: None };
    let requester = Requester::system(Party::Rating, occasion.via);
    // Whoever rated it did not end the acceptance: the rule did.
    let occasion = occasion.by_system(occasion.via);
    match step::plan(tx, &occasion, risk.clone(), &requester, asked).await {
        Ok(change) => {
            let ended = record::record(tx, &occasion, vec![change]).await?.pop();
            ended.ok_or_else(|| Problem::not_found("such risk"))
        }
        // What the lifecycle refuses stays as it is.
        Err(problem) if matches!(problem.kind(), Kind::Conflict | Kind::Forbidden | Kind::Invalid) => {
            Ok(risk)
        }
        Err(problem) => Err(problem),
    }
}
