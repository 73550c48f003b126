//! Holds a workshop in Abate itself: its session, stories, assets and risks while it is a draft.

use abate_entity::{asset, model_threat, risk, scenario, workshop};
use abate_integrations::workshop::{
    APPROACHES, KILL_CHAIN_PHASES, Position, STRIDE_CATEGORIES, WorkshopRisk, techniques_of,
};
use chrono::{DateTime, NaiveTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait,
    QueryFilter,
};
use serde_json::json;

use super::{DRAFT, api, summary_rules, threat_rules};
use crate::access::actor::Actor;
use crate::access::right::RecordRisks;
use crate::calendar::local_time;
use crate::platform::ids::Ids;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::create::{self, NewRisk, check_text};
use crate::risk::record::Occasion;

/// Where risks are written for a draft.
pub(super) struct Session<'a> {
    pub(super) tx: &'a DatabaseTransaction,
    pub(super) ids: &'a Ids,
    pub(super) actor: &'a Actor,
    pub(super) now: DateTime<Utc>,
}

/// A risk that people found in a session.
#[derive(Clone, Debug, Default)]
pub(super) struct FoundRisk {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) mitigation: String,
    pub(super) scenario: Option<String>,
    pub(super) assets: Vec<String>,
    pub(super) inherent: Option<Position>,
    pub(super) target: Option<Position>,
    pub(super) stride: Vec<String>,
    pub(super) techniques: Vec<String>,
    pub(super) kill_chain_phase: Option<String>,
    pub(super) owner_id: Option<i64>,
    /// What tells it from others of the session, where it can be told twice.
    pub(super) external_id: Option<String>,
}

/// The workshop, as long as it is a draft.
///
/// # Errors
/// 404, or 409 once it is signed off.
pub(super) async fn draft(tx: &DatabaseTransaction, id: i64) -> Result<workshop::Model, Problem> {
    let workshop = api::find(tx, id).await?;
    if workshop.state == DRAFT {
        return Ok(workshop);
    }
    Err(Problem::new(Kind::Conflict, "This workshop is signed off. Hold another one for what comes up now."))
}

/// Checks the words of a session.
pub(super) fn check(title: &str, approach: &str, zone: &str) -> Result<(), Problem> {
    if title.trim().is_empty() {
        return Err(Problem::invalid("title", "Say in one line what the workshop is about."));
    }
    check_text("title", title, 300)?;
    if !approach.is_empty() && !APPROACHES.contains(&approach) {
        return Err(Problem::invalid("approach", format!("Use one of {}.", APPROACHES.join(", "))));
    }
    match zone.parse::<chrono_tz::Tz>() {
        Ok(_) => Ok(()),
        Err(_) => Err(Problem::invalid("zone", "Name a zone as in Europe/London.")),
    }
}

impl Session<'_> {
    /// Records a risk of a draft; the same external id twice is one risk, and nothing is answered the second time.
    pub(super) async fn add(
        &self,
        workshop: &workshop::Model,
        found: FoundRisk,
    ) -> Result<Option<risk::Model>, Problem> {
        check_words("stride", &found.stride, STRIDE_CATEGORIES)?;
        check_words("kill_chain_phase", found.kill_chain_phase.as_slice(), KILL_CHAIN_PHASES)?;
        let assets = self.assets(&found.assets).await?;
        let primary = assets.first().ok_or_else(|| {
            Problem::invalid("assets", "Name at least one asset by its key, the primary one first.")
        })?;
        let scenario_id = match &found.scenario {
            Some(key) => Some(self.scenario(workshop, key).await?.id),
            None => None,
        };
        let external_id = match found.external_id {
            Some(id) => id,
            None => format!("W-{}", self.next_number(workshop).await?),
        };
        let told = self.told(workshop).filter(model_threat::Column::ExternalId.eq(&external_id));
        if told.one(self.tx).await?.is_some() {
            return Ok(None);
        }
        let policies = Policies::load(self.tx).await?;
        let occasion = Occasion::by(self.actor, self.now, &policies);
        let place = |position: Position| (position.likelihood, position.impact);
        let said = WorkshopRisk {
            id: external_id.clone(),
            title: found.title.clone(),
            description: found.description.clone(),
            mitigation: found.mitigation.clone(),
            stride: found.stride,
            attack: techniques_of(&found.techniques.join(" ")),
            inherent: found.inherent.unwrap_or_default(),
            target: found.target,
            needs_rating: found.inherent.is_none(),
            ..WorkshopRisk::default()
        };
        let held_at = local_time::to_utc(policies.zone, workshop.held_on.and_time(NaiveTime::MIN));
        let new = NewRisk {
            origin: "workshop",
            title: found.title,
            description: found.description,
            mitigation: found.mitigation,
            further_assets: assets.iter().skip(1).map(|asset| asset.id).collect(),
            owner_id: found.owner_id.or(primary.owner_id),
            inherent: Some(place(said.inherent)),
            target: found.target.map(place),
            kill_chain_phase: found.kill_chain_phase,
            tags: threat_rules::tags(&said),
            workshop_id: Some(workshop.id),
            scenario_id,
            sla_start_at: Some(held_at),
            ..NewRisk::default()
        };
        let risk = create::create(self.tx, self.ids, &occasion, primary, new).await?;
        let row = model_threat::ActiveModel {
            model: Set(workshop.title.clone()),
            external_id: Set(external_id),
            risk_id: Set(risk.id),
            content: Set(json!(said)),
            gone_since: Set(None),
            ..Default::default()
        };
        model_threat::Entity::insert(row).exec_without_returning(self.tx).await?;
        self.count(workshop).await?;
        Ok(Some(risk))
    }

    fn told(&self, workshop: &workshop::Model) -> sea_orm::Select<model_threat::Entity> {
        model_threat::Entity::find().filter(model_threat::Column::Model.eq(&workshop.title))
    }

    async fn next_number(&self, workshop: &workshop::Model) -> Result<u64, Problem> {
        Ok(self.told(workshop).count(self.tx).await? + 1)
    }

    async fn assets(&self, keys: &[String]) -> Result<Vec<asset::Model>, Problem> {
        let mut assets: Vec<asset::Model> = Vec::new();
        for key in keys {
            let found = asset::Entity::find().filter(asset::Column::Key.eq(key)).one(self.tx).await?;
            let found = found.filter(|asset| self.actor.scope().covers(asset.team_id));
            let found =
                found.ok_or_else(|| Problem::invalid("assets", format!("There is no asset {key:?}.")))?;
            self.actor.require_in::<RecordRisks>(found.team_id)?;
            if assets.iter().all(|known| known.id != found.id) {
                assets.push(found);
            }
        }
        Ok(assets)
    }

    pub(super) async fn scenario(
        &self,
        workshop: &workshop::Model,
        key: &str,
    ) -> Result<scenario::Model, Problem> {
        let found = scenario::Entity::find()
            .filter(scenario::Column::WorkshopId.eq(workshop.id))
            .filter(scenario::Column::Key.eq(key))
            .one(self.tx)
            .await?;
        found.ok_or_else(|| {
            Problem::invalid("scenario", format!("There is no scenario {key:?} in this workshop."))
        })
    }

    /// Counts the risks of the draft by level.
    async fn count(&self, workshop: &workshop::Model) -> Result<(), Problem> {
        let risks =
            risk::Entity::find().filter(risk::Column::WorkshopId.eq(workshop.id)).all(self.tx).await?;
        let counted = summary_rules::count(risks.iter().map(|risk| risk.level));
        let row = workshop::ActiveModel {
            id: Set(workshop.id),
            counted_summary: Set(json!(counted)),
            ..Default::default()
        };
        row.update(self.tx).await?;
        Ok(())
    }
}

fn check_words(field: &str, words: &[String], known: &[&str]) -> Result<(), Problem> {
    match words.iter().find(|word| !known.contains(&word.as_str())) {
        Some(word) => {
            Err(Problem::invalid(field, format!("{word:?} is not known; use one of {}.", known.join(", "))))
        }
        None => Ok(()),
    }
}
