//! A triager says that a workshop's result stands; its risks are confirmed where all that takes is there.

use abate_entity::lifecycle::{Event, Given, Party, Proof, Requester, State};
use abate_entity::{risk, workshop};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder,
};
use serde_json::json;

use super::{DRAFT, SIGNED_OFF, known, summary_rules};
use crate::access::actor::Actor;
use crate::audit_log;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::create::check_text;
use crate::risk::key::RiskKey;
use crate::risk::record::{self, Occasion};
use crate::risk::step::{self, Asked};

/// What signing off came to.
#[derive(Debug)]
pub struct SignedOff {
    /// The workshop as it is now.
    pub workshop: workshop::Model,
    /// Risks that were confirmed.
    pub confirmed: Vec<RiskKey>,
    /// Risks that still need a person, with what is missing.
    pub waiting: Vec<(RiskKey, String)>,
}

/// Signs a workshop off.
///
/// # Errors
/// 409 when it was signed off before; 422 when the stated summary differs from the counted one and no reason is given.
pub async fn sign_off(
    tx: &DatabaseTransaction,
    actor: &Actor,
    workshop: workshop::Model,
    reason: Option<String>,
    now: DateTime<Utc>,
) -> Result<SignedOff, Problem> {
    if workshop.state != DRAFT {
        return Err(Problem::new(Kind::Conflict, "This workshop was signed off already."));
    }
    let reason = reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    check_text("mismatch_reason", reason.as_deref().unwrap_or_default(), 2_000)?;
    let policies = Policies::load(tx).await?;
    let occasion = Occasion::by(actor, now, &policies);
    let risks = risk::Entity::find()
        .filter(risk::Column::WorkshopId.eq(workshop.id))
        .order_by_asc(risk::Column::Id)
        .all(tx)
        .await?;
    let counted = summary_rules::count(risks.iter().map(|risk| risk.level));
    let stated = serde_json::from_value(workshop.stated_summary.clone()).map_err(Problem::internal)?;
    let difference = summary_rules::difference(&stated, &counted);
    if let (Some(difference), None) = (&difference, &reason) {
        return Err(Problem::invalid(
            "mismatch_reason",
            format!(
                "The workshop says something else than its risks ({difference}). Say why that is all right, or correct the file."
            ),
        ));
    }
    let row = workshop::ActiveModel {
        id: Set(workshop.id),
        state: Set(SIGNED_OFF.to_owned()),
        counted_summary: Set(json!(counted)),
        mismatch_reason: Set(difference.and(reason)),
        signed_off_by: Set(Some(actor.id)),
        signed_off_at: Set(Some(now)),
        ..Default::default()
    };
    let workshop = row.update(tx).await?;
    let data = json!({ "counted": counted, "mismatch_reason": workshop.mismatch_reason });
    audit_log::add(tx, actor, "workshop.sign_off", &format!("workshop-{}", workshop.id), data, now).await?;

    let requester = Requester::system(Party::Rule, actor.via);
    let said = known::said_about(tx, &risks).await?;
    let (mut changes, mut waiting) = (Vec::new(), Vec::new());
    for risk in risks.into_iter().filter(|risk| risk.state == State::New) {
        let key = RiskKey(risk.id);
        if said.get(&risk.id).is_some_and(|said| said.needs_rating) {
            waiting.push((key, "Rate it: its model gives a level, and no likelihood and impact.".to_owned()));
            continue;
        }
        let asked = Asked {
            event: Event::AutoConfirm,
            given: Given::default(),
            proofs: vec![Proof::SignedOffWorkshop],
            at: None,
        };
        match step::plan(tx, &occasion, risk, &requester, asked).await {
            Ok(change) => changes.push(change),
            Err(problem) if matches!(problem.kind(), Kind::Conflict | Kind::Forbidden | Kind::Invalid) => {
                waiting.push((key, problem.detail().to_owned()));
            }
            Err(problem) => return Err(problem),
        }
    }
    let confirmed = record::record(tx, &occasion, changes).await?;
    let confirmed = confirmed.into_iter().map(|risk| RiskKey(risk.id)).collect();
    Ok(SignedOff { workshop, confirmed, waiting })
}
