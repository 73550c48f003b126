//! What shows that something was done.

use abate_entity::{evidence, risk};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use url::Url;

use super::create::check_text;
use super::record::{self, Change, NewEvent, Occasion};
use crate::platform::problem::Problem;

/// A piece of evidence to add.
#[derive(Clone, Debug, Default)]
pub struct NewEvidence {
    /// link, note, jira, scan or commit.
    pub kind: &'static str,
    /// What it is.
    pub title: String,
    /// Where it is.
    pub url: Option<String>,
    /// The scan.
    pub import_id: Option<i64>,
}

/// Adds evidence; it counts for the next claim.
///
/// # Errors
/// 422 naming the field that is wrong.
pub async fn add(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    new: NewEvidence,
) -> Result<(evidence::Model, risk::Model), Problem> {
    check_text("title", &new.title, 500)?;
    if new.title.trim().is_empty() {
        return Err(Problem::invalid("title", "Say what the evidence is."));
    }
    if let Some(url) = &new.url {
        check_link(url)?;
    }
    let row = evidence::ActiveModel {
        risk_id: Set(risk.id),
        kind: Set(new.kind.to_owned()),
        title: Set(new.title.trim().to_owned()),
        url: Set(new.url),
        import_id: Set(new.import_id),
        added_by: Set(occasion.actor_id),
        created_at: Set(occasion.now),
        ..Default::default()
    }
    .insert(tx)
    .await?;
    let mut event = NewEvent::plain("evidence_added", occasion.now);
    event.data.insert("evidence".to_owned(), row.id.into());
    event.data.insert("title".to_owned(), row.title.clone().into());
    let mut change = Change::of(risk, event)?;
    change.standing.evidence_count += 1;
    let risk = record::record(tx, occasion, vec![change]).await?.pop();
    Ok((row, risk.ok_or_else(|| Problem::not_found("such risk"))?))
}

/// The evidence of a risk, oldest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of(db: &impl ConnectionTrait, risk_id: i64) -> Result<Vec<evidence::Model>, Problem> {
    Ok(evidence::Entity::find()
        .filter(evidence::Column::RiskId.eq(risk_id))
        .order_by_asc(evidence::Column::Id)
        .limit(1000)
        .all(db)
        .await?)
}

/// Refuses what is no address of a page.
fn check_link(text: &str) -> Result<(), Problem> {
    let link = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if link.is_some() && text.len() <= 2000 {
        Ok(())
    } else {
        Err(Problem::invalid("url", "Give the address of a page, beginning with https://."))
    }
}
