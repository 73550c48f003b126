//! Remarks on a risk, in Markdown.

use abate_entity::{risk, risk_comment};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::create::check_text;
use super::mention;
use super::record::{self, Change, NewEvent, Occasion};
use crate::platform::problem::Problem;

/// Longest comment, in characters.
const LONGEST: usize = 20_000;

/// Adds a comment.
///
/// # Errors
/// 422 when it is empty or too long.
pub async fn add(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    body: &str,
) -> Result<risk_comment::Model, Problem> {
    if body.trim().is_empty() {
        return Err(Problem::invalid("body", "Write something."));
    }
    check_text("body", body, LONGEST)?;
    let comment = risk_comment::ActiveModel {
        risk_id: Set(risk.id),
        author_id: Set(occasion.actor_id),
        via: Set(occasion.via.as_str().to_owned()),
        body: Set(body.to_owned()),
        created_at: Set(occasion.now),
        ..Default::default()
    }
    .insert(tx)
    .await?;
    let mut event = NewEvent::plain("commented", occasion.now);
    event.data.insert("comment".to_owned(), comment.id.into());
    mention::note(tx, occasion, &risk, &comment).await?;
    record::record(tx, occasion, vec![Change::of(risk, event)?]).await?;
    Ok(comment)
}

/// Comments of a risk, oldest first: at most `limit`, after the comment `after`.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of(
    db: &impl ConnectionTrait,
    risk_id: i64,
    after: Option<i64>,
    limit: u64,
) -> Result<Vec<risk_comment::Model>, Problem> {
    Ok(risk_comment::Entity::find()
        .filter(risk_comment::Column::RiskId.eq(risk_id))
        .filter(risk_comment::Column::Id.gt(after.unwrap_or_default()))
        .order_by_asc(risk_comment::Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}
