//! The matchers of assets in the database.

use std::collections::HashSet;
use std::str::FromStr as _;

use abate_entity::{asset, asset_matcher};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::matching::{MatcherKind, Matchers, pattern};
use crate::platform::problem::{FieldProblem, Kind, Problem};

/// Most matchers of one asset.
const MOST: usize = 200;

/// Reads the patterns of all assets that are in service.
///
/// # Errors
/// When the database cannot be asked.
pub async fn load(db: &impl ConnectionTrait) -> Result<Matchers, Problem> {
    let retired: HashSet<i64> = asset::Entity::find()
        .select_only()
        .column(asset::Column::Id)
        .filter(asset::Column::RetiredAt.is_not_null())
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let rows = asset_matcher::Entity::find().order_by_asc(asset_matcher::Column::Id).all(db).await?;
    Ok(Matchers::new(rows.into_iter().filter(|row| !retired.contains(&row.asset_id)).filter_map(|row| {
        let kind = MatcherKind::from_str(&row.kind).ok()?;
        Some((kind, row.pattern, row.asset_id))
    })))
}

/// The matchers of one asset, by kind and pattern.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_asset(db: &impl ConnectionTrait, asset_id: i64) -> Result<Vec<(String, String)>, Problem> {
    let rows = asset_matcher::Entity::find()
        .filter(asset_matcher::Column::AssetId.eq(asset_id))
        .order_by_asc(asset_matcher::Column::Kind)
        .order_by_asc(asset_matcher::Column::Pattern)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.pattern)).collect())
}

/// Reads matchers as people write them: a kind and a pattern each. `repo` is short for `repository`.
///
/// # Errors
/// 422 naming each one that is wrong.
pub fn read<'a>(
    given: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<(MatcherKind, String)>, Problem> {
    let mut matchers = Vec::new();
    let mut wrong = Vec::new();
    for (index, (kind, text)) in given.into_iter().enumerate() {
        let field = format!("matchers[{index}]");
        let kind = kind.trim().to_lowercase();
        let kind = if kind == "repo" { "repository" } else { kind.as_str() };
        match kind.parse::<MatcherKind>() {
            Err(unknown) => wrong.push(FieldProblem::new(field, format!("{unknown}."))),
            Ok(kind) => match pattern(kind, text) {
                Err(problem) => {
                    wrong.push(FieldProblem::new(field, format!("{text:?}: {problem}.")));
                }
                Ok(pattern) if matchers.contains(&(kind, pattern.clone())) => {}
                Ok(pattern) => matchers.push((kind, pattern)),
            },
        }
    }
    if matchers.len() > MOST {
        let detail = format!("Use at most {MOST} matchers; a * can stand for many.");
        wrong.push(FieldProblem::new("matchers", detail));
    }
    if wrong.is_empty() { Ok(matchers) } else { Err(Problem::all_invalid(wrong)) }
}

/// Makes these the matchers of the asset; answers whether that changed anything.
///
/// # Errors
/// 409 naming the asset that has one of them already.
pub async fn replace(
    tx: &impl ConnectionTrait,
    asset_id: i64,
    matchers: &[(MatcherKind, String)],
) -> Result<bool, Problem> {
    let known =
        asset_matcher::Entity::find().filter(asset_matcher::Column::AssetId.eq(asset_id)).all(tx).await?;
    let wanted = |row: &asset_matcher::Model| matchers.iter().any(|(kind, text)| is(row, *kind, text));
    let gone: Vec<i64> = known.iter().filter(|row| !wanted(row)).map(|row| row.id).collect();
    let mut changed = !gone.is_empty();
    if changed {
        asset_matcher::Entity::delete_many().filter(asset_matcher::Column::Id.is_in(gone)).exec(tx).await?;
    }
    for (kind, text) in matchers {
        if !known.iter().any(|row| is(row, *kind, text)) {
            add(tx, asset_id, *kind, text).await?;
            changed = true;
        }
    }
    Ok(changed)
}

fn is(row: &asset_matcher::Model, kind: MatcherKind, text: &str) -> bool {
    row.kind == kind.as_str() && row.pattern == text
}

/// Gives an asset a matcher; answers whether it is new to it.
///
/// # Errors
/// 409 naming the asset that has it already.
pub async fn add(
    tx: &impl ConnectionTrait,
    asset_id: i64,
    kind: MatcherKind,
    text: &str,
) -> Result<bool, Problem> {
    let taken = asset_matcher::Entity::find()
        .filter(asset_matcher::Column::Kind.eq(kind.as_str()))
        .filter(asset_matcher::Column::Pattern.eq(text))
        .one(tx)
        .await?;
    match taken {
        Some(row) if row.asset_id == asset_id => return Ok(false),
        Some(row) => {
            let other = asset::Entity::find_by_id(row.asset_id).one(tx).await?;
            let key = other.map_or_else(|| row.asset_id.to_string(), |asset| asset.key);
            let detail = format!(
                "The {kind} {text} leads to asset {key} already. Take it away there first, or merge the two assets."
            );
            return Err(Problem::new(Kind::Conflict, detail));
        }
        None => {}
    }
    let row = asset_matcher::ActiveModel {
        asset_id: Set(asset_id),
        kind: Set(kind.to_string()),
        pattern: Set(text.to_owned()),
        ..Default::default()
    };
    asset_matcher::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(true)
}
