//! Keeps the versions of grids. A version is never changed once it was made.

use abate_entity::rating_grid;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder,
};
use serde_json::json;

use super::rules::{Grid, RatingProblem};
use super::seed;
use crate::access::actor::Actor;
use crate::access::right::KeepPolicies;
use crate::audit_log;
use crate::platform::problem::{FieldProblem, Problem};

/// Longest name, in characters.
const LONGEST_NAME: usize = 40;

/// Name and number of a version, as `standard@1`.
#[must_use]
pub fn label(row: &rating_grid::Model) -> String {
    format!("{}@{}", row.name, row.version)
}

/// Every version of every grid, by name, the newest of each first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<rating_grid::Model>, Problem> {
    Ok(rating_grid::Entity::find()
        .order_by_asc(rating_grid::Column::Name)
        .order_by_desc(rating_grid::Column::Version)
        .all(db)
        .await?)
}

/// The version of a label as `standard@1`, or the newest of a name.
///
/// # Errors
/// When the database cannot be asked.
pub async fn find(db: &impl ConnectionTrait, name: &str) -> Result<Option<rating_grid::Model>, Problem> {
    let (of, number) = match name.rsplit_once('@') {
        Some((of, number)) => (of, Some(number.parse::<i32>().unwrap_or_default())),
        None => (name, None),
    };
    let mut found = rating_grid::Entity::find().filter(rating_grid::Column::Name.eq(of));
    if let Some(number) = number {
        found = found.filter(rating_grid::Column::Version.eq(number));
    }
    Ok(found.order_by_desc(rating_grid::Column::Version).one(db).await?)
}

/// The version that somebody names, as `find` finds it.
///
/// # Errors
/// 404 when there is none.
pub async fn named(db: &impl ConnectionTrait, name: &str) -> Result<rating_grid::Model, Problem> {
    find(db, name).await?.ok_or_else(|| Problem::not_found(format!("grid {name}")))
}

/// What a version says.
///
/// # Errors
/// When the row was written by something else.
pub fn read(row: &rating_grid::Model) -> Result<Grid, Problem> {
    serde_json::from_value(row.data.clone()).map_err(Problem::internal)
}

/// Refuses a grid that cannot be used.
///
/// # Errors
/// 422 naming the field and the rule.
pub fn check(grid: &Grid) -> Result<(), Problem> {
    grid.check().map_err(|problem| refused(&problem))
}

fn refused(problem: &RatingProblem) -> Problem {
    let (field, rule) = problem.place();
    Problem::all_invalid(vec![FieldProblem::new(field, format!("{problem}.")).by(rule)])
}

/// Makes a new version of a name, known or not. It holds only once it is put into force.
///
/// # Errors
/// 422 naming what is wrong, 403 for those who may not.
pub async fn add(
    tx: &DatabaseTransaction,
    actor: &Actor,
    name: &str,
    grid: &Grid,
    now: DateTime<Utc>,
) -> Result<rating_grid::Model, Problem> {
    actor.require_in::<KeepPolicies>(0)?;
    let usable =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_-".contains(letter);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(usable) {
        let text = format!("Use 1 to {LONGEST_NAME} small letters, digits, - and _.");
        return Err(Problem::invalid("name", text));
    }
    check(grid)?;
    let newest = rating_grid::Entity::find()
        .filter(rating_grid::Column::Name.eq(name))
        .order_by_desc(rating_grid::Column::Version)
        .one(tx)
        .await?;
    let row = row(name, newest.map_or(1, |row| row.version + 1), grid, now)?.insert(tx).await?;
    let data = json!({ "name": row.name, "version": row.version, "grid": row.data });
    audit_log::add(tx, actor, "grid.add", &label(&row), data, now).await?;
    Ok(row)
}

/// Makes the grids that a new organisation starts with, those of them that are not there yet.
///
/// # Errors
/// When the database refuses.
pub async fn write_defaults(tx: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), Problem> {
    let known = rating_grid::Entity::find().all(tx).await?;
    for (name, grid) in seed::grids() {
        if known.iter().all(|row| row.name != name) {
            row(name, 1, &grid, now)?.insert(tx).await?;
        }
    }
    Ok(())
}

fn row(
    name: &str,
    version: i32,
    grid: &Grid,
    now: DateTime<Utc>,
) -> Result<rating_grid::ActiveModel, Problem> {
    Ok(rating_grid::ActiveModel {
        name: Set(name.to_owned()),
        version: Set(version),
        data: Set(serde_json::to_value(grid).map_err(Problem::internal)?),
        created_at: Set(now),
        ..Default::default()
    })
}
