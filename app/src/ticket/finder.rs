//! Finds tickets.

use std::collections::HashMap;

use abate_entity::{ticket, ticket_group_member};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::subject::Subject;
use super::ticket_rules::TicketState;
use super::wording::Identity;
use crate::platform::problem::Problem;
use crate::platform::setting;
use crate::state::AppState;

/// What a ticket about a risk is called: `r-` and its number.
#[must_use]
pub(crate) fn subject(risk_id: i64) -> String {
    Subject::Risk(risk_id).to_string()
}

/// The ticket about something.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn of_subject(
    db: &impl ConnectionTrait,
    subject: Subject,
) -> Result<Option<ticket::Model>, Problem> {
    Ok(ticket::Entity::find().filter(ticket::Column::Subject.eq(subject.to_string())).one(db).await?)
}

/// The group that a risk is in.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn group_of(db: &impl ConnectionTrait, risk_id: i64) -> Result<Option<i64>, Problem> {
    Ok(groups_of(db, &[risk_id]).await?.remove(&risk_id))
}

/// The group that each risk is in, by the numbers of the risks.
async fn groups_of(db: &impl ConnectionTrait, risk_ids: &[i64]) -> Result<HashMap<i64, i64>, Problem> {
    let rows = ticket_group_member::Entity::find()
        .select_only()
        .columns([ticket_group_member::Column::RiskId, ticket_group_member::Column::GroupId])
        .filter(ticket_group_member::Column::RiskId.is_in(risk_ids.iter().copied()))
        .filter(ticket_group_member::Column::LeftAt.is_null())
        .into_tuple::<(i64, i64)>()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The ticket that stands for each risk, by the numbers of the risks: that of its group, or its own.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn of_risks(
    db: &impl ConnectionTrait,
    risk_ids: &[i64],
) -> Result<HashMap<i64, ticket::Model>, Problem> {
    let own = ticket::Column::RiskId.is_in(risk_ids.iter().copied());
    let own = ticket::Entity::find().filter(own).all(db).await?;
    let mut found: HashMap<i64, ticket::Model> =
        own.into_iter().filter_map(|ticket| Some((ticket.risk_id?, ticket))).collect();
    let groups = groups_of(db, risk_ids).await?;
    if groups.is_empty() {
        return Ok(found);
    }
    let of_groups = ticket::Column::GroupId.is_in(groups.values().copied());
    let of_groups = ticket::Entity::find().filter(of_groups).all(db).await?;
    let of_groups: HashMap<i64, ticket::Model> =
        of_groups.into_iter().filter_map(|ticket| Some((ticket.group_id?, ticket))).collect();
    let is_linked = |ticket: &ticket::Model| ticket.state == TicketState::Linked.as_str();
    for (risk_id, group_id) in groups {
        let Some(ticket) = of_groups.get(&group_id) else { continue };
        // Until there is one for all, that of the risk stands for it.
        if is_linked(ticket) || !found.get(&risk_id).is_some_and(is_linked) {
            found.insert(risk_id, ticket.clone());
        }
    }
    Ok(found)
}

/// Whether a ticket in JIRA stands for a risk.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn is_linked(db: &impl ConnectionTrait, risk_id: i64) -> Result<bool, Problem> {
    let ticket = of_risks(db, &[risk_id]).await?.remove(&risk_id);
    Ok(ticket.is_some_and(|ticket| ticket.state == TicketState::Linked.as_str()))
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
