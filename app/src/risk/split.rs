//! Takes findings out of a risk into a new one, and pins their identities there, so that the next report does not
//! bring them back together.

use std::collections::BTreeSet;

use abate_entity::{asset, finding, risk, risk_identity, staged_change};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder,
};

use super::create::{self, NewRisk};
use super::key::RiskKey;
use super::rate;
use super::record::{self, Change, NewEvent, Occasion};
use crate::access::actor::Actor;
use crate::access::right::MergeRisks;
use crate::platform::ids::Ids;
use crate::platform::problem::Problem;

/// Most findings that one split takes.
const MOST: usize = 500;

/// Takes the findings out; answers the new risk.
///
/// # Errors
/// 403 for those who may not, 422 for findings of another risk, or when nothing would be left.
pub async fn split(
    tx: &DatabaseTransaction,
    ids: &Ids,
    occasion: &Occasion<'_>,
    actor: &Actor,
    from: risk::Model,
    finding_ids: &[i64],
    reason: &str,
) -> Result<risk::Model, Problem> {
    actor.require_in::<MergeRisks>(from.team_id)?;
    let all = finding::Entity::find()
        .filter(finding::Column::RiskId.eq(from.id))
        .order_by_asc(finding::Column::Id)
        .all(tx)
        .await?;
    let (leaving, staying) = chosen(&all, finding_ids, RiskKey(from.id))?;
    let (Some(first), false) = (leaving.first(), staying.is_empty()) else {
        return Err(Problem::invalid(
            "findings",
            "Leave at least one finding; to move all of them, join the risk to another.",
        ));
    };
    let asset = asset::Entity::find_by_id(from.asset_id).one(tx).await?;
    let asset = asset.ok_or_else(|| Problem::internal(anyhow::anyhow!("asset {} is gone", from.asset_id)))?;
    let made = create::create(tx, ids, occasion, &asset, new_risk(&from, first)).await?;
    for leaving in &leaving {
        pin(tx, occasion, actor, &from, made.id, leaving).await?;
    }
    let mut out = NewEvent::plain("split", occasion.now);
    out.reason = reason.to_owned();
    out.data.insert("into".to_owned(), RiskKey(made.id).to_string().into());
    out.data.insert("findings".to_owned(), leaving.len().into());
    let mut off = NewEvent::plain("split_off", occasion.now);
    off.reason = reason.to_owned();
    off.data.insert("from".to_owned(), RiskKey(from.id).to_string().into());
    off.data.insert("findings".to_owned(), leaving.len().into());
    let moved: Vec<i64> = leaving.iter().map(|finding| finding.id).collect();
    off.data.insert("moved".to_owned(), moved.into());
    let made_id = made.id;
    let changes = vec![Change::of(from, out)?, Change::of(made, off)?];
    let after = record::record(tx, occasion, changes).await?;
    after.into_iter().find(|risk| risk.id == made_id).ok_or_else(|| Problem::not_found("such risk"))
}

/// The findings that leave and those that stay. What shares a fingerprint is one problem, whoever reports it, and
/// goes together.
fn chosen<'a>(
    all: &'a [finding::Model],
    wanted: &[i64],
    key: RiskKey,
) -> Result<(Vec<&'a finding::Model>, Vec<&'a finding::Model>), Problem> {
    if wanted.is_empty() || wanted.len() > MOST {
        return Err(Problem::invalid("findings", format!("Name 1 to {MOST} findings of the risk.")));
    }
    if let Some(stranger) = wanted.iter().find(|id| !all.iter().any(|finding| finding.id == **id)) {
        return Err(Problem::invalid("findings", format!("{stranger} is no finding of {key}.")));
    }
    let prints: BTreeSet<(&str, &str)> = all
        .iter()
        .filter(|finding| wanted.contains(&finding.id))
        .map(|finding| (finding.scheme.as_str(), finding.hash.as_str()))
        .collect();
    Ok(all.iter().partition(|finding| prints.contains(&(finding.scheme.as_str(), finding.hash.as_str()))))
}

fn new_risk(from: &risk::Model, first: &finding::Model) -> NewRisk {
    let mut tags: Vec<(&'static str, String)> = Vec::new();
    for (field, kind) in [("ids", "cve"), ("cwes", "cwe")] {
        let words = first.data.get(field).and_then(serde_json::Value::as_array);
        let words = words.into_iter().flatten().filter_map(|word| word.as_str());
        tags.extend(words.map(|word| (kind, word.to_owned())));
    }
    if !first.package.is_empty() {
        tags.push(("package", first.package.clone()));
    }
    NewRisk {
        origin: "scanner",
        title: first.title.chars().take(300).collect(),
        description: from.description.clone(),
        mitigation: from.mitigation.clone(),
        owner_id: from.owner_id,
        inherent: rate::ratings(from).inherent,
        tags,
        // A split starts no clock anew.
        sla_start_at: Some(from.sla_start_at),
        confidential: from.confidential,
        ..NewRisk::default()
    }
}

/// Moves one finding with its identity.
async fn pin(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    actor: &Actor,
    from: &risk::Model,
    into: i64,
    finding: &finding::Model,
) -> Result<(), Problem> {
    let pinned = risk_identity::ActiveModel {
        risk_id: Set(into),
        because: Set(format!("split from {} by a person", RiskKey(from.id))),
        made_by: Set(Some(actor.id)),
        created_at: Set(occasion.now),
        ..Default::default()
    };
    let known = risk_identity::Entity::update_many()
        .set(pinned.clone())
        .filter(risk_identity::Column::RiskId.is_in([from.id, into]))
        .filter(risk_identity::Column::Scheme.eq(&finding.scheme))
        .filter(risk_identity::Column::Hash.eq(&finding.hash))
        .exec(tx)
        .await?;
    if known.rows_affected == 0 {
        let new = risk_identity::ActiveModel {
            asset_id: Set(from.asset_id),
            scheme: Set(finding.scheme.clone()),
            hash: Set(finding.hash.clone()),
            ..pinned
        };
        new.insert(tx).await?;
    }
    finding::Entity::update_many()
        .col_expr(finding::Column::RiskId, Expr::value(into))
        .filter(finding::Column::Id.eq(finding.id))
        .exec(tx)
        .await?;
    staged_change::Entity::update_many()
        .col_expr(staged_change::Column::RiskId, Expr::value(into))
        .filter(staged_change::Column::RiskId.eq(from.id))
        .filter(staged_change::Column::Scheme.eq(&finding.scheme))
        .filter(staged_change::Column::Hash.eq(&finding.hash))
        .exec(tx)
        .await?;
    staged_change::Entity::update_many()
        .col_expr(staged_change::Column::RiskId, Expr::value(into))
        .filter(staged_change::Column::FindingId.eq(finding.id))
        .exec(tx)
        .await?;
    Ok(())
}
