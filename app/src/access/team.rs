//! Teams.

use abate_entity::team;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::platform::problem::Problem;

/// The team that answers for what nobody else does yet.
pub const DEFAULT_KEY: &str = "security";

/// Makes a team.
///
/// # Errors
/// 422 for a bad key, 409 when the key is taken.
pub async fn create(
    tx: &impl ConnectionTrait,
    key: &str,
    name: &str,
    now: DateTime<Utc>,
) -> Result<team::Model, Problem> {
    let fits = !key.is_empty()
        && key.len() <= 40
        && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
    if !fits {
        return Err(Problem::invalid("key", "Use 1 to 40 lower-case letters, digits, - and _."));
    }
    if name.trim().is_empty() {
        return Err(Problem::invalid("name", "Give the team a name."));
    }
    let row = team::ActiveModel {
        key: Set(key.to_owned()),
        name: Set(name.trim().to_owned()),
        created_at: Set(now),
        ..Default::default()
    };
    Ok(row.insert(tx).await?)
}

/// Finds a team by its key.
///
/// # Errors
/// 422 naming `field` when there is none.
pub async fn by_key(db: &impl ConnectionTrait, field: &str, key: &str) -> Result<team::Model, Problem> {
    team::Entity::find().filter(team::Column::Key.eq(key)).one(db).await?.ok_or_else(|| {
        Problem::invalid(field, format!("There is no team {key:?}; `abate team create` makes one."))
    })
}

/// The team that answers for what nobody else does yet; made with the database.
///
/// # Errors
/// When the database refuses.
pub async fn default(tx: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<team::Model, Problem> {
    if let Some(team) = team::Entity::find().filter(team::Column::Key.eq(DEFAULT_KEY)).one(tx).await? {
        return Ok(team);
    }
    create(tx, DEFAULT_KEY, "Security", now).await
}
