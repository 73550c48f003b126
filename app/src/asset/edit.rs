//! A person changes the register: a new asset, another word in it, a review.

use abate_entity::asset;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Map, Value, json};

use super::definition::Definition;
use super::matching::MatcherKind;
use super::{matcher, register, settle};
use crate::access::actor::Actor;
use crate::access::right::KeepRegister;
use crate::audit_log;
use crate::platform::problem::{Kind, Problem};

/// Puts an asset into the register.
///
/// # Errors
/// 422 naming each field that is wrong, 403 outside the caller's teams, 409 when the key is taken.
pub async fn create(
    tx: &impl ConnectionTrait,
    actor: &Actor,
    key: &str,
    definition: &Definition,
    now: DateTime<Utc>,
) -> Result<asset::Model, Problem> {
    actor.require_in::<KeepRegister>(definition.team_id)?;
    register::check_key(key)?;
    definition.check()?;
    if register::by_key(tx, key).await?.is_some() {
        return Err(Problem::new(
            Kind::Conflict,
            format!("There is an asset {key} already; choose another key."),
        ));
    }
    let asset = register::insert(tx, key, definition, true, now).await?;
    let data = json!({"key": asset.key, "tier": asset.tier, "team": asset.team_id});
    audit_log::add(tx, actor, "asset.create", &subject(&asset), data, now).await?;
    Ok(asset)
}

/// Writes what the register says of an asset from now on, and whether a person has looked at it; answers the asset as
/// it is now. What changes nothing writes nothing.
///
/// # Errors
/// 422 naming each field that is wrong, 403 outside the caller's teams, 409 for an asset that was merged, 412 when it
/// was changed meanwhile.
pub async fn edit(
    tx: &impl ConnectionTrait,
    actor: &Actor,
    before: asset::Model,
    after: &Definition,
    reviewed: bool,
    now: DateTime<Utc>,
) -> Result<asset::Model, Problem> {
    actor.require_in::<KeepRegister>(before.team_id)?;
    actor.require_in::<KeepRegister>(after.team_id)?;
    refuse_merged(&before)?;
    after.check()?;
    let was = Definition::of(&before);
    let fields = was.differences(after);
    let review_state = if reviewed { register::REVIEWED } else { register::UNREVIEWED };
    if fields.is_empty() && before.review_state == review_state {
        return Ok(before);
    }
    let mut row = asset::ActiveModel { review_state: Set(review_state.to_owned()), ..Default::default() };
    after.write(&mut row);
    let asset = write(tx, &before, row, now).await?;
    let mut changed: Map<String, Value> = fields
        .iter()
        .map(|field| ((*field).to_owned(), json!({"from": was.value(field), "to": after.value(field)})))
        .collect();
    if before.review_state != review_state {
        changed.insert("review_state".to_owned(), json!({"from": before.review_state, "to": review_state}));
    }
    let data = json!({"key": asset.key, "fields": changed});
    audit_log::add(tx, actor, "asset.edit", &subject(&asset), data, now).await?;
    if ["team", "tier", "internet_facing", "data_classes"].iter().any(|field| fields.contains(field)) {
        settle::want(tx, asset.id, now).await?;
    }
    Ok(asset)
}

/// Makes these the matchers of an asset.
///
/// # Errors
/// 403 outside the caller's teams, 409 for an asset that was merged, or when another asset has one of them.
pub async fn set_matchers(
    tx: &impl ConnectionTrait,
    actor: &Actor,
    asset: &asset::Model,
    matchers: &[(MatcherKind, String)],
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    actor.require_in::<KeepRegister>(asset.team_id)?;
    refuse_merged(asset)?;
    if !matcher::replace(tx, asset.id, matchers).await? {
        return Ok(());
    }
    let list: Vec<String> = matchers.iter().map(|(kind, pattern)| format!("{kind} {pattern}")).collect();
    let data = json!({"key": asset.key, "matchers": list});
    audit_log::add(tx, actor, "asset.matchers", &subject(asset), data, now).await
}

/// Refuses to change what another asset stands for now.
///
/// # Errors
/// 409.
pub(super) fn refuse_merged(asset: &asset::Model) -> Result<(), Problem> {
    if asset.merged_into_id.is_none() {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Conflict,
        format!("{} was merged into another asset; change that one.", asset.key),
    ))
}

/// Writes columns of an asset that is still as it was seen.
pub(in crate::asset) async fn write(
    tx: &impl ConnectionTrait,
    before: &asset::Model,
    mut row: asset::ActiveModel,
    now: DateTime<Utc>,
) -> Result<asset::Model, Problem> {
    row.updated_at = Set(now);
    let written = asset::Entity::update_many()
        .set(row)
        .col_expr(asset::Column::Version, Expr::value(before.version + 1))
        .filter(asset::Column::Id.eq(before.id))
        .filter(asset::Column::Version.eq(before.version))
        .exec(tx)
        .await?;
    if written.rows_affected != 1 {
        return Err(stale(&before.key));
    }
    let found = asset::Entity::find_by_id(before.id).one(tx).await?;
    found.ok_or_else(|| Problem::not_found(format!("asset {}", before.key)))
}

/// 412 for an asset that is no longer what the caller saw.
pub(in crate::asset) fn stale(key: &str) -> Problem {
    Problem::new(
        Kind::Stale,
        format!("{key} was changed by somebody else meanwhile; read it again and repeat."),
    )
}

/// How the audit log names an asset.
pub(super) fn subject(asset: &asset::Model) -> String {
    format!("asset-{}", asset.id)
}
