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

/// Refuses what shows nothing: a step's evidence is a link, something attached to the risk before, or a commit.
///
/// # Errors
/// 422 naming `field`.
pub async fn check_reference(
    db: &impl ConnectionTrait,
    risk_id: i64,
    field: &str,
    text: &str,
) -> Result<(), Problem> {
    let text = text.trim();
    let is_there = match (text.strip_prefix("evidence:"), text.strip_prefix("commit:")) {
        (Some(number), _) => {
            let attached = match number.parse::<i64>() {
                Ok(id) => evidence::Entity::find_by_id(id).one(db).await?,
                Err(_) => None,
            };
            attached.is_some_and(|row| row.risk_id == risk_id)
        }
        (None, Some(hash)) => {
            (7..=64).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
        (None, None) => text.is_empty() || is_link(text),
    };
    if is_there {
        return Ok(());
    }
    Err(Problem::invalid(
        field,
        "Give the address of a page, beginning with https://, the evidence:NUMBER of something attached to this risk, \
         or a commit:HASH.",
    ))
}

/// Refuses what is no address of a page.
fn check_link(text: &str) -> Result<(), Problem> {
    if is_link(text) {
        Ok(())
    } else {
        Err(Problem::invalid("url", "Give the address of a page, beginning with https://."))
    }
}

fn is_link(text: &str) -> bool {
    let link = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    link.is_some() && text.len() <= 2000
}
