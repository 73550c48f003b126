//! Finds assets and puts them into the register.

use abate_entity::tier::Tier;
use abate_entity::{asset, asset_matcher};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::access::team;
use crate::platform::problem::Problem;

/// Nobody has looked at it yet.
pub const UNREVIEWED: &str = "unreviewed";
/// A person has looked at it.
pub const REVIEWED: &str = "reviewed";

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
    if new.key.is_empty() || new.key.len() > 80 || new.key != key_from(&new.key) {
        return Err(Problem::invalid("key", "Use 1 to 80 lower-case letters, digits, dots and dashes."));
    }
    if new.name.trim().is_empty() || new.name.chars().count() > 300 {
        return Err(Problem::invalid("name", "Give the asset a name of 1 to 300 characters."));
    }
    let row = asset::ActiveModel {
        key: Set(new.key),
        name: Set(new.name.trim().to_owned()),
        kind: Set(new.kind),
        tier: Set(new.tier),
        data_classes: Set(new.data_classes.join(" ")),
        internet_facing: Set(new.internet_facing),
        confidentiality: Set(new.ratings[0]),
        integrity: Set(new.ratings[1]),
        availability: Set(new.ratings[2]),
        team_id: Set(new.team_id),
        owner_id: Set(new.owner_id),
        responsible_party: Set("us".to_owned()),
        review_state: Set(if new.reviewed { REVIEWED } else { UNREVIEWED }.to_owned()),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    Ok(row.insert(tx).await?)
}

/// The asset that a report names `target`: by its key, by a matcher of `kind`, else a new, unreviewed one.
///
/// # Errors
/// When the database refuses.
pub async fn find_or_add(
    tx: &impl ConnectionTrait,
    kind: &str,
    target: &str,
    now: DateTime<Utc>,
) -> Result<asset::Model, Problem> {
    let pattern = target.to_lowercase();
    let matched = asset_matcher::Entity::find()
        .filter(asset_matcher::Column::Kind.eq(kind))
        .filter(asset_matcher::Column::Pattern.eq(&pattern))
        .one(tx)
        .await?;
    if let Some(matcher) = matched
        && let Some(asset) = asset::Entity::find_by_id(matcher.asset_id).one(tx).await?
    {
        return Ok(asset);
    }
    let key = key_from(target);
    let asset = match by_key(tx, &key).await? {
        Some(asset) => asset,
        None => {
            let team = team::default(tx, now).await?;
            let new = NewAsset {
                key,
                name: target.chars().take(300).collect(),
                kind: "other".to_owned(),
                tier: Tier::Important,
                data_classes: Vec::new(),
                internet_facing: false,
                ratings: [None; 3],
                team_id: team.id,
                owner_id: None,
                reviewed: false,
            };
            add(tx, new, now).await?
        }
    };
    let row = asset_matcher::ActiveModel {
        asset_id: Set(asset.id),
        kind: Set(kind.to_owned()),
        pattern: Set(pattern),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(asset)
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
