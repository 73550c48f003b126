//! Keeps controls: makes the twelve at first start, and those that workshops name.

use std::collections::HashSet;

use abate_entity::{control, control_mapping};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};

use super::catalogue::TWELVE;
use super::decay_rules::ControlState;
use crate::platform::problem::Problem;

/// Makes the twelve controls that are not there yet, with what they answer for.
///
/// # Errors
/// When the database refuses.
pub async fn write_defaults(tx: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), Problem> {
    let known: HashSet<String> =
        control::Entity::find().all(tx).await?.into_iter().map(|control| control.key).collect();
    for entry in TWELVE.iter().filter(|entry| !known.contains(entry.key)) {
        let row = control::ActiveModel {
            measure: Set(entry.measure.to_owned()),
            cadence_days: Set(Some(entry.cadence_days)),
            ..planned(entry.key, entry.name, now)
        };
        let control = row.insert(tx).await?;
        let items = entry.mappings().map(|(framework, item)| (framework.to_owned(), item.to_owned()));
        map(tx, control.id, items.collect()).await?;
    }
    Ok(())
}

/// A control that nobody has shown to work yet.
#[must_use]
pub fn planned(key: &str, name: &str, now: DateTime<Utc>) -> control::ActiveModel {
    control::ActiveModel {
        key: Set(key.to_owned()),
        name: Set(name.to_owned()),
        description: Set(String::new()),
        measure: Set(String::new()),
        cadence_days: Set(None),
        owner_id: Set(None),
        state: Set(ControlState::Planned.as_str().to_owned()),
        evidence_at: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    }
}

/// The number of the control of a key; one that is not known is made, planned.
///
/// # Errors
/// When the database refuses.
pub async fn known_or_new(
    tx: &impl ConnectionTrait,
    key: &str,
    name: &str,
    now: DateTime<Utc>,
) -> Result<i64, Problem> {
    match control::Entity::find().filter(control::Column::Key.eq(key)).one(tx).await? {
        Some(control) => Ok(control.id),
        None => Ok(planned(key, name, now).insert(tx).await?.id),
    }
}

/// The control of a key.
///
/// # Errors
/// 404 when there is none.
pub async fn by_key(db: &impl ConnectionTrait, key: &str) -> Result<control::Model, Problem> {
    let found = control::Entity::find().filter(control::Column::Key.eq(key)).one(db).await?;
    found.ok_or_else(|| Problem::not_found(format!("control {key}")))
}

/// Every control, by key.
///
/// # Errors
/// When the database cannot be asked.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<control::Model>, Problem> {
    Ok(control::Entity::find().order_by_asc(control::Column::Key).all(db).await?)
}

/// What controls answer for, by framework and item.
///
/// # Errors
/// When the database cannot be asked.
pub async fn mappings(db: &impl ConnectionTrait) -> Result<Vec<control_mapping::Model>, Problem> {
    Ok(control_mapping::Entity::find()
        .order_by_asc(control_mapping::Column::Framework)
        .order_by_asc(control_mapping::Column::Item)
        .order_by_asc(control_mapping::Column::Id)
        .all(db)
        .await?)
}

/// Lets a control answer for these items, as framework and item, beside those that it answers for.
///
/// # Errors
/// When the database refuses.
pub async fn map(
    tx: &impl ConnectionTrait,
    control_id: i64,
    items: Vec<(String, String)>,
) -> Result<(), Problem> {
    if items.is_empty() {
        return Ok(());
    }
    let rows = items.into_iter().map(|(framework, item)| control_mapping::ActiveModel {
        control_id: Set(control_id),
        framework: Set(framework),
        item: Set(item),
        ..Default::default()
    });
    let known = [
        control_mapping::Column::ControlId,
        control_mapping::Column::Framework,
        control_mapping::Column::Item,
    ];
    control_mapping::Entity::insert_many(rows)
        .on_conflict(OnConflict::columns(known).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}
