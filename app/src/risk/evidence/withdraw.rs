//! Takes evidence back that was wrong. The row stays, with who said so and why.

use abate_entity::{evidence, risk};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::one;
use crate::platform::problem::{Kind, Problem};
use crate::risk::create::check_text;
use crate::risk::record::{self, Change, NewEvent, Occasion};

/// Longest reason, in characters.
const REASON: usize = 2000;

/// Withdraws a piece of evidence; it counts for no claim any more.
///
/// # Errors
/// 404 when the risk has none of that number, 409 when it is withdrawn already, 422 without a reason.
pub async fn withdraw(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    id: i64,
    reason: &str,
) -> Result<evidence::Model, Problem> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Problem::invalid("reason", "Say why it is withdrawn."));
    }
    check_text("reason", reason, REASON)?;
    let row = one(tx, risk.id, id).await?;
    if row.withdrawn_at.is_some() {
        return Err(Problem::new(Kind::Conflict, format!("Evidence {id} is withdrawn already.")));
    }
    let mut event = NewEvent::plain("evidence_withdrawn", occasion.now);
    reason.clone_into(&mut event.reason);
    event.data.insert("evidence".to_owned(), row.id.into());
    event.data.insert("title".to_owned(), row.title.clone().into());
    let mut change = Change::of(risk, event)?;
    let count = change.standing.evidence_count;
    if counted(tx, &row, count).await? {
        change.standing.evidence_count = count.saturating_sub(1);
    }
    let withdrawn = evidence::ActiveModel {
        id: Set(row.id),
        withdrawn_by: Set(occasion.actor_id),
        withdrawn_at: Set(Some(occasion.now)),
        withdrawn_reason: Set(reason.to_owned()),
        ..Default::default()
    };
    let row = withdrawn.update(tx).await?;
    record::record(tx, occasion, vec![change]).await?;
    Ok(row)
}

/// Whether it is one of those that count for the next claim: the newest `count` of those that can.
async fn counted(tx: &DatabaseTransaction, row: &evidence::Model, count: u32) -> Result<bool, Problem> {
    if !row.counts || count == 0 {
        return Ok(false);
    }
    let newest: Vec<i64> = evidence::Entity::find()
        .select_only()
        .column(evidence::Column::Id)
        .filter(evidence::Column::RiskId.eq(row.risk_id))
        .filter(evidence::Column::Counts.eq(true))
        .filter(evidence::Column::WithdrawnAt.is_null())
        .order_by_desc(evidence::Column::Id)
        .limit(u64::from(count))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(newest.contains(&row.id))
}
