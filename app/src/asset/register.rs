//! Finds assets and puts them into the register.

use abate_entity::tier::Tier;
use abate_entity::{asset, asset_matcher};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
};

use super::definition::Definition;
use super::matcher;
use crate::access::team;
use crate::platform::problem::Problem;

/// Nobody has looked at it yet.
pub const UNREVIEWED: &str = "unreviewed";
/// A person has looked at it.
pub const REVIEWED: &str = "reviewed";
/// Words that stand where a key would in an address.
const RESERVED: [&str; 2] = ["import", "new"];

/// An asset to be put into the register.
#[derive(Clone, Debug)]
pub struct NewAsset {
    /// Short name; lower-case letters, digits, dots and dashes.
    pub key: String,
    /// Name shown to people.
    pub name: String,
    /// application, service, data_store, cloud_account, pipeline, identity or other.
    pub kind: String,
    /// How much depends on it.
    pub tier: Tier,
    /// Classes of data it holds.
    pub data_classes: Vec<String>,
    /// Whether strangers can reach it.
    pub internet_facing: bool,
    /// Confidentiality, integrity and availability, 1 to 5.
    pub ratings: [Option<i16>; 3],
    /// Who answers for it.
    pub team_id: i64,
    /// The person who answers for it.
    pub owner_id: Option<i64>,
    /// Whether a person has looked at it.
    pub reviewed: bool,
}

/// Finds an asset by its key.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_key(db: &impl ConnectionTrait, key: &str) -> Result<Option<asset::Model>, Problem> {
    Ok(asset::Entity::find().filter(asset::Column::Key.eq(key)).one(db).await?)
}

/// Puts an asset into the register.
///
/// # Errors
/// 422 for a bad key or name, 409 when the key is taken.
pub async fn add(
    tx: &impl ConnectionTrait,
    new: NewAsset,
    now: DateTime<Utc>,
) -> Result<asset::Model, Problem> {
    check_key(&new.key)?;
    if new.name.trim().is_empty() || new.name.chars().count() > 300 {
        return Err(Problem::invalid("name", "Give the asset a name of 1 to 300 characters."));
    }
    let definition = Definition {
        name: new.name,
        kind: new.kind,
        tier: new.tier,
        data_classes: new.data_classes,
        internet_facing: new.internet_facing,
        ratings: new.ratings,
        owner_id: new.owner_id,
        ..Definition::new(new.team_id)
    };
    insert(tx, &new.key, &definition, new.reviewed, now).await
}

/// Puts an asset that was checked into the register.
pub(in crate::asset) async fn insert(
    tx: &impl ConnectionTrait,
    key: &str,
    definition: &Definition,
    reviewed: bool,
    now: DateTime<Utc>,
) -> Result<asset::Model, Problem> {
    let mut row = asset::ActiveModel {
        version: Set(1),
        key: Set(key.to_owned()),
        review_state: Set(if reviewed { REVIEWED } else { UNREVIEWED }.to_owned()),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    definition.write(&mut row);
    Ok(row.insert(tx).await?)
}

/// Whether a key could be one: it is what a name becomes, and no word of our addresses.
pub(in crate::asset) fn check_key(key: &str) -> Result<(), Problem> {
    if key.is_empty() || key.len() > 80 || key != key_from(key) {
        return Err(Problem::invalid("key", "Use 1 to 80 lower-case letters, digits, dots and dashes."));
    }
    if RESERVED.contains(&key) {
        return Err(Problem::invalid(
            "key",
            format!("Choose another key: {key} is a word of our addresses."),
        ));
    }
    Ok(())
}

/// The asset that a sender names by its key, wherever it is now.
///
/// # Errors
/// When the database refuses.
pub async fn named(
    tx: &impl ConnectionTrait,
    key: &str,
    now: DateTime<Utc>,
) -> Result<Option<asset::Model>, Problem> {
    match by_key(tx, key).await? {
        Some(asset) => Ok(Some(in_service(tx, asset, now).await?)),
        None => Ok(None),
    }
}

/// The asset that a report names `target`: by a matcher, its key or its name, else a new, unreviewed one.
///
/// # Errors
/// When the database refuses.
pub async fn find_or_add(
    tx: &impl ConnectionTrait,
    kind: &str,
    target: &str,
    now: DateTime<Utc>,
) -> Result<asset::Model, Problem> {
    if let Some(asset) = matched(tx, kind, target).await? {
        return in_service(tx, asset, now).await;
    }
    let mut key = key_from(target);
    if RESERVED.contains(&key.as_str()) {
        key.push_str("-asset");
    }
    let known = match by_key(tx, &key).await? {
        Some(asset) => Some(asset),
        None => by_name(tx, target).await?,
    };
    let asset = match known {
        Some(asset) => in_service(tx, asset, now).await?,
        None => {
            let team = team::default(tx, now).await?;
            let definition = Definition {
                name: target.trim().chars().take(300).collect(),
                tier: Tier::Important,
                ..Definition::new(team.id)
            };
            insert(tx, &key, &definition, false, now).await?
        }
    };
    let row = asset_matcher::ActiveModel {
        asset_id: Set(asset.id),
        kind: Set(kind.to_owned()),
        pattern: Set(target.to_lowercase()),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(asset)
}

/// The asset that a matcher finds: one of exactly this kind and text, else the most specific of all.
async fn matched(
    tx: &impl ConnectionTrait,
    kind: &str,
    target: &str,
) -> Result<Option<asset::Model>, Problem> {
    let exact = asset_matcher::Entity::find()
        .filter(asset_matcher::Column::Kind.eq(kind))
        .filter(asset_matcher::Column::Pattern.eq(target.to_lowercase()))
        .one(tx)
        .await?;
    let asset_id = match exact {
        Some(matcher) => Some(matcher.asset_id),
        None => matcher::load(tx).await?.find(target).map(|found| found.asset_id),
    };
    match asset_id {
        Some(id) => Ok(asset::Entity::find_by_id(id).one(tx).await?),
        None => Ok(None),
    }
}

/// The one asset in service of this name, whatever its case.
async fn by_name(db: &impl ConnectionTrait, name: &str) -> Result<Option<asset::Model>, Problem> {
    let lower = Expr::expr(Func::lower(Expr::col(asset::Column::Name)));
    let mut found = asset::Entity::find()
        .filter(lower.eq(name.trim().to_lowercase()))
        .filter(asset::Column::RetiredAt.is_null())
        .limit(2)
        .all(db)
        .await?;
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// Follows an asset to the one it was merged into. One that was retired and is reported again is not gone after all,
/// so it waits for a review.
async fn in_service(
    tx: &impl ConnectionTrait,
    asset: asset::Model,
    now: DateTime<Utc>,
) -> Result<asset::Model, Problem> {
    let asset = match asset.merged_into_id {
        // Merging again leads all that were merged before to the new one, so that one step is enough.
        Some(id) => asset::Entity::find_by_id(id).one(tx).await?.unwrap_or(asset),
        None => asset,
    };
    if asset.retired_at.is_none() || asset.merged_into_id.is_some() {
        return Ok(asset);
    }
    let row = asset::ActiveModel {
        id: Set(asset.id),
        version: Set(asset.version + 1),
        retired_at: Set(None),
        retired_by_id: Set(None),
        review_state: Set(UNREVIEWED.to_owned()),
        updated_at: Set(now),
        ..Default::default()
    };
    Ok(row.update(tx).await?)
}

/// A key made of a name: lower case, everything unusual a dash.
#[must_use]
pub fn key_from(name: &str) -> String {
    let mut key = String::new();
    for character in name.to_lowercase().chars() {
        if character.is_ascii_alphanumeric() || character == '.' {
            key.push(character);
        } else if !key.ends_with('-') {
            key.push('-');
        }
    }
    let key: String = key.trim_matches(['-', '.']).chars().take(80).collect();
    if key.is_empty() { "asset".to_owned() } else { key.trim_end_matches(['-', '.']).to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_plain_and_stable() {
        assert_eq!(key_from("registry.example.com/shop/web:1.4"), "registry.example.com-shop-web-1.4");
        assert_eq!(key_from("  Payment Ledger!! "), "payment-ledger");
        assert_eq!(key_from("§§"), "asset");
        assert_eq!(key_from(&key_from("A / B")), key_from("A / B"));
    }
}
