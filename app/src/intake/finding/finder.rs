//! Finds findings without a risk. What the caller may see comes first in every query.

use std::collections::HashMap;

use abate_entity::{asset, finding, source, source_scope};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde::Serialize;

use crate::access::scope::Scope;
use crate::intake::plan_rules::Intake;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;

/// A finding without a risk.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct FindingView {
    /// Its number.
    pub(super) id: i64,
    /// kept, waiting, suppressed or put_aside.
    pub(super) intake: String,
    /// One line.
    pub(super) title: String,
    /// Severity as the tool gave it, unknown where it gave none.
    pub(super) severity: &'static str,
    /// vulnerability, misconfiguration, secret, licence, code, dynamic or detection.
    pub(super) kind: String,
    /// The tool's rule or the vulnerability.
    pub(super) rule: String,
    /// Where it is.
    pub(super) location: String,
    /// The package with its version.
    pub(super) package: String,
    /// Version that mends it.
    pub(super) fixed_version: String,
    /// Key of the asset.
    pub(super) asset: String,
    /// Name of the source.
    pub(super) source: String,
    /// The import that first saw it.
    pub(super) import: i64,
    /// When it was first seen.
    pub(super) detected_at: DateTime<Utc>,
}

/// The finding, with the asset that it is on.
pub(crate) async fn one(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: i64,
) -> Result<(finding::Model, asset::Model), Problem> {
    let missing = || Problem::not_found(format!("finding {id}"));
    let found = visible(scope).filter(finding::Column::Id.eq(id)).one(db).await?.ok_or_else(missing)?;
    let asset_id = match found.asset_id {
        Some(asset_id) => asset_id,
        None => {
            let place = source_scope::Entity::find_by_id(found.scope_id).one(db).await?;
            place.ok_or_else(missing)?.asset_id
        }
    };
    let asset = asset::Entity::find_by_id(asset_id).one(db).await?.ok_or_else(missing)?;
    Ok((found, asset))
}

/// How many findings wait.
pub(super) async fn waiting(db: &impl ConnectionTrait, scope: &Scope) -> Result<u64, Problem> {
    let waiting = visible(scope).filter(finding::Column::Intake.eq(Intake::Waiting.as_str()));
    Ok(waiting.filter(finding::Column::LostImportId.is_null()).count(db).await?)
}

/// A page of the findings of which this became, the newest first; those that are gone left out.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    scope: &Scope,
    intake: Intake,
    page: &PageQuery,
) -> Result<Page<FindingView>, Problem> {
    let limit = page.limit()?;
    let mut query = visible(scope)
        .filter(finding::Column::Intake.eq(intake.as_str()))
        .filter(finding::Column::RiskId.is_null())
        .filter(finding::Column::LostImportId.is_null())
        .order_by_desc(finding::Column::Id)
        .limit(limit + 1);
    if let Some(after) = page.after::<i64>()? {
        query = query.filter(finding::Column::Id.lt(after));
    }
    let rows = Page::cut(query.all(db).await?, limit, |row| row.id);
    let names = Names::of(db, &rows.items).await?;
    Ok(rows.map(|row| names.view(row)))
}

fn visible(scope: &Scope) -> Select<finding::Entity> {
    let query = finding::Entity::find();
    let Some(teams) = scope.teams() else { return query };
    let of_teams = Query::select()
        .column(asset::Column::Id)
        .from(asset::Entity)
        .and_where(Expr::col(asset::Column::TeamId).is_in(teams.iter().copied()))
        .to_owned();
    let place = Func::coalesce([
        Expr::col((finding::Entity, finding::Column::AssetId)),
        Expr::SubQuery(None, Box::new(asset_of_scope().into())),
    ]);
    query.filter(Expr::expr(place).in_subquery(of_teams))
}

fn asset_of_scope() -> SelectStatement {
    Query::select()
        .column((source_scope::Entity, source_scope::Column::AssetId))
        .from(source_scope::Entity)
        .and_where(
            Expr::col((source_scope::Entity, source_scope::Column::Id))
                .equals((finding::Entity, finding::Column::ScopeId)),
        )
        .to_owned()
}

/// Names that findings refer to by number.
struct Names {
    scopes: HashMap<i64, source_scope::Model>,
    sources: HashMap<i64, String>,
    assets: HashMap<i64, String>,
}

impl Names {
    async fn of(db: &impl ConnectionTrait, findings: &[finding::Model]) -> Result<Self, Problem> {
        let scopes = source_scope::Entity::find()
            .filter(source_scope::Column::Id.is_in(findings.iter().map(|row| row.scope_id)))
            .all(db)
            .await?;
        let sources = source::Entity::find()
            .filter(source::Column::Id.is_in(scopes.iter().map(|scope| scope.source_id)))
            .all(db)
            .await?;
        let of_findings = findings.iter().filter_map(|row| row.asset_id);
        let assets = asset::Entity::find()
            .filter(asset::Column::Id.is_in(of_findings.chain(scopes.iter().map(|scope| scope.asset_id))))
            .all(db)
            .await?;
        Ok(Self {
            scopes: scopes.into_iter().map(|scope| (scope.id, scope)).collect(),
            sources: sources.into_iter().map(|source| (source.id, source.name)).collect(),
            assets: assets.into_iter().map(|asset| (asset.id, asset.key)).collect(),
        })
    }

    fn view(&self, row: finding::Model) -> FindingView {
        let scope = self.scopes.get(&row.scope_id);
        let asset_id = row.asset_id.or(scope.map(|scope| scope.asset_id));
        let package = format!("{} {}", row.package, row.package_version);
        FindingView {
            id: row.id,
            intake: row.intake,
            title: row.title,
            severity: if row.unknown_severity { "unknown" } else { row.severity.as_str() },
            kind: row.kind,
            rule: row.rule,
            location: row.location,
            package: package.trim().to_owned(),
            fixed_version: row.fixed_version,
            asset: asset_id.and_then(|id| self.assets.get(&id).cloned()).unwrap_or_default(),
            source: scope.and_then(|scope| self.sources.get(&scope.source_id).cloned()).unwrap_or_default(),
            import: row.first_import_id,
            detected_at: row.detected_at,
        }
    }
}
