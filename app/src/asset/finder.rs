//! Finds assets. What the caller may see comes first in every query.

use abate_entity::tier::Tier;
use abate_entity::{asset, team};
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde::Deserialize;

use crate::access::scope::Scope;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;

/// What to look for; several filters have to hold together.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct AssetFilter {
    /// Kinds, separated by commas.
    pub kind: Option<String>,
    /// Tiers, separated by commas: other, important, business, mission.
    pub tier: Option<String>,
    /// Key of the team that answers for it.
    pub team: Option<String>,
    /// production, staging, testing, development or shared.
    pub environment: Option<String>,
    /// unreviewed or reviewed.
    pub review_state: Option<String>,
    /// Only those out of service; only those in service unless told.
    pub retired: Option<bool>,
    /// A part of the key, the name or the tags.
    pub q: Option<String>,
}

/// Narrows a query to what may be seen.
pub fn visible(scope: &Scope) -> Select<asset::Entity> {
    match scope.teams() {
        None => asset::Entity::find(),
        Some(teams) => asset::Entity::find().filter(asset::Column::TeamId.is_in(teams.iter().copied())),
    }
}

/// Finds one asset that may be seen.
///
/// # Errors
/// 404 when there is none.
pub async fn one(db: &impl ConnectionTrait, scope: &Scope, key: &str) -> Result<asset::Model, Problem> {
    let found = visible(scope).filter(asset::Column::Key.eq(key)).one(db).await?;
    found.ok_or_else(|| Problem::not_found(format!("asset {key}")))
}

/// A page of the assets that may be seen, in the order in which they came in.
///
/// # Errors
/// 422 for a filter that means nothing.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &AssetFilter,
    page: &PageQuery,
) -> Result<Page<asset::Model>, Problem> {
    let limit = page.limit()?;
    let mut query = visible(scope).filter(condition(db, filter).await?);
    if let Some(after) = page.after::<i64>()? {
        query = query.filter(asset::Column::Id.gt(after));
    }
    let rows = query.order_by_asc(asset::Column::Id).limit(limit + 1).all(db).await?;
    Ok(Page::cut(rows, limit, |asset| asset.id))
}

async fn condition(db: &impl ConnectionTrait, filter: &AssetFilter) -> Result<Condition, Problem> {
    let mut all = Condition::all().add(if filter.retired == Some(true) {
        asset::Column::RetiredAt.is_not_null()
    } else {
        asset::Column::RetiredAt.is_null()
    });
    if let Some(kinds) = said(&filter.kind) {
        all = all.add(asset::Column::Kind.is_in(kinds.split(',').map(str::trim)));
    }
    if let Some(tiers) = said(&filter.tier) {
        let tiers: Result<Vec<Tier>, _> = tiers.split(',').map(|tier| tier.trim().parse()).collect();
        let tiers = tiers.map_err(|error| Problem::invalid("tier", format!("{error}.")))?;
        all = all.add(asset::Column::Tier.is_in(tiers));
    }
    if let Some(key) = said(&filter.team) {
        let team = team::Entity::find().filter(team::Column::Key.eq(key)).one(db).await?;
        let team = team.ok_or_else(|| Problem::invalid("team", format!("There is no team {key:?}.")))?;
        all = all.add(asset::Column::TeamId.eq(team.id));
    }
    if let Some(environment) = said(&filter.environment) {
        all = all.add(asset::Column::Environment.eq(environment));
    }
    match said(&filter.review_state) {
        None => {}
        Some(state @ ("reviewed" | "unreviewed")) => all = all.add(asset::Column::ReviewState.eq(state)),
        Some(_) => return Err(Problem::invalid("review_state", "Use reviewed or unreviewed.")),
    }
    if let Some(q) = said(&filter.q) {
        let like = || LikeExpr::new(format!("%{}%", escaped(&q.to_lowercase()))).escape('\\');
        let any = [asset::Column::Key, asset::Column::Name, asset::Column::Tags]
            .into_iter()
            .fold(Condition::any(), |any, column| {
                any.add(Expr::expr(Func::lower(Expr::col(column))).like(like()))
            });
        all = all.add(any);
    }
    Ok(all)
}

fn said(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// A text as LIKE takes it, so that `%` and `_` stand for themselves.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
