//! Writes the three ratings of a risk, each with a row that keeps where it came from. The level that clocks and rights
//! follow is read from the current one.
//!
//! A closed risk keeps the level that it was worked off at, so that closed work counts under it: what a verified fix has
//! left is a rating of its own and says nothing about the work.

use abate_entity::level::Level;
use abate_entity::{risk, risk_rating};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};
use serde_json::{Map, Value, json};

use super::clock::Happening;
use super::rated::{self, Kind, Rated, Source};
use super::record::{Change, NewEvent, Occasion};
use crate::grid::rules::RatingProblem;
use crate::platform::problem::{FieldProblem, Problem};
use crate::policy::Policies;

/// Rows that go into one INSERT.
const CHUNK: usize = 500;

/// Where a rating comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// Who or what has rated.
    pub source: Source,
    /// The reasons, one sentence each.
    pub because: Vec<String>,
    /// What it was read from.
    pub inputs: Value,
}

impl Why {
    /// A source that says no more.
    #[must_use]
    pub fn plain(source: Source) -> Self {
        Self { source, because: Vec::new(), inputs: json!({}) }
    }
}

/// A rating to be kept with the event that brings it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRating {
    kind: Kind,
    scores: rated::Scores,
    level: Level,
    grid_id: i64,
    why: Why,
}

/// The ratings of a risk as it is.
#[must_use]
pub fn ratings(risk: &risk::Model) -> Rated {
    let scores = |likelihood: Option<i16>, impact: Option<i16>| {
        u8::try_from(likelihood?).ok().zip(u8::try_from(impact?).ok())
    };
    Rated {
        inherent: scores(risk.inherent_likelihood, risk.inherent_impact),
        current: scores(risk.current_likelihood, risk.current_impact),
        target: scores(risk.target_likelihood, risk.target_impact),
    }
}

/// Puts what was said into a change, for the columns and the rows to be kept; answers the level from then on. What
/// follows for the clocks is the caller's.
///
/// # Errors
/// 422 for a score beyond the scale.
pub fn set(change: &mut Change, policies: &Policies, said: Rated, why: &Why) -> Result<Level, Problem> {
    let before = ratings(&change.before);
    let after = before.with(said);
    if after == before {
        return Ok(change.before.level);
    }
    change.event.ratings.extend(rows(policies, before, after, why)?);
    columns(after, &mut change.set);
    let level = after.level(policies.grid()).map_err(beyond)?.unwrap_or(change.before.level);
    change.set.level = Set(level);
    change.set.grid_id = Set(policies.grid_id());
    Ok(level)
}

/// Reads the level of a risk anew from the grid in force, its scores as they are; answers it.
///
/// # Errors
/// When the grid cannot be used.
pub fn read_again(change: &mut Change, policies: &Policies, source: Source) -> Result<Level, Problem> {
    let scores = ratings(&change.before);
    change.event.ratings = rows(policies, Rated::default(), scores, &Why::plain(source))?;
    let level = scores.level(policies.grid()).map_err(beyond)?.unwrap_or(change.before.level);
    change.set.level = Set(level);
    change.set.grid_id = Set(policies.grid_id());
    Ok(level)
}

/// Puts the first ratings of a new risk into its row and its first event; answers its level.
///
/// # Errors
/// 422 for a score beyond the scale.
pub(super) fn begin(
    new: &mut risk::ActiveModel,
    first: &mut NewEvent,
    policies: &Policies,
    said: Rated,
    why: &Why,
) -> Result<Level, Problem> {
    let after = Rated::default().with(said);
    first.ratings = rows(policies, Rated::default(), after, why)?;
    columns(after, new);
    let level = after.level(policies.grid()).map_err(beyond)?.unwrap_or(Level::Info);
    new.level = Set(level);
    new.grid_id = Set(policies.grid_id());
    Ok(level)
}

/// Rates a risk as part of an edit: what was said must be in order unless a reason is given.
///
/// # Errors
/// 422 naming the rating that is out of order or beyond the scale.
pub(super) fn edit(
    change: &mut Change,
    said: &mut Map<String, Value>,
    occasion: &Occasion<'_>,
    new: Rated,
    why: &Why,
) -> Result<(), Problem> {
    let before = ratings(&change.before);
    let after = before.with(new);
    if after == before {
        return Ok(());
    }
    let grid = occasion.policies.grid();
    let disorder = after.disorder(grid).map_err(beyond)?;
    if change.event.reason.trim().is_empty() && !disorder.is_empty() {
        let wrong = |found: &rated::Disorder| {
            FieldProblem::new(found.kind.as_str(), found.sentence()).by(rated::RULE)
        };
        return Err(Problem::all_invalid(disorder.iter().map(wrong).collect()));
    }
    let level_before = change.before.level;
    let level = set(change, occasion.policies, new, why)?;
    for kind in Kind::ALL.iter().copied().filter(|kind| before.of(*kind) != after.of(*kind)) {
        let Some((likelihood, impact)) = after.of(kind) else { continue };
        let name = if kind == Kind::Inherent { "rating" } else { kind.as_str() };
        said.insert(
            name.to_owned(),
            json!({"likelihood": likelihood, "impact": impact, "from": level_before, "to": level}),
        );
    }
    if level != level_before {
        change.event.clock = vec![(occasion.now, Happening::LevelChanged { to: level })];
    }
    Ok(())
}

fn rows(policies: &Policies, before: Rated, after: Rated, why: &Why) -> Result<Vec<NewRating>, Problem> {
    let changed = Kind::ALL.iter().copied().filter(|kind| before.of(*kind) != after.of(*kind));
    changed
        .filter_map(|kind| Some((kind, after.of(kind)?)))
        .map(|(kind, scores)| {
            let level = policies.grid().level(scores.0, scores.1).map_err(beyond)?;
            Ok(NewRating { kind, scores, level, grid_id: policies.grid_id(), why: why.clone() })
        })
        .collect()
}

fn columns(rated: Rated, set: &mut risk::ActiveModel) {
    let first = |scores: Option<rated::Scores>| Set(scores.map(|(likelihood, _)| i16::from(likelihood)));
    let second = |scores: Option<rated::Scores>| Set(scores.map(|(_, impact)| i16::from(impact)));
    set.inherent_likelihood = first(rated.inherent);
    set.inherent_impact = second(rated.inherent);
    set.current_likelihood = first(rated.current);
    set.current_impact = second(rated.current);
    set.target_likelihood = first(rated.target);
    set.target_impact = second(rated.target);
    let product = |(likelihood, impact)| i16::from(likelihood) * i16::from(impact);
    set.score = Set(rated.counts().map_or(0, product));
}

pub(super) fn beyond(error: RatingProblem) -> Problem {
    Problem::invalid("likelihood", format!("{error}."))
}

/// The row of a rating that comes with `event`.
pub(super) fn row(
    rating: NewRating,
    (risk_id, version): (i64, i32),
    occasion: &Occasion<'_>,
    reason: &str,
) -> risk_rating::ActiveModel {
    risk_rating::ActiveModel {
        risk_id: Set(risk_id),
        version: Set(version),
        kind: Set(rating.kind.as_str().to_owned()),
        likelihood: Set(i16::from(rating.scores.0)),
        impact: Set(i16::from(rating.scores.1)),
        level: Set(rating.level),
        grid_id: Set(rating.grid_id),
        because: Set(rating.why.because.into()),
        inputs: Set(rating.why.inputs),
        source: Set(rating.why.source.as_str().to_owned()),
        actor_id: Set(occasion.actor_id),
        reason: Set(reason.to_owned()),
        made_at: Set(occasion.now),
        ..Default::default()
    }
}

/// Keeps ratings for ever.
pub(super) async fn insert(
    tx: &DatabaseTransaction,
    rows: Vec<risk_rating::ActiveModel>,
) -> Result<(), Problem> {
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk: Vec<_> = rows.by_ref().take(CHUNK).collect();
        risk_rating::Entity::insert_many(chunk).exec_without_returning(tx).await?;
    }
    Ok(())
}
