//! Finds what one change would mend: at least three confirmed risks of one asset with the same library, or the same rule of a
//! tool, that are in no group yet, and no more than a group holds.

use std::collections::HashMap;

use abate_entity::{asset, finding, risk, risk_tag, team};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, Order, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde::Serialize;

use super::matching::{CONFIRMED, PACKAGE, grouped};
use super::member::MOST_IN_GROUP;
use super::model::GroupKind;
use crate::access::scope::Scope;
use crate::platform::problem::Problem;
use crate::risk::finder as risks;

/// From how many risks on a group is worth while.
const FEWEST: i64 = 3;
/// How many are shown of each kind.
const SHOWN: u64 = 50;

/// A group that could be made.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SuggestionView {
    /// library or rule.
    pub(super) kind: &'static str,
    /// Key of the asset.
    pub(super) asset: String,
    /// The library, or the rule of the tool.
    pub(super) name: String,
    /// Key of the team whose risks they are.
    pub(super) team: String,
    /// How many confirmed risks it would hold.
    pub(super) risks: i64,
}

/// Team, asset, name and number of risks.
type Found = (i64, i64, String, i64);

/// The groups that could be made of what the caller may see, the largest first.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn suggestions(
    db: &impl ConnectionTrait,
    scope: &Scope,
) -> Result<Vec<SuggestionView>, Problem> {
    let to_tag: sea_orm::RelationDef =
        risk::Entity::belongs_to(risk_tag::Entity).from(risk::Column::Id).to(risk_tag::Column::RiskId).into();
    let libraries = candidates(scope)
        .join(JoinType::InnerJoin, to_tag)
        .filter(risk_tag::Column::Kind.eq(PACKAGE))
        .column(risk_tag::Column::Value)
        .group_by(risk_tag::Column::Value);
    let to_finding: sea_orm::RelationDef =
        risk::Entity::belongs_to(finding::Entity).from(risk::Column::Id).to(finding::Column::RiskId).into();
    let rules = candidates(scope)
        .join(JoinType::InnerJoin, to_finding)
        .filter(finding::Column::Rule.ne(""))
        .column(finding::Column::Rule)
        .group_by(finding::Column::Rule);
    let mut found: Vec<(GroupKind, Found)> = Vec::new();
    for (kind, query) in [(GroupKind::Library, libraries), (GroupKind::Rule, rules)] {
        found.extend(largest(db, query).await?.into_iter().map(|row| (kind, row)));
    }
    found.sort_by_key(|(_, (_, _, _, count))| std::cmp::Reverse(*count));
    let ids = found.iter().map(|(_, (_, asset, _, _))| *asset);
    let assets = asset::Entity::find().filter(asset::Column::Id.is_in(ids)).all(db).await?;
    let assets: HashMap<i64, String> = assets.into_iter().map(|asset| (asset.id, asset.key)).collect();
    let teams = team::Entity::find().all(db).await?;
    let teams: HashMap<i64, String> = teams.into_iter().map(|team| (team.id, team.key)).collect();
    let view = |(kind, (team, asset, name, risks)): (GroupKind, Found)| {
        let (asset, team) = (assets.get(&asset)?.clone(), teams.get(&team)?.clone());
        Some(SuggestionView { kind: kind.as_str(), asset, name, team, risks })
    };
    Ok(found.into_iter().filter_map(view).collect())
}

fn candidates(scope: &Scope) -> Select<risk::Entity> {
    risks::visible(scope, risk::Entity::find())
        .select_only()
        .columns([risk::Column::TeamId, risk::Column::AssetId])
        .filter(risk::Column::State.is_in(CONFIRMED))
        .filter(risk::Column::Id.not_in_subquery(grouped()))
        .group_by(risk::Column::TeamId)
        .group_by(risk::Column::AssetId)
}

async fn largest(db: &impl ConnectionTrait, query: Select<risk::Entity>) -> Result<Vec<Found>, Problem> {
    // A risk may stand on several findings of one rule.
    let count = || Expr::col((risk::Entity, risk::Column::Id)).count_distinct();
    let most = i64::try_from(MOST_IN_GROUP).unwrap_or(i64::MAX);
    Ok(query
        .expr_as(count(), "risks")
        .having(count().gte(FEWEST))
        .having(count().lte(most))
        .order_by(count(), Order::Desc)
        .order_by(risk::Column::AssetId, Order::Asc)
        .limit(SHOWN)
        .into_tuple()
        .all(db)
        .await?)
}
