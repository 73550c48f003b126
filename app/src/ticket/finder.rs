//! Finds tickets.

use abate_entity::{asset, risk, ticket};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::ticket_rules::TicketState;
use super::wording::Identity;
use crate::platform::problem::Problem;
use crate::platform::setting;
use crate::state::AppState;

/// What a ticket about a risk is called: `r-` and its number.
#[must_use]
pub(crate) fn subject(risk_id: i64) -> String {
    format!("r-{risk_id}")
}

/// The ticket of a risk.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn of_risk(
    db: &impl ConnectionTrait,
    risk_id: i64,
) -> Result<Option<ticket::Model>, Problem> {
    Ok(ticket::Entity::find().filter(ticket::Column::Subject.eq(subject(risk_id))).one(db).await?)
}

/// The tickets of a connection in a state whose time has come, longest waiting first; locked against others.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn due(
    tx: &DatabaseTransaction,
    connection_id: i64,
    state: TicketState,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<ticket::Model>, Problem> {
    let mut query = ticket::Entity::find()
        .filter(ticket::Column::ConnectionId.eq(connection_id))
        .filter(ticket::Column::State.eq(state.as_str()))
        .filter(ticket::Column::NextTryAt.lte(now))
        .order_by_asc(ticket::Column::NextTryAt)
        .order_by_asc(ticket::Column::Id)
        .limit(limit);
    if tx.get_database_backend() == DbBackend::Postgres {
        query = query.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    Ok(query.all(tx).await?)
}

/// A risk and its asset.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn risk(
    db: &impl ConnectionTrait,
    risk_id: i64,
) -> Result<Option<(risk::Model, Option<asset::Model>)>, Problem> {
    let Some(risk) = risk::Entity::find_by_id(risk_id).one(db).await? else { return Ok(None) };
    let asset = asset::Entity::find_by_id(risk.asset_id).one(db).await?;
    Ok(Some((risk, asset)))
}

/// What makes our tickets ours.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn identity(state: &AppState) -> Result<Identity, Problem> {
    let db = state.database.reader();
    let missing = || Problem::internal(anyhow::anyhow!("the database has no instance name; restart Abate"));
    let epoch = setting::read(db, setting::EPOCH).await?.and_then(|text| text.parse().ok());
    Ok(Identity {
        instance: setting::read(db, setting::INSTANCE).await?.ok_or_else(missing)?,
        epoch: epoch.ok_or_else(missing)?,
        base_url: state.config.web.base_url.to_string(),
    })
}
