//! Reads what the gate judges by.

use abate_entity::lifecycle::{Event, State};
use abate_entity::{asset, finding, import, risk, risk_asset, risk_event, risk_tag, staged_change};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use std::collections::BTreeMap;

use super::rules::{Check, Facts, RiskFact, Rule};
use crate::asset::register;
use crate::intake::status;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;

/// Risks that one check names at most; one of them is enough to close the gate.
const MOST: u64 = 200;
/// Imports of one run, or heads of an asset's scopes, that are looked at.
const MOST_IMPORTS: u64 = 200;

/// Which scans of an asset count as the run at hand.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    /// This import.
    pub(super) import: Option<i64>,
    /// All imports of this run.
    pub(super) run: Option<String>,
}

/// What was read, with the imports that were looked at.
pub(super) struct Gathered {
    pub(super) facts: Facts,
    pub(super) imports: Vec<i64>,
}

/// Reads what is known of an asset, as far as its rules look at it.
pub(super) async fn gather(
    db: &impl ConnectionTrait,
    asset: &asset::Model,
    run: &Run,
    rules: &[Rule],
    now: DateTime<Utc>,
) -> Result<Gathered, Problem> {
    let mut facts = Facts {
        known: true,
        reviewed: asset.review_state == register::REVIEWED && asset.retired_at.is_none(),
        ..Facts::default()
    };
    let imports = of_run(db, asset, run).await?;
    facts.unusable = unusable(&imports, run);
    for rule in rules {
        match rule.check {
            Check::Late => {
                let late = open(asset.id)
                    .filter(risk::Column::DueAt.lt(now))
                    .filter(risk::Column::Level.gte(rule.threshold));
                facts.late = named(late.order_by_asc(risk::Column::DueAt).limit(MOST).all(db).await?);
            }
            Check::Kev => {
                let kev = open(asset.id).filter(risk::Column::Id.in_subquery(tagged("kev")));
                facts.kev = named(kev.order_by_asc(risk::Column::Id).limit(MOST).all(db).await?);
            }
            Check::Introduced => {
                facts.introduced = introduced(db, asset, &imports, rule.threshold).await?;
            }
            Check::FullScan => facts.last_full_scan = last_full_scan(db, asset.id).await?,
            Check::Reviewed | Check::Data => {}
        }
    }
    Ok(Gathered { facts, imports: imports.iter().map(|import| import.id).collect() })
}

/// The risks that are open on an asset, as the primary one or a further one.
fn open(asset_id: i64) -> Select<risk::Entity> {
    let further = Query::select()
        .column(risk_asset::Column::RiskId)
        .from(risk_asset::Entity)
        .and_where(Expr::col(risk_asset::Column::AssetId).eq(asset_id))
        .to_owned();
    let on_asset =
        Condition::any().add(risk::Column::AssetId.eq(asset_id)).add(risk::Column::Id.in_subquery(further));
    let states: Vec<State> = State::ALL.iter().copied().filter(|state| state.is_open()).collect();
    risk::Entity::find().filter(on_asset).filter(risk::Column::State.is_in(states))
}

fn tagged(kind: &str) -> SelectStatement {
    Query::select()
        .column(risk_tag::Column::RiskId)
        .from(risk_tag::Entity)
        .and_where(Expr::col(risk_tag::Column::Kind).eq(kind))
        .to_owned()
}

fn named(risks: Vec<risk::Model>) -> Vec<RiskFact> {
    risks.into_iter().map(|risk| named_with(&risk, String::new())).collect()
}

fn named_with(risk: &risk::Model, fixed_version: String) -> RiskFact {
    RiskFact {
        risk: Some(RiskKey(risk.id).to_string()),
        level: risk.level,
        title: if risk.confidential { String::new() } else { risk.title.clone() },
        due_on: risk.due_on,
        fixed_version,
    }
}

/// The imports of the run: the one that is named, all of a named run, else the newest scan of each scope.
async fn of_run(
    db: &impl ConnectionTrait,
    asset: &asset::Model,
    run: &Run,
) -> Result<Vec<import::Model>, Problem> {
    let of_asset = import::Entity::find()
        .filter(import::Column::AssetId.eq(asset.id))
        .order_by_desc(import::Column::Id)
        .limit(MOST_IMPORTS);
    let query = match (run.import, &run.run) {
        (None, None) => {
            let heads = Query::select()
                .column(abate_entity::source_scope::Column::HeadImportId)
                .from(abate_entity::source_scope::Entity)
                .and_where(Expr::col(abate_entity::source_scope::Column::AssetId).eq(asset.id))
                .and_where(Expr::col(abate_entity::source_scope::Column::HeadImportId).is_not_null())
                .to_owned();
            of_asset.filter(import::Column::Id.in_subquery(heads))
        }
        (id, name) => {
            let mut query = of_asset;
            if let Some(id) = id {
                query = query.filter(import::Column::Id.eq(id));
            }
            if let Some(name) = name {
                query = query.filter(import::Column::Run.eq(name.as_str()));
            }
            query
        }
    };
    Ok(query.all(db).await?)
}

/// Why there is nothing to judge the run by.
fn unusable(imports: &[import::Model], run: &Run) -> Vec<String> {
    let mut sentences = Vec::new();
    if imports.is_empty() {
        if let Some(id) = run.import {
            sentences.push(format!("This asset has no import {id}. Check --import."));
        } else if let Some(name) = &run.run {
            sentences.push(format!(
                "This asset has no import of the run {name}. Import its reports with --run {name} first."
            ));
        }
    }
    for import in imports {
        if !matches!(import.status.as_str(), status::APPLIED | status::COMPARED) {
            let stands = import.status.replace('_', " ");
            sentences.push(format!("Import {} of this run is not applied ({stands}).", import.id));
        }
    }
    sentences
}

/// The risks with a fix that the imports brought in or brought back.
async fn introduced(
    db: &impl ConnectionTrait,
    asset: &asset::Model,
    imports: &[import::Model],
    threshold: i16,
) -> Result<Vec<RiskFact>, Problem> {
    let ids: Vec<i64> = imports.iter().map(|import| import.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let made = open(asset.id)
        .filter(risk::Column::Level.gte(threshold))
        .filter(risk::Column::ImportId.is_in(ids.iter().copied()));
    let mut risks: BTreeMap<i64, risk::Model> =
        made.limit(MOST).all(db).await?.into_iter().map(|risk| (risk.id, risk)).collect();
    for import in imports {
        risks.extend(brought_back(db, asset.id, import, threshold).await?);
    }
    let with_fix = finding::Entity::find()
        .filter(finding::Column::RiskId.is_in(risks.keys().copied()))
        .filter(finding::Column::FixedVersion.ne(""))
        .filter(finding::Column::LostImportId.is_null())
        .order_by_asc(finding::Column::Id)
        .all(db)
        .await?;
    // What was taken over as a backlog was there before the run.
    let backlog: Vec<i64> = risk_tag::Entity::find()
        .filter(risk_tag::Column::RiskId.is_in(risks.keys().copied()))
        .filter(risk_tag::Column::Kind.eq("mark"))
        .filter(risk_tag::Column::Value.eq("onboarding"))
        .all(db)
        .await?
        .into_iter()
        .map(|tag| tag.risk_id)
        .collect();
    let mut found = Vec::new();
    for finding in with_fix {
        if let Some(risk) = finding.risk_id.and_then(|id| risks.remove(&id))
            && !backlog.contains(&risk.id)
        {
            found.push(named_with(&risk, finding.fixed_version));
        }
    }
    found.sort_by_key(|risk| std::cmp::Reverse(risk.level));
    found.extend(compared(db, imports, threshold).await?);
    Ok(found)
}

/// The risks that an import reopened.
async fn brought_back(
    db: &impl ConnectionTrait,
    asset_id: i64,
    import: &import::Model,
    threshold: i16,
) -> Result<Vec<(i64, risk::Model)>, Problem> {
    let Some(applied_at) = import.applied_at else { return Ok(Vec::new()) };
    let reopened = risk_event::Entity::find()
        .filter(risk_event::Column::RecordedAt.between(import.received_at, applied_at))
        .filter(risk_event::Column::Kind.is_in([Event::Reopen.as_str(), Event::Challenge.as_str()]))
        .limit(MOST)
        .all(db)
        .await?;
    let ids = reopened
        .into_iter()
        .filter(|event| event.data.get("import").and_then(serde_json::Value::as_i64) == Some(import.id))
        .map(|event| event.risk_id);
    let risks = open(asset_id)
        .filter(risk::Column::Id.is_in(ids))
        .filter(risk::Column::Level.gte(threshold))
        .all(db)
        .await?;
    Ok(risks.into_iter().map(|risk| (risk.id, risk)).collect())
}

/// What scans of another branch would bring in; they wrote nothing to risks, but keep what they found.
async fn compared(
    db: &impl ConnectionTrait,
    imports: &[import::Model],
    threshold: i16,
) -> Result<Vec<RiskFact>, Problem> {
    let compared: Vec<i64> =
        imports.iter().filter(|import| import.status == status::COMPARED).map(|import| import.id).collect();
    if compared.is_empty() {
        return Ok(Vec::new());
    }
    let rows = staged_change::Entity::find()
        .filter(staged_change::Column::ImportId.is_in(compared))
        .filter(staged_change::Column::Action.eq(status::CREATE))
        .filter(staged_change::Column::Level.gte(threshold))
        .filter(staged_change::Column::FixedVersion.ne(""))
        .order_by_asc(staged_change::Column::Ordinal)
        .limit(MOST)
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| RiskFact {
            risk: None,
            level: row.level,
            title: if row.confidential { String::new() } else { row.title },
            due_on: None,
            fixed_version: row.fixed_version,
        })
        .collect())
}

/// When the newest full scan that was applied ran.
async fn last_full_scan(db: &impl ConnectionTrait, asset_id: i64) -> Result<Option<DateTime<Utc>>, Problem> {
    let newest = import::Entity::find()
        .filter(import::Column::AssetId.eq(asset_id))
        .filter(import::Column::Status.eq(status::APPLIED))
        .filter(import::Column::Complete.eq(true))
        .filter(import::Column::ScopeId.is_not_null())
        .order_by_desc(import::Column::ScannedAt)
        .one(db)
        .await?;
    Ok(newest.map(|import| import.scanned_at))
}
