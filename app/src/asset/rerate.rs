//! Rates what scanners found again when the tier of its asset changes; what a person has rated stays.

use std::collections::HashSet;

use abate_entity::{asset, risk, risk_event};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::json;

use crate::platform::problem::Problem;
use crate::risk::edit::{self, Edit};
use crate::risk::rate::Why;
use crate::risk::rated::{Rated, Source};
use crate::risk::record::Occasion;

/// Rates the risks whose impact is not that of the asset's tier.
pub(super) async fn rate(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    asset: &asset::Model,
    risks: Vec<risk::Model>,
) -> Result<(), Problem> {
    let impact = asset.tier.impact();
    let concerned: Vec<risk::Model> = risks
        .into_iter()
        .filter(|risk| risk.origin == "scanner" && risk.inherent_impact != Some(i16::from(impact)))
        .collect();
    let by_people = rated_by_people(tx, &concerned).await?;
    for risk in concerned.into_iter().filter(|risk| !by_people.contains(&risk.id)) {
        let Some(likelihood) = risk.inherent_likelihood.and_then(|score| u8::try_from(score).ok()) else {
            continue;
        };
        let edit = Edit {
            rated: Rated::inherent((likelihood, impact)),
            why: Some(Why {
                inputs: json!({ "tier": asset.tier }),
                because: vec![format!("impact {impact}: the asset's tier is {}", asset.tier)],
                source: Source::Asset,
            }),
            reason: format!("The tier of {} is {} now.", asset.name, asset.tier),
            ..Edit::default()
        };
        edit::edit(tx, occasion, risk, edit).await?;
    }
    Ok(())
}

/// The risks whose likelihood or impact a person has said.
async fn rated_by_people(tx: &DatabaseTransaction, risks: &[risk::Model]) -> Result<HashSet<i64>, Problem> {
    let events = risk_event::Entity::find()
        .filter(risk_event::Column::RiskId.is_in(risks.iter().map(|risk| risk.id)))
        .filter(risk_event::Column::ActorId.is_not_null())
        .filter(risk_event::Column::Kind.ne("created"))
        .all(tx)
        .await?;
    let said = |event: &risk_event::Model| {
        let given = event.data.get("given");
        event.data.get("rating").is_some()
            || given
                .is_some_and(|given| ["likelihood", "impact"].iter().any(|field| given.get(field).is_some()))
    };
    Ok(events.iter().filter(|event| said(event)).map(|event| event.risk_id).collect())
}
