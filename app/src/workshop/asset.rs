//! Finds the assets that a workshop or model names, or puts them into the register.

use abate_entity::asset;
use abate_entity::tier::Tier;
use abate_integrations::workshop::WorkshopAsset;
use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;
use sha2::{Digest as _, Sha256};

use super::people::People;
use crate::asset::register::{self, NewAsset, REVIEWED};
use crate::platform::problem::Problem;

/// Where assets of one file are looked for.
pub(super) struct Places<'a> {
    pub(super) tx: &'a DatabaseTransaction,
    pub(super) people: &'a People,
    /// Title of the model.
    pub(super) model: &'a str,
    /// The asset that stands for parts of the model which the register does not know.
    pub(super) stand_in: Option<&'a asset::Model>,
    pub(super) now: DateTime<Utc>,
}

impl Places<'_> {
    /// A listed asset is known by its name everywhere, a part of a model by its name within that model.
    pub(super) async fn find_or_add(&self, found: &WorkshopAsset) -> Result<asset::Model, Problem> {
        let plain = register::key_from(&found.name);
        if found.listed {
            return match register::by_key(self.tx, &plain).await? {
                Some(asset) => Ok(asset),
                None => self.add(plain, found).await,
            };
        }
        let own = key_within(self.model, &found.name);
        if let Some(asset) = register::by_key(self.tx, &own).await? {
            return Ok(asset);
        }
        let reviewed = register::by_key(self.tx, &plain).await?;
        if let Some(asset) = reviewed.filter(|asset| asset.review_state == REVIEWED) {
            return Ok(asset);
        }
        match self.stand_in {
            Some(asset) => Ok(asset.clone()),
            None => self.add(own, found).await,
        }
    }

    async fn add(&self, key: String, found: &WorkshopAsset) -> Result<asset::Model, Problem> {
        let new = NewAsset {
            key,
            name: found.name.clone(),
            kind: if found.kind.is_empty() { "other".to_owned() } else { found.kind.clone() },
            tier: if found.listed { tier(&found.tier) } else { Tier::Important },
            data_classes: found.data_classes.clone(),
            internet_facing: found.internet_facing,
            ratings: found.cia.map(|rating| rating.map(i16::from)),
            team_id: self.people.team(&found.owner),
            owner_id: self.people.user(&found.owner),
            reviewed: found.listed,
        };
        register::add(self.tx, new, self.now).await
    }
}

fn tier(word: &str) -> Tier {
    match word {
        "mission_critical" => Tier::Mission,
        "business_critical" => Tier::Business,
        "important" => Tier::Important,
        _ => Tier::Other,
    }
}

/// A key that no other model's part has: both names, and a digest where they are too long for a key.
fn key_within(model: &str, name: &str) -> String {
    let both = format!("{model} {name}");
    if both.len() <= 80 {
        return register::key_from(&both);
    }
    let digest = Sha256::new().chain_update(model).chain_update([0]).chain_update(name).finalize();
    let head: String = register::key_from(name).chars().take(60).collect();
    register::key_from(&format!("{head}-{}", hex::encode(&digest[..5])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_two_models_have_two_keys() {
        assert_eq!(key_within("Web shop", "Database"), "web-shop-database");
        let long = "x".repeat(90);
        assert_ne!(key_within(&long, "Database"), key_within(&format!("{long}y"), "Database"));
        assert_eq!(key_within(&long, "Database"), register::key_from(&key_within(&long, "Database")));
    }
}
