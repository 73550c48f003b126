//! On which asset each finding of a report is: the one whose matcher finds its resource, else the one that was scanned.

use std::collections::{HashMap, HashSet};

use abate_entity::asset;
use abate_entity::tier::Tier;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::row::Footing;
use crate::access::actor::Actor;
use crate::access::right::Import;
use crate::asset::matcher;
use crate::asset::matching::Matchers;
use crate::platform::problem::Problem;

/// Resources that are remembered with their assets.
const REMEMBERED: usize = 4_096;

/// An asset, as far as a finding on it cares.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) asset_id: i64,
    pub(super) footing: Footing,
}

impl Place {
    pub(super) fn of(asset: &asset::Model) -> Self {
        let footing = Footing { tier: asset.tier, internet_facing: asset.internet_facing };
        Self { asset_id: asset.id, footing }
    }
}

/// Finds the places of findings.
#[derive(Debug)]
pub(super) struct Placement {
    scanned: Place,
    matchers: Matchers,
    places: HashMap<i64, Place>,
    keys: HashMap<i64, String>,
    remembered: HashMap<String, Place>,
    /// The assets, besides the scanned one, that something was found on.
    pub(super) met: HashSet<i64>,
}

impl Placement {
    /// Reads the matchers. A sender who may import for some teams only reaches the assets of those.
    pub(super) async fn load(
        db: &impl ConnectionTrait,
        scanned: &asset::Model,
        sender: Option<&Actor>,
    ) -> Result<Self, Problem> {
        let matchers = matcher::load(db).await?;
        let rows: Vec<(i64, String, Tier, bool, i64)> = asset::Entity::find()
            .select_only()
            .columns([
                asset::Column::Id,
                asset::Column::Key,
                asset::Column::Tier,
                asset::Column::InternetFacing,
                asset::Column::TeamId,
            ])
            .filter(asset::Column::RetiredAt.is_null())
            .into_tuple()
            .all(db)
            .await?;
        let mut keys = HashMap::from([(scanned.id, scanned.key.clone())]);
        let mut places = HashMap::new();
        for (asset_id, key, tier, internet_facing, team_id) in rows {
            if sender.is_none_or(|sender| sender.holds_in::<Import>(team_id)) {
                places.insert(asset_id, Place { asset_id, footing: Footing { tier, internet_facing } });
                keys.insert(asset_id, key);
            }
        }
        Ok(Self {
            scanned: Place::of(scanned),
            matchers,
            places,
            keys,
            remembered: HashMap::new(),
            met: HashSet::new(),
        })
    }

    /// The key of an asset that something was placed on.
    pub(super) fn key_of(&self, asset_id: i64) -> &str {
        self.keys.get(&asset_id).map_or("", String::as_str)
    }

    /// Where a finding on `resource` is.
    pub(super) fn of(&mut self, resource: &str) -> Place {
        if resource.is_empty() {
            return self.scanned;
        }
        if let Some(place) = self.remembered.get(resource) {
            return *place;
        }
        let found = self.matchers.find(resource).and_then(|found| self.places.get(&found.asset_id)).copied();
        let place = found.unwrap_or(self.scanned);
        if place.asset_id != self.scanned.asset_id {
            self.met.insert(place.asset_id);
        }
        if self.remembered.len() >= REMEMBERED {
            self.remembered.clear();
        }
        self.remembered.insert(resource.to_owned(), place);
        place
    }
}

/// Notes that a report found something on these assets.
pub(super) async fn note_seen(
    tx: &impl ConnectionTrait,
    assets: impl IntoIterator<Item = i64>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    asset::Entity::update_many()
        .col_expr(asset::Column::LastSeenAt, Expr::value(now))
        .filter(asset::Column::Id.is_in(assets))
        .exec(tx)
        .await?;
    Ok(())
}
