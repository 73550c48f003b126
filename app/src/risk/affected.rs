//! What risks affect: the primary asset and the further ones, taken together. The strictest of them counts.

use std::collections::{BTreeSet, HashMap};

use abate_entity::tier::Tier;
use abate_entity::{asset, risk, risk_asset};
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect,
};

use crate::platform::problem::Problem;

/// Rows that are asked for at a time.
const CHUNK: usize = 500;

/// SQL that holds for a risk `r` of which strangers can reach an asset.
pub const EXPOSED: &str = "(EXISTS (SELECT 1 FROM asset a WHERE a.id = r.asset_id AND a.internet_facing = TRUE) \
     OR EXISTS (SELECT 1 FROM risk_asset f JOIN asset a ON a.id = f.asset_id WHERE f.risk_id = r.id \
     AND a.internet_facing = TRUE))";
/// SQL that holds for a risk `r` that affects an asset, whose number is asked for twice.
pub const ON_ASSET: &str =
    "(r.asset_id = ? OR r.id IN (SELECT f.risk_id FROM risk_asset f WHERE f.asset_id = ?))";

/// The assets of a risk, taken together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Affected {
    /// How much depends on each of them.
    pub tiers: BTreeSet<Tier>,
    /// Whether strangers can reach one.
    pub internet_facing: bool,
    /// The classes of data that they hold.
    pub data_classes: Vec<String>,
}

impl Affected {
    /// With one more asset; `data_classes` are words.
    #[must_use]
    pub fn and(mut self, tier: Tier, internet_facing: bool, data_classes: &str) -> Self {
        self.tiers.insert(tier);
        self.internet_facing |= internet_facing;
        self.data_classes.extend(data_classes.split_whitespace().map(str::to_owned));
        self
    }

    /// The tier of the asset on which most depends.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.tiers.last().copied().unwrap_or(Tier::Other)
    }
}

#[derive(FromQueryResult)]
struct Facts {
    id: i64,
    tier: Tier,
    internet_facing: bool,
    data_classes: String,
}

/// What risks affect, by the number of the risk; each is given with that of its primary asset.
///
/// # Errors
/// When the database cannot be asked, or a primary asset is not there.
pub async fn of_risks(
    db: &impl ConnectionTrait,
    risks: &[(i64, i64)],
) -> Result<HashMap<i64, Affected>, Problem> {
    let mut assets: HashMap<i64, Vec<i64>> =
        risks.iter().map(|(risk, asset)| (*risk, vec![*asset])).collect();
    for some in risks.chunks(CHUNK) {
        let further = risk_asset::Entity::find()
            .filter(risk_asset::Column::RiskId.is_in(some.iter().map(|(risk, _)| *risk)))
            .all(db)
            .await?;
        for row in further {
            assets.entry(row.risk_id).or_default().push(row.asset_id);
        }
    }
    let facts = facts(db, assets.values().flatten().copied().collect()).await?;
    assets.into_iter().map(|(risk, assets)| Ok((risk, together(&assets, &facts)?))).collect()
}

/// What a risk on these assets affects, the primary one first.
///
/// # Errors
/// When the database cannot be asked, or the primary one is not there.
pub async fn of_assets(db: &impl ConnectionTrait, assets: &[i64]) -> Result<Affected, Problem> {
    together(assets, &facts(db, assets.iter().copied().collect()).await?)
}

/// Holds for the risks that affect an asset.
#[must_use]
pub fn on(asset_id: i64) -> Condition {
    let further = Query::select()
        .column(risk_asset::Column::RiskId)
        .from(risk_asset::Entity)
        .and_where(risk_asset::Column::AssetId.eq(asset_id))
        .to_owned();
    Condition::any().add(risk::Column::AssetId.eq(asset_id)).add(risk::Column::Id.in_subquery(further))
}

/// Adds further assets to a risk that has none of these.
///
/// # Errors
/// When the database refuses.
pub(super) async fn add(
    tx: &impl ConnectionTrait,
    risk_id: i64,
    further_assets: &[i64],
) -> Result<(), Problem> {
    let row = |asset_id: &i64| risk_asset::ActiveModel {
        risk_id: Set(risk_id),
        asset_id: Set(*asset_id),
        ..Default::default()
    };
    for some in further_assets.chunks(CHUNK) {
        risk_asset::Entity::insert_many(some.iter().map(row)).exec_without_returning(tx).await?;
    }
    Ok(())
}

async fn facts(db: &impl ConnectionTrait, assets: BTreeSet<i64>) -> Result<HashMap<i64, Facts>, Problem> {
    let assets: Vec<i64> = assets.into_iter().collect();
    let mut found = HashMap::new();
    for ids in assets.chunks(CHUNK) {
        let rows = asset::Entity::find()
            .select_only()
            .columns([
                asset::Column::Id,
                asset::Column::Tier,
                asset::Column::InternetFacing,
                asset::Column::DataClasses,
            ])
            .filter(asset::Column::Id.is_in(ids.iter().copied()))
            .into_model::<Facts>()
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|facts| (facts.id, facts)));
    }
    Ok(found)
}

fn together(assets: &[i64], facts: &HashMap<i64, Facts>) -> Result<Affected, Problem> {
    if assets.first().is_none_or(|primary| !facts.contains_key(primary)) {
        return Err(Problem::not_found("the asset of the risk"));
    }
    let known = assets.iter().filter_map(|asset| facts.get(asset));
    Ok(known.fold(Affected::default(), |all, asset| {
        all.and(asset.tier, asset.internet_facing, &asset.data_classes)
    }))
}
