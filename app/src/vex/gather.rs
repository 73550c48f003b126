//! Reads what was decided about the vulnerabilities of an asset.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use abate_entity::lifecycle::{TransitionId, VexJustification};
use abate_entity::{asset, asset_matcher, finding, risk, risk_event, team};
use abate_integrations::vex::{
    Document, Justification, Package, Product, Statement, Status, of_image, of_key, of_package,
    of_package_in, of_repository,
};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::statement_rules::{Decided, Verdict, action, named, verdict, versions};
use crate::access::scope::Scope;
use crate::asset::matching::MatcherKind;
use crate::platform::problem::Problem;
use crate::risk::finder::visible;
use crate::risk::standing::Standing;

/// What a finding of a vulnerability is called.
pub(super) const VULNERABILITY: &str = "vulnerability";

/// The document about an asset, from the risks that may be seen and are not confidential.
pub(super) async fn gather(
    db: &impl ConnectionTrait,
    scope: &Scope,
    asset: &asset::Model,
) -> Result<Document, Problem> {
    let decisions = decisions(db, scope, asset).await?;
    let statements = statements(db, asset, &decisions).await?;
    let at = statements.iter().map(|statement| statement.at).max().unwrap_or(asset.created_at);
    let author = team::Entity::find_by_id(asset.team_id).one(db).await?.map(|team| team.name);
    Ok(Document { author: author.unwrap_or_default(), product: product(db, asset).await?, at, statements })
}

async fn product(db: &impl ConnectionTrait, asset: &asset::Model) -> Result<Product, Problem> {
    let matchers = asset_matcher::Entity::find()
        .filter(asset_matcher::Column::AssetId.eq(asset.id))
        .order_by_asc(asset_matcher::Column::Kind)
        .order_by_asc(asset_matcher::Column::Pattern)
        .all(db)
        .await?;
    let mut purls: Vec<String> = Vec::new();
    for matcher in &matchers {
        match matcher.kind.parse() {
            Ok(MatcherKind::Image) => purls.extend(of_image(&matcher.pattern)),
            Ok(MatcherKind::Repository) => purls.extend(of_repository(&matcher.pattern)),
            Ok(MatcherKind::Purl) if !matcher.pattern.contains('*') => purls.push(matcher.pattern.clone()),
            _ => {}
        }
    }
    if purls.is_empty() {
        purls.push(of_key(&asset.key));
    }
    Ok(Product { name: asset.name.clone(), purls })
}

/// What a risk says, and since when.
struct Decision {
    verdict: Verdict,
    at: DateTime<Utc>,
}

async fn decisions(
    db: &impl ConnectionTrait,
    scope: &Scope,
    asset: &asset::Model,
) -> Result<HashMap<i64, Decision>, Problem> {
    let found = risk::Entity::find()
        .filter(risk::Column::Id.in_subquery(supported(asset.id)))
        .filter(risk::Column::Confidential.eq(false));
    let risks = visible(scope, found).all(db).await?;
    let decided: HashMap<i64, DateTime<Utc>> = risk_event::Entity::find()
        .select_only()
        .column(risk_event::Column::RiskId)
        .column_as(risk_event::Column::EffectiveAt.max(), "at")
        .filter(risk_event::Column::RiskId.in_subquery(supported(asset.id)))
        .filter(decides())
        .group_by(risk_event::Column::RiskId)
        .into_tuple::<(i64, DateTime<Utc>)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let mut said = HashMap::new();
    for risk in &risks {
        let facts = Decided {
            state: risk.state,
            resolution: risk.resolution,
            justification: Standing::of(risk)?.vex_justification,
            accepted_until: risk.acceptance_ends_on,
        };
        if let Some(verdict) = verdict(&facts) {
            let at = decided.get(&risk.id).copied().unwrap_or(risk.detected_at);
            said.insert(risk.id, Decision { verdict, at });
        }
    }
    Ok(said)
}

/// A step that moved a risk, or renewed its acceptance; what is only proposed decides nothing.
fn decides() -> SimpleExpr {
    let moved = Expr::col(risk_event::Column::FromState).ne(Expr::col(risk_event::Column::ToState));
    moved.or(risk_event::Column::Transition.eq(TransitionId::T18.as_str()))
}

/// The risks that findings of vulnerabilities on the asset support.
fn supported(asset_id: i64) -> SelectStatement {
    Query::select()
        .column(finding::Column::RiskId)
        .from(finding::Entity)
        .and_where(Expr::col(finding::Column::AssetId).eq(asset_id))
        .and_where(Expr::col(finding::Column::Kind).eq(VULNERABILITY))
        .and_where(Expr::col(finding::Column::RiskId).is_not_null())
        .to_owned()
}

fn status(verdict: &Verdict, found: &Found) -> Status {
    match verdict {
        Verdict::NotAffected(why) => Status::NotAffected(match why {
            VexJustification::ComponentNotPresent => Justification::ComponentNotPresent,
            VexJustification::VulnerableCodeNotPresent => Justification::VulnerableCodeNotPresent,
            VexJustification::VulnerableCodeNotInExecutePath => Justification::VulnerableCodeNotInExecutePath,
            VexJustification::VulnerableCodeCannotBeControlledByAdversary => {
                Justification::VulnerableCodeCannotBeControlledByAdversary
            }
            VexJustification::InlineMitigationsAlreadyExist => Justification::InlineMitigationsAlreadyExist,
        }),
        Verdict::Fixed => Status::Fixed,
        Verdict::UnderInvestigation => Status::UnderInvestigation,
        Verdict::Affected(treated) => {
            Status::Affected(action(treated, &found.package, &found.package_version, &found.fixed_version))
        }
    }
}

/// A finding, as far as a statement needs it.
#[derive(sea_orm::FromQueryResult)]
struct Found {
    risk_id: Option<i64>,
    rule: String,
    package: String,
    package_version: String,
    fixed_version: String,
    data: serde_json::Value,
}

/// What is said of a vulnerability in one package.
struct Said {
    aliases: BTreeSet<String>,
    status: Status,
    at: DateTime<Utc>,
}

async fn statements(
    db: &impl ConnectionTrait,
    asset: &asset::Model,
    decisions: &HashMap<i64, Decision>,
) -> Result<Vec<Statement>, Problem> {
    let findings = finding::Entity::find()
        .select_only()
        .columns([
            finding::Column::RiskId,
            finding::Column::Rule,
            finding::Column::Package,
            finding::Column::PackageVersion,
            finding::Column::FixedVersion,
            finding::Column::Data,
        ])
        .filter(finding::Column::AssetId.eq(asset.id))
        .filter(finding::Column::Kind.eq(VULNERABILITY))
        .filter(finding::Column::RiskId.is_not_null())
        .order_by_asc(finding::Column::Id)
        .into_model::<Found>()
        .all(db)
        .await?;
    // Two risks may speak of one package: then the one that lets less pass is heard.
    let mut heard: BTreeMap<(String, Package), Said> = BTreeMap::new();
    for found in findings {
        let Some(decision) = found.risk_id.and_then(|id| decisions.get(&id)) else { continue };
        let ids: Vec<String> = found
            .data
            .get("ids")
            .and_then(|ids| serde_json::from_value(ids.clone()).ok())
            .unwrap_or_default();
        let Some((leading, aliases)) = named(&ids, &found.rule) else { continue };
        let status = status(&decision.verdict, &found);
        for package in packages(&found, &status) {
            let at = decision.at;
            let said = heard.entry((leading.clone(), package)).or_insert_with(|| Said {
                aliases: BTreeSet::new(),
                status: status.clone(),
                at,
            });
            said.aliases.extend(aliases.iter().cloned());
            if (&said.status, said.at) < (&status, at) {
                said.status = status.clone();
                said.at = at;
            }
        }
    }
    Ok(joined(heard))
}

/// The packages that a finding's statement is about. A fix is said of the fixed versions alone: said of the vulnerable
/// one, it would hide the vulnerability from scanners when that version comes back.
fn packages(found: &Found, status: &Status) -> Vec<Package> {
    let purl = found.data.get("purl").and_then(serde_json::Value::as_str).unwrap_or_default();
    let package = |purl: Option<String>, version: &str| {
        purl.map(|purl| Package { purl, name: found.package.clone(), version: version.to_owned() })
    };
    if *status == Status::Fixed {
        return versions(&found.fixed_version)
            .filter_map(|version| package(of_package_in(purl, version), version))
            .collect();
    }
    package(of_package(purl, &found.package_version), &found.package_version).into_iter().collect()
}

/// One statement for all packages of which the same is said.
fn joined(heard: BTreeMap<(String, Package), Said>) -> Vec<Statement> {
    let mut statements: BTreeMap<(String, Status), Statement> = BTreeMap::new();
    for ((vulnerability, package), said) in heard {
        let key = (vulnerability.clone(), said.status.clone());
        let statement = statements.entry(key).or_insert_with(|| Statement {
            vulnerability,
            aliases: Vec::new(),
            status: said.status,
            packages: Vec::new(),
            at: said.at,
        });
        statement.aliases.extend(said.aliases);
        statement.packages.push(package);
        statement.at = Ord::max(statement.at, said.at);
    }
    statements.into_values().collect()
}
