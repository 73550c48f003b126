//! Remembers what people said about the columns and words of tables.

use abate_entity::table_mapping;
use abate_integrations::workshop::table::TableMapping;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::platform::problem::{FieldProblem, Problem};

/// Reads what somebody says, and checks it.
///
/// # Errors
/// 422 naming each thing that cannot be.
pub(super) fn parse(text: &str) -> Result<TableMapping, Problem> {
    let mapping: TableMapping = serde_json::from_str(text).map_err(|error| {
        Problem::invalid(
            "mapping",
            format!("Write it as {{\"columns\": {{\"What\": \"title\"}}, \"values\": {{\"likelihood\": {{\"often\": \"4\"}}}}}}: {error}."),
        )
    })?;
    checked(mapping)
}

/// Checks what somebody says.
///
/// # Errors
/// 422 naming each thing that cannot be.
pub(super) fn checked(mapping: TableMapping) -> Result<TableMapping, Problem> {
    let mistakes = mapping.mistakes();
    if mistakes.is_empty() {
        return Ok(mapping);
    }
    let errors = mistakes
        .into_iter()
        .map(|(path, reason)| FieldProblem::new(format!("mapping.{path}"), format!("{reason}.")));
    Err(Problem::all_invalid(errors.collect()))
}

/// What was said about tables with this header from this source; nothing when nobody said anything.
pub(super) async fn remembered(
    db: &impl ConnectionTrait,
    source: &str,
    header_hash: &str,
) -> Result<TableMapping, Problem> {
    match row(db, source, header_hash).await? {
        Some(known) => serde_json::from_value(known.mapping).map_err(Problem::internal),
        None => Ok(TableMapping::default()),
    }
}

async fn row(
    db: &impl ConnectionTrait,
    source: &str,
    header_hash: &str,
) -> Result<Option<table_mapping::Model>, Problem> {
    Ok(table_mapping::Entity::find()
        .filter(table_mapping::Column::Source.eq(source))
        .filter(table_mapping::Column::HeaderHash.eq(header_hash))
        .one(db)
        .await?)
}

/// Remembers what was said for the next table with this header.
pub(super) async fn remember(
    tx: &impl ConnectionTrait,
    source: &str,
    header_hash: &str,
    mapping: &TableMapping,
    made_by: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let mut new = table_mapping::ActiveModel {
        source: Set(source.to_owned()),
        header_hash: Set(header_hash.to_owned()),
        mapping: Set(json!(mapping)),
        made_by: Set(made_by),
        made_at: Set(now),
        ..Default::default()
    };
    match row(tx, source, header_hash).await? {
        Some(known) => {
            new.id = Set(known.id);
            new.update(tx).await?;
        }
        None => {
            new.insert(tx).await?;
        }
    }
    Ok(())
}
