//! Joins a risk to another that says the same: its findings and their identities move, and it closes as a duplicate.
//! The next report finds the other one.

use abate_entity::lifecycle::{self, DuplicateTarget};
use abate_entity::{finding, risk, risk_asset, risk_identity, risk_tag, staged_change};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::clock::Happening;
use super::edit::{self, Edit};
use super::identity::{self, Side};
use super::key::RiskKey;
use super::parties::requester;
use super::rate;
use super::rated::Rated;
use super::record::{self, Change, NewEvent, Occasion};
use super::{affected, standing, step, tag};
use crate::access::actor::Actor;
use crate::access::right::MergeRisks;
use crate::platform::problem::{FieldProblem, Problem};
use crate::policy::recompute;

/// Joins `from` to `into`; answers `into` as it is now.
///
/// # Errors
/// 403 for those who may not in both teams, 422 where the two cannot be one.
pub async fn merge(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    actor: &Actor,
    from: risk::Model,
    into: risk::Model,
    reason: &str,
) -> Result<risk::Model, Problem> {
    actor.require_in::<MergeRisks>(from.team_id)?;
    actor.require_in::<MergeRisks>(into.team_id)?;
    let has_ticket = step::has_ticket(tx, from.id).await?;
    let mut closes = Change::of(from.clone(), NewEvent::plain("merged", occasion.now))?;
    let facts = standing::facts(&from, &closes.standing, has_ticket);
    let target = DuplicateTarget { id: into.id, state: into.state, is_itself: into.id == from.id };
    let today = step::today(occasion.now, occasion.policies.zone);
    let changes =
        lifecycle::merge(&facts, target, &requester(actor, &from), occasion.now, today).map_err(refused)?;
    if let Some(why) = identity::refuses(&side(tx, &from).await?, &side(tx, &into).await?) {
        return Err(Problem::invalid("into", why));
    }
    standing::write(&changes, &mut closes.set, &mut closes.standing);
    let into = raise(tx, occasion, into, &from).await?;
    let moved = take_over(tx, actor, &from, &into, occasion).await?;
    let findings = moved.len();
    closes.event.reason = reason.to_owned();
    closes.event.clock = vec![(occasion.now, Happening::TriageLeft), (occasion.now, Happening::Closed)];
    closes.event.data.insert("into".to_owned(), RiskKey(into.id).to_string().into());
    closes.event.data.insert("findings".to_owned(), findings.into());
    closes.event.data.insert("resolution".to_owned(), "duplicate".into());
    let confidential = from.confidential || into.confidential;
    let mut joined = NewEvent::plain("joined", occasion.now);
    joined.reason = reason.to_owned();
    joined.data.insert("from".to_owned(), RiskKey(from.id).to_string().into());
    joined.data.insert("findings".to_owned(), findings.into());
    joined.data.insert("moved".to_owned(), moved.into());
    let into_id = into.id;
    let mut goes_on = Change::of(into, joined)?;
    goes_on.set.confidential = Set(confidential);
    let mut both = vec![closes, goes_on];
    both.sort_by_key(|change| change.before.id);
    let after = record::record(tx, occasion, both).await?;
    after.into_iter().find(|risk| risk.id == into_id).ok_or_else(|| Problem::not_found("such risk"))
}

fn refused(missing: Vec<lifecycle::Missing>) -> Problem {
    Problem::all_invalid(
        missing
            .into_iter()
            .map(|missing| {
                let field = if missing.field == "duplicate_of" { "into" } else { missing.field };
                FieldProblem::new(field, format!("{}.", missing.why)).by(missing.rule.as_str())
            })
            .collect(),
    )
}

async fn side(tx: &DatabaseTransaction, risk: &risk::Model) -> Result<Side, Problem> {
    let further = risk_asset::Entity::find().filter(risk_asset::Column::RiskId.eq(risk.id)).all(tx).await?;
    Ok(Side {
        key: RiskKey(risk.id).to_string(),
        assets: further.into_iter().map(|row| row.asset_id).chain([risk.asset_id]).collect(),
        primary: risk.asset_id,
        due_at: risk.due_at,
        level: risk.level,
    })
}

/// What goes on is at least as bad as what joins it.
async fn raise(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    into: risk::Model,
    from: &risk::Model,
) -> Result<risk::Model, Problem> {
    let Rated { inherent, current, .. } = rate::ratings(from);
    if from.level <= into.level || inherent.is_none() {
        return Ok(into);
    }
    let rated = Rated { inherent, current, target: None };
    let reason = format!("{} joins it, which is {}.", RiskKey(from.id), from.level);
    edit::edit(tx, occasion, into, Edit { rated, reason, ..Edit::default() }).await
}

/// Moves findings, identities, what imports have planned, tags and further assets; answers the numbers of the findings.
async fn take_over(
    tx: &DatabaseTransaction,
    actor: &Actor,
    from: &risk::Model,
    into: &risk::Model,
    occasion: &Occasion<'_>,
) -> Result<Vec<i64>, Problem> {
    let because = format!("joined from {} by a person", RiskKey(from.id));
    risk_identity::Entity::update_many()
        .set(risk_identity::ActiveModel {
            risk_id: Set(into.id),
            because: Set(because),
            made_by: Set(Some(actor.id)),
            created_at: Set(occasion.now),
            ..Default::default()
        })
        .filter(risk_identity::Column::RiskId.eq(from.id))
        .exec(tx)
        .await?;
    let moved = finding::Entity::find()
        .select_only()
        .column(finding::Column::Id)
        .filter(finding::Column::RiskId.eq(from.id))
        .order_by_asc(finding::Column::Id)
        .into_tuple()
        .all(tx)
        .await?;
    finding::Entity::update_many()
        .col_expr(finding::Column::RiskId, Expr::value(into.id))
        .filter(finding::Column::RiskId.eq(from.id))
        .exec(tx)
        .await?;
    staged_change::Entity::update_many()
        .col_expr(staged_change::Column::RiskId, Expr::value(into.id))
        .filter(staged_change::Column::RiskId.eq(from.id))
        .exec(tx)
        .await?;
    copy_tags(tx, from.id, into.id).await?;
    copy_assets(tx, from, into, occasion.now).await?;
    Ok(moved)
}

async fn copy_tags(tx: &impl ConnectionTrait, from: i64, into: i64) -> Result<(), Problem> {
    let tags = risk_tag::Entity::find().filter(risk_tag::Column::RiskId.eq(from)).all(tx).await?;
    Ok(tag::add(tx, tags.into_iter().map(|tag| (into, tag.kind, tag.value))).await?)
}

async fn copy_assets(
    tx: &impl ConnectionTrait,
    from: &risk::Model,
    into: &risk::Model,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let rows = risk_asset::Entity::find()
        .filter(risk_asset::Column::RiskId.is_in([from.id, into.id]))
        .all(tx)
        .await?;
    let (there, more): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.risk_id == into.id);
    let new: Vec<i64> = more
        .into_iter()
        .map(|row| row.asset_id)
        .filter(|asset| *asset != into.asset_id && !there.iter().any(|row| row.asset_id == *asset))
        .collect();
    if !new.is_empty() {
        affected::add(tx, into.id, &new).await?;
        // What holds for these holds for the risk from now on.
        recompute::want(tx, &recompute::of_asset(into.asset_id), now).await?;
    }
    Ok(())
}
