//! Counts the risks that a filter finds.

use abate_entity::risk;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::finder::{self, RiskFilter};
use crate::access::scope::Scope;
use crate::platform::problem::Problem;

/// How many there are that may be seen. Whoever has counted up to `most` stops there.
///
/// # Errors
/// 422 for a filter that means nothing.
pub(super) async fn count(
    db: &impl ConnectionTrait,
    scope: &Scope,
    me: i64,
    filter: &RiskFilter,
    most: u64,
    now: DateTime<Utc>,
) -> Result<u64, Problem> {
    let found = finder::condition(db, me, filter, now).await?;
    let found = finder::visible(scope, risk::Entity::find()).filter(found);
    let found = found.select_only().column(risk::Column::Id).limit(most);
    Ok(found.into_tuple::<i64>().all(db).await?.len() as u64)
}
