//! What a grid would make of the risks that are not closed, counted before anybody puts it into force.

use std::collections::BTreeMap;

use abate_entity::level::Level;
use sea_orm::{ConnectionTrait, Statement, Value};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::rules::Grid;
use crate::access::scope::Scope;
use crate::platform::database::placeholders;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;

/// Risks that are named one by one.
const ITEMS: usize = 100;
/// The rating that counts: the current one, else the one before controls.
const SCORES: &str =
    "COALESCE(current_likelihood, inherent_likelihood), COALESCE(current_impact, inherent_impact)";

/// What a grid would change.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct GridPreview {
    /// Stands for what is said here; it is sent with the order to use the grid.
    pub digest: String,
    /// Rated risks that are not closed.
    pub risks: u64,
    /// How many of them get another level.
    pub changed: u64,
    /// How many get a higher one.
    pub rises: u64,
    /// How many get a lower one; their due dates stay.
    pub falls: u64,
    /// How many acceptances end, because their risk rises.
    pub ended_acceptances: u64,
    /// Risks by level as they are.
    pub before: BTreeMap<&'static str, u64>,
    /// Risks by level as they would be.
    pub after: BTreeMap<&'static str, u64>,
    /// The first hundred risks that would change, of those that the reader may see.
    pub items: Vec<Relevelled>,
}

/// A risk that would change.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Relevelled {
    /// Its key.
    pub key: String,
    /// One line.
    pub title: String,
    /// Its level now.
    pub before: &'static str,
    /// Its level then.
    pub after: &'static str,
}

/// Risks that are alike as far as a grid goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Their level.
    pub(super) level: Level,
    /// What their level is read from.
    pub(super) scores: (i16, i16),
    accepted: bool,
    count: u64,
    /// Their level on the grid.
    pub(super) then: Level,
}

/// Counts what a grid would change.
///
/// # Errors
/// When the database cannot be asked.
pub async fn preview(db: &impl ConnectionTrait, scope: &Scope, grid: &Grid) -> Result<GridPreview, Problem> {
    let groups = groups(db, grid).await?;
    let by_level = |which: &dyn Fn(&Group) -> Level| {
        let mut counts: BTreeMap<&'static str, u64> =
            Level::ALL.iter().map(|level| (level.as_str(), 0)).collect();
        for group in &groups {
            *counts.entry(which(group).as_str()).or_default() += group.count;
        }
        counts
    };
    let sum = |which: &dyn Fn(&Group) -> bool| {
        groups.iter().filter(|group| which(group)).map(|group| group.count).sum::<u64>()
    };
    Ok(GridPreview {
        digest: digest(&groups, grid)?,
        risks: sum(&|_| true),
        changed: sum(&|group| group.then != group.level),
        rises: sum(&|group| group.then > group.level),
        falls: sum(&|group| group.then < group.level),
        ended_acceptances: sum(&|group| group.accepted && group.then > group.level),
        before: by_level(&|group| group.level),
        after: by_level(&|group| group.then),
        items: items(db, scope, &groups).await?,
    })
}

/// The risks that are rated and not closed, counted by all that matters to a grid.
pub(super) async fn groups(db: &impl ConnectionTrait, grid: &Grid) -> Result<Vec<Group>, Problem> {
    let backend = db.get_database_backend();
    let sql = format!(
        "SELECT level, {SCORES}, state = 'accepted', COUNT(*) FROM risk \
         WHERE state <> 'closed' AND COALESCE(current_likelihood, inherent_likelihood) IS NOT NULL \
         GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    );
    let mut groups = Vec::new();
    for row in db.query_all_raw(Statement::from_string(backend, sql)).await? {
        let scores: (i16, i16) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let score = |number: i16| u8::try_from(number).unwrap_or_default();
        groups.push(Group {
            level: Level::try_from(row.try_get_by_index::<i16>(0)?).map_err(Problem::internal)?,
            scores,
            accepted: row.try_get_by_index(3)?,
            count: u64::try_from(row.try_get_by_index::<i64>(4)?).unwrap_or_default(),
            then: grid.level(score(scores.0), score(scores.1)).map_err(Problem::internal)?,
        });
    }
    Ok(groups)
}

/// The condition that finds the risks of some groups, with its values.
pub(super) fn those_of(groups: &[&Group]) -> (String, Vec<Value>) {
    let one = "(level = ? AND COALESCE(current_likelihood, inherent_likelihood) = ? \
               AND COALESCE(current_impact, inherent_impact) = ?)";
    let values = groups
        .iter()
        .flat_map(|group| [group.level.as_i16().into(), group.scores.0.into(), group.scores.1.into()])
        .collect();
    (format!("state <> 'closed' AND ({})", vec![one; groups.len()].join(" OR ")), values)
}

async fn items(
    db: &impl ConnectionTrait,
    scope: &Scope,
    groups: &[Group],
) -> Result<Vec<Relevelled>, Problem> {
    let changed: Vec<&Group> = groups.iter().filter(|group| group.then != group.level).collect();
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let (condition, mut values) = those_of(&changed);
    let mut seen = String::new();
    if let Some(teams) = scope.teams() {
        let marks = vec!["?"; teams.len()].join(", ");
        seen = format!(" AND team_id IN ({})", if teams.is_empty() { "0" } else { &marks });
        values.extend(teams.iter().map(|team| Value::from(*team)));
    }
    let backend = db.get_database_backend();
    let sql = format!(
        "SELECT id, title, level, {SCORES} FROM risk WHERE {condition}{seen} ORDER BY id LIMIT {ITEMS}"
    );
    let found = Statement::from_sql_and_values(backend, placeholders(backend, &sql), values);
    let mut items = Vec::new();
    for row in db.query_all_raw(found).await? {
        let level: i16 = row.try_get_by_index(2)?;
        let scores: (i16, i16) = (row.try_get_by_index(3)?, row.try_get_by_index(4)?);
        let group = changed.iter().find(|group| group.level.as_i16() == level && group.scores == scores);
        let Some(group) = group else { continue };
        items.push(Relevelled {
            key: RiskKey(row.try_get_by_index(0)?).to_string(),
            title: row.try_get_by_index(1)?,
            before: group.level.as_str(),
            after: group.then.as_str(),
        });
    }
    Ok(items)
}

/// Stands for the grid and the counts, so that what was seen is what is done.
fn digest(groups: &[Group], grid: &Grid) -> Result<String, Problem> {
    let counts: Vec<_> = groups
        .iter()
        .map(|group| (group.level, group.scores, group.accepted, group.count, group.then))
        .collect();
    let text = serde_json::to_vec(&(grid, counts)).map_err(Problem::internal)?;
    Ok(hex::encode(Sha256::digest(text)))
}
