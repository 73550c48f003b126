//! Writes the risks of a workshop: new ones, what the file says otherwise than before, and those that it no longer has.

use std::collections::HashSet;

use abate_entity::lifecycle::Treatment;
use abate_entity::{asset, model_threat, risk_control, risk_identity, risk_tag};
use abate_integrations::workshop::{Tracking, WorkshopRisk};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::known::KnownThreat;
use super::threat_rules::{self, TAG_KINDS};
use super::write::Writer;
use crate::platform::problem::Problem;
use crate::risk::create::{self, NewRisk};
use crate::risk::edit::{self, Edit};
use crate::risk::rate::Why;
use crate::risk::rated::{Rated, Source};
use crate::risk::tag;

/// How risks of workshops are recognised.
pub(super) const SCHEME: &str = "workshop/1";

/// Rows of one statement.
const CHUNK: usize = 500;

impl Writer<'_> {
    pub(super) async fn risk(&mut self, found: &WorkshopRisk) -> Result<(), Problem> {
        match self.known.remove(&found.id) {
            Some(known) => self.update(known, found).await,
            None => self.create(found).await,
        }
    }

    async fn create(&mut self, found: &WorkshopRisk) -> Result<(), Problem> {
        let assets: Vec<asset::Model> =
            found.assets.iter().filter_map(|id| self.assets.get(id).cloned()).collect();
        let Some(primary) = assets.first() else { return Ok(()) };
        let mut further: Vec<i64> = assets.iter().skip(1).map(|asset| asset.id).collect();
        let mut seen = HashSet::from([primary.id]);
        further.retain(|id| seen.insert(*id));
        let new = NewRisk {
            origin: "workshop",
            title: found.title.clone(),
            description: found.description.clone(),
            mitigation: found.mitigation.clone(),
            further_assets: further,
            owner_id: self.people.user(&found.owner).or(primary.owner_id),
            inherent: Some((found.inherent.likelihood, found.inherent.impact)),
            target: found.target.map(|target| (target.likelihood, target.impact)),
            treatment: found.treatment.parse::<Treatment>().ok(),
            kill_chain_phase: (!found.kill_chain_phase.is_empty()).then(|| found.kill_chain_phase.clone()),
            tags: threat_rules::tags(found),
            workshop_id: Some(self.workshop.id),
            scenario_id: self.scenarios.get(&found.scenario).copied(),
            import_id: Some(self.import_id),
            sla_start_at: Some(self.sla_start_at),
            ..NewRisk::default()
        };
        let risk = create::create(self.tx, self.ids, self.occasion, primary, new).await?;
        let row = risk_identity::ActiveModel {
            asset_id: Set(primary.id),
            scheme: Set(SCHEME.to_owned()),
            hash: Set(identity(self.model, &found.id)),
            risk_id: Set(risk.id),
            because: Set(format!("{} of the workshop", found.id)),
            made_by: Set(None),
            created_at: Set(self.occasion.now),
            ..Default::default()
        };
        risk_identity::Entity::insert(row).exec_without_returning(self.tx).await?;
        let row = model_threat::ActiveModel {
            model: Set(self.model.to_owned()),
            external_id: Set(found.id.clone()),
            risk_id: Set(risk.id),
            content: Set(json!(found)),
            gone_since: Set(None),
            ..Default::default()
        };
        model_threat::Entity::insert(row).exec_without_returning(self.tx).await?;
        let controls: Vec<_> = found
            .controls
            .iter()
            .filter_map(|key| self.controls.get(key))
            .collect::<HashSet<_>>()
            .into_iter()
            .map(|control_id| risk_control::ActiveModel {
                risk_id: Set(risk.id),
                control_id: Set(*control_id),
                ..Default::default()
            })
            .collect();
        for chunk in controls.chunks(CHUNK) {
            risk_control::Entity::insert_many(chunk.to_vec()).exec_without_returning(self.tx).await?;
        }
        self.created += 1;
        Ok(())
    }

    /// What a later state of the file says in other words is written; where the risk stands is ours.
    async fn update(&mut self, known: KnownThreat, found: &WorkshopRisk) -> Result<(), Problem> {
        let difference = threat_rules::difference(&known.before, found);
        let back = known.row.gone_since.is_some();
        if known.before == *found && !back {
            self.unchanged += 1;
            return Ok(());
        }
        let row = model_threat::ActiveModel {
            id: Set(known.row.id),
            content: Set(json!(found)),
            gone_since: Set(None),
            ..Default::default()
        };
        row.update(self.tx).await?;
        if difference.tags {
            self.write_tags(known.risk.id, &threat_rules::tags(found)).await?;
        }
        let changed = !difference.is_nothing();
        let place = |position: abate_integrations::workshop::Position| (position.likelihood, position.impact);
        let edit = Edit {
            title: difference.title.map(|title| title.split_whitespace().collect::<Vec<_>>().join(" ")),
            description: difference.description,
            mitigation: difference.mitigation,
            rated: Rated {
                inherent: difference.inherent.map(place),
                target: difference.target.map(place),
                ..Rated::default()
            },
            why: Some(Why::plain(Source::Workshop)),
            reason: "The workshop's file was imported again.".to_owned(),
            ..Edit::default()
        };
        edit::edit(self.tx, self.occasion, known.risk, edit).await?;
        match (back, changed) {
            (true, _) => self.returned += 1,
            (false, true) => self.updated += 1,
            (false, false) => self.unchanged += 1,
        }
        Ok(())
    }

    async fn write_tags(&self, risk_id: i64, tags: &[(&'static str, String)]) -> Result<(), Problem> {
        risk_tag::Entity::delete_many()
            .filter(risk_tag::Column::RiskId.eq(risk_id))
            .filter(risk_tag::Column::Kind.is_in(TAG_KINDS.iter().copied()))
            .exec(self.tx)
            .await?;
        let tags = tags.iter().map(|(kind, value)| (risk_id, *kind, value.clone()));
        Ok(tag::add(self.tx, tags).await?)
    }

    /// What the file decided about threats that it does not list, but an earlier file of the same model did.
    pub(super) async fn track(&mut self, decisions: &[Tracking]) -> Result<(), Problem> {
        for decision in decisions {
            let fits: Vec<String> = self.known.keys().filter(|id| decision.fits(id)).cloned().collect();
            for id in fits {
                let Some(known) = self.known.remove(&id) else { continue };
                let mut found = known.before.clone();
                found.status.clone_from(&decision.status);
                found.status_note.clone_from(&decision.note);
                self.update(known, &found).await?;
            }
        }
        Ok(())
    }

    /// Notes which threats the model no longer has. Nothing is closed by it: a person looks at them.
    pub(super) async fn note_gone(&mut self, found: &[WorkshopRisk]) -> Result<i64, Problem> {
        let seen: HashSet<&str> = found.iter().map(|risk| risk.id.as_str()).collect();
        let mut gone = 0;
        for (id, known) in &self.known {
            if seen.contains(id.as_str()) || known.row.gone_since.is_some() {
                continue;
            }
            let row = model_threat::ActiveModel {
                id: Set(known.row.id),
                gone_since: Set(Some(self.import_id)),
                ..Default::default()
            };
            row.update(self.tx).await?;
            gone += 1;
        }
        Ok(gone)
    }
}

/// A risk of a workshop is recognised by the workshop's title and its own number there.
fn identity(model: &str, id: &str) -> String {
    let digest = Sha256::new()
        .chain_update(SCHEME)
        .chain_update([0])
        .chain_update(model)
        .chain_update([0])
        .chain_update(id);
    hex::encode(&digest.finalize()[..16])
}
