//! What follows from an incident: a risk, which goes the way of all risks.

use abate_entity::{incident, incident_action, risk};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction};
use serde_json::json;

use super::key::IncidentKey;
use super::log::{self, NewEntry};
use super::state_rules::CLOSED;
use crate::access::actor::Actor;
use crate::access::right::DeclareIncidents;
use crate::access::user;
use crate::asset::finder as assets;
use crate::audit_log;
use crate::platform::ids::Ids;
use crate::platform::problem::{Kind, Problem};
use crate::risk::create::{self, NewRisk};
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;

/// What is to be done.
#[derive(Clone, Debug, Default)]
pub struct NewAction {
    /// One line.
    pub title: String,
    /// What is wrong.
    pub description: String,
    /// Key of the asset.
    pub asset: String,
    /// Address of who answers for it, the asset's owner unless told.
    pub owner: Option<String>,
    /// Likelihood and impact before controls.
    pub inherent: Option<(u8, u8)>,
}

/// Records the risk.
///
/// # Errors
/// 409 when the incident is closed, 422 naming the field that is wrong.
pub async fn add(
    tx: &DatabaseTransaction,
    ids: &Ids,
    occasion: &Occasion<'_>,
    actor: &Actor,
    incident: &incident::Model,
    new: NewAction,
) -> Result<risk::Model, Problem> {
    let key = IncidentKey(incident.id);
    if incident.state == CLOSED {
        return Err(Problem::new(Kind::Conflict, format!("{key} is closed.")));
    }
    let asset = assets::one(tx, &actor.scope(), &new.asset).await;
    let asset =
        asset.map_err(|_| Problem::invalid("asset", format!("There is no asset {:?}.", new.asset)))?;
    actor.require_in::<DeclareIncidents>(asset.team_id)?;
    let owner_id = match new.owner.as_deref().map(str::trim).filter(|email| !email.is_empty()) {
        Some(email) => Some(user::active_by_email(tx, "owner", email).await?.id),
        None => asset.owner_id,
    };
    let risk = NewRisk {
        origin: "incident",
        title: new.title,
        description: new.description,
        owner_id,
        inherent: new.inherent,
        tags: vec![("incident", key.to_string())],
        confidential: true,
        ..NewRisk::default()
    };
    let risk = create::create(tx, ids, occasion, &asset, risk).await?;
    incident_action::ActiveModel { incident_id: Set(incident.id), risk_id: Set(risk.id) }.insert(tx).await?;
    let text = format!("{}: {}", RiskKey(risk.id), risk.title);
    log::add(tx, incident.id, Some(actor), NewEntry::of("action", occasion.now, &text), occasion.now).await?;
    let data = json!({ "risk": RiskKey(risk.id) });
    audit_log::add(tx, actor, "incident.action", &key.to_string(), data, occasion.now).await?;
    Ok(risk)
}
