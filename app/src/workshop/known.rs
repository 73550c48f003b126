//! What is known of the threats of a model.

use std::collections::HashMap;

use abate_entity::{model_threat, risk, risk_tag};
use abate_integrations::workshop::WorkshopRisk;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::threat_rules::NEEDS;
use crate::platform::problem::Problem;

/// Ids that one query asks for.
const BATCH: usize = 500;

/// A threat that was read before.
pub(super) struct KnownThreat {
    pub(super) row: model_threat::Model,
    pub(super) before: WorkshopRisk,
    pub(super) risk: risk::Model,
}

/// The threats of a model by their own ids.
pub(super) async fn of_model(
    db: &impl ConnectionTrait,
    model: &str,
) -> Result<HashMap<String, KnownThreat>, Problem> {
    let rows = model_threat::Entity::find()
        .filter(model_threat::Column::Model.eq(model))
        .order_by_asc(model_threat::Column::Id)
        .all(db)
        .await?;
    let mut risks = HashMap::new();
    for some in rows.chunks(BATCH) {
        let ids = some.iter().map(|row| row.risk_id);
        for risk in risk::Entity::find().filter(risk::Column::Id.is_in(ids)).all(db).await? {
            risks.insert(risk.id, risk);
        }
    }
    let mut known = HashMap::new();
    for row in rows {
        let Some(risk) = risks.remove(&row.risk_id) else { continue };
        let before = serde_json::from_value(row.content.clone()).map_err(Problem::internal)?;
        known.insert(row.external_id.clone(), KnownThreat { row, before, risk });
    }
    Ok(known)
}

/// What a model says about a risk.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) said: WorkshopRisk,
    pub(super) gone: bool,
    /// Nobody has rated it yet.
    pub(super) needs_rating: bool,
}

/// What models say about these risks, by their numbers.
pub(super) async fn said_about(
    db: &impl ConnectionTrait,
    risks: &[risk::Model],
) -> Result<HashMap<i64, Said>, Problem> {
    let mut all: HashMap<i64, Said> = HashMap::new();
    for some in risks.chunks(BATCH) {
        let ids: Vec<i64> = some.iter().map(|risk| risk.id).collect();
        let rows = model_threat::Entity::find().filter(model_threat::Column::RiskId.is_in(ids.clone()));
        for row in rows.all(db).await? {
            let said = serde_json::from_value(row.content).map_err(Problem::internal)?;
            all.insert(row.risk_id, Said { said, gone: row.gone_since.is_some(), needs_rating: false });
        }
        for risk_id in unrated(db, &ids).await? {
            all.entry(risk_id).or_default().needs_rating = true;
        }
    }
    Ok(all)
}

/// Which of these risks nobody has rated yet.
pub(super) async fn unrated(db: &impl ConnectionTrait, ids: &[i64]) -> Result<Vec<i64>, Problem> {
    let tags = risk_tag::Entity::find()
        .filter(risk_tag::Column::RiskId.is_in(ids.iter().copied()))
        .filter(risk_tag::Column::Kind.eq(NEEDS.0))
        .filter(risk_tag::Column::Value.eq(NEEDS.1))
        .all(db)
        .await?;
    Ok(tags.into_iter().map(|tag| tag.risk_id).collect())
}
