//! Issues that carry our label and are linked to no ticket: the one that we look for, a second one, a copy that somebody
//! made, or one from after the backup that this database was restored from. Nothing is done to them; people are shown
//! them until they are gone.

use std::collections::HashSet;

use abate_entity::ticket_stranger::Column;
use abate_entity::{connection, ticket, ticket_stranger};
use abate_integrations::jira::Issue;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;

use super::reconcile;
use super::subject;
use super::ticket_rules::{StrangerKind, TicketState};
use super::wording::Identity;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// How many are shown.
const SHOWN: u64 = 100;

/// Notes an issue that is linked to no ticket. One that a ticket is looked for, or is about to be created again, wakes
/// the look instead.
pub(super) async fn note(
    tx: &DatabaseTransaction,
    connection_id: i64,
    identity: &Identity,
    issue: &Issue,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let marker = issue.marker.as_ref();
    if marker.is_some_and(|marker| marker.instance != identity.instance) {
        return Ok(());
    }
    let uuid = marker.and_then(|marker| marker.uuid.parse::<uuid::Uuid>().ok());
    let marked = match uuid {
        Some(uuid) => ticket::Entity::find().filter(ticket::Column::Uuid.eq(uuid)).one(tx).await?,
        None => None,
    };
    // Two connections may lead to one site, for two of its projects: each sees the tickets of the other.
    if let Some(other) = marked.as_ref().filter(|ticket| ticket.connection_id != connection_id)
        && is_one_site(tx, connection_id, other.connection_id).await?
    {
        return Ok(());
    }
    let ticket = marked.filter(|ticket| ticket.connection_id == connection_id);
    let kind = match (&ticket, marker) {
        (Some(ticket), _) => match ticket.state.parse::<TicketState>().map_err(Problem::internal)? {
            // The call that makes it is under way, or it became ours since it was read.
            TicketState::Creating => return Ok(()),
            TicketState::Linked if ticket.issue_id.as_ref() == Some(&issue.id) => return Ok(()),
            TicketState::Linked => StrangerKind::Duplicate,
            TicketState::Held
            | TicketState::Unknown
            | TicketState::Quarantined
            | TicketState::Wanted
            | TicketState::Cancelled => return wake(tx, ticket, now).await,
        },
        (None, Some(marker)) if marker.epoch > identity.epoch => StrangerKind::NewerCopy,
        (None, Some(_)) => StrangerKind::Orphan,
        (None, None) => StrangerKind::Unmarked,
    };
    let row = ticket_stranger::ActiveModel {
        connection_id: Set(connection_id),
        issue_id: Set(issue.id.clone()),
        issue_key: Set(issue.key.clone()),
        kind: Set(kind.as_str().to_owned()),
        uuid: Set(uuid),
        ticket_id: Set(ticket.map(|ticket| ticket.id)),
        found_at: Set(now),
        settled_at: Set(None),
        ..Default::default()
    };
    let known = OnConflict::columns([Column::ConnectionId, Column::IssueId])
        .update_columns([Column::IssueKey, Column::Kind, Column::Uuid, Column::TicketId, Column::SettledAt])
        .to_owned();
    ticket_stranger::Entity::insert(row).on_conflict(known).exec_without_returning(tx).await?;
    Ok(())
}

async fn is_one_site(tx: &DatabaseTransaction, one: i64, other: i64) -> Result<bool, Problem> {
    let rows = connection::Entity::find().filter(connection::Column::Id.is_in([one, other])).all(tx).await?;
    let mut sites = rows.iter().map(|row| row.browse_url.trim_end_matches('/'));
    Ok(matches!((sites.next(), sites.next()), (Some(one), Some(other)) if one == other))
}

/// The issue of a ticket that has none as far as we know is there: it is looked for at once, and not created again.
async fn wake(tx: &DatabaseTransaction, ticket: &ticket::Model, now: DateTime<Utc>) -> Result<(), Problem> {
    let is_sought =
        [TicketState::Unknown, TicketState::Quarantined].iter().any(|state| ticket.state == state.as_str());
    let set = if is_sought {
        ticket::ActiveModel { next_try_at: Set(now), ..Default::default() }
    } else {
        ticket::ActiveModel {
            next_try_at: Set(now),
            ..reconcile::unknown("an issue with its marker appeared in JIRA", now)
        }
    };
    ticket::Entity::update_many()
        .set(set)
        .filter(ticket::Column::Id.eq(ticket.id))
        .filter(ticket::Column::State.eq(&ticket.state))
        .exec(tx)
        .await?;
    reconcile::enqueue(tx, ticket.connection_id, now, now).await
}

/// Which of these tickets have a stranger with their marker.
pub(super) async fn marked(
    tx: &DatabaseTransaction,
    connection_id: i64,
    tickets: &[ticket::Model],
) -> Result<HashSet<uuid::Uuid>, Problem> {
    let marked = ticket_stranger::Entity::find()
        .select_only()
        .column(Column::Uuid)
        .filter(Column::ConnectionId.eq(connection_id))
        .filter(Column::SettledAt.is_null())
        .filter(Column::Uuid.is_in(tickets.iter().map(|ticket| ticket.uuid)))
        .into_tuple::<uuid::Uuid>()
        .all(tx)
        .await?;
    Ok(marked.into_iter().collect())
}

/// No issue carries the marker any more.
pub(super) async fn lost(
    tx: &DatabaseTransaction,
    connection_id: i64,
    uuid: uuid::Uuid,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    ticket_stranger::Entity::update_many()
        .set(ticket_stranger::ActiveModel { settled_at: Set(Some(now)), ..Default::default() })
        .filter(Column::ConnectionId.eq(connection_id))
        .filter(Column::Uuid.eq(uuid))
        .filter(Column::SettledAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// An issue became a ticket of ours.
pub(super) async fn settle(
    tx: &DatabaseTransaction,
    connection_id: i64,
    issue_id: &str,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    ticket_stranger::Entity::update_many()
        .set(ticket_stranger::ActiveModel { settled_at: Set(Some(now)), ..Default::default() })
        .filter(Column::ConnectionId.eq(connection_id))
        .filter(Column::IssueId.eq(issue_id))
        .filter(Column::SettledAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Only the `present` ones still carry our label, of those found before `began`.
pub(super) async fn settle_absent(
    state: &AppState,
    connection_id: i64,
    present: &[String],
    began: DateTime<Utc>,
) -> Result<(), Problem> {
    let open = ticket_stranger::Entity::find()
        .filter(Column::ConnectionId.eq(connection_id))
        .filter(Column::SettledAt.is_null())
        .filter(Column::FoundAt.lt(began))
        .all(state.database.reader())
        .await?;
    let gone: Vec<String> =
        open.into_iter().map(|row| row.issue_id).filter(|id| !present.contains(id)).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            for issue_id in &gone {
                settle(tx, connection_id, issue_id, now).await?;
            }
            Ok(())
        })
        .await
}

/// An issue in JIRA that carries our label and is no ticket.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct StrangerView {
    /// Its key in JIRA.
    pub(super) key: String,
    /// Where people open it.
    pub(super) url: String,
    /// duplicate, orphan, newer_copy or unmarked.
    kind: String,
    /// The risk whose marker it carries, where we know it.
    pub(super) risk: Option<String>,
    /// What it is and what to do.
    pub(super) problem: String,
    /// When it was found.
    found_at: DateTime<Utc>,
}

/// The strangers of a connection that are still there, oldest first, and how many there are.
pub(super) async fn of_connection(
    db: &impl ConnectionTrait,
    connection_id: i64,
    browse_url: &str,
) -> Result<(Vec<StrangerView>, u64), Problem> {
    let open = ticket_stranger::Entity::find()
        .filter(Column::ConnectionId.eq(connection_id))
        .filter(Column::SettledAt.is_null());
    let count = open.clone().count(db).await?;
    let rows = open.order_by_asc(Column::Id).limit(SHOWN).all(db).await?;
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.ticket_id).collect();
    let tickets = ticket::Entity::find().filter(ticket::Column::Id.is_in(ids)).all(db).await?;
    let site = browse_url.trim_end_matches('/');
    let views = rows
        .into_iter()
        .map(|row| {
            let ticket = tickets.iter().find(|ticket| Some(ticket.id) == row.ticket_id);
            StrangerView {
                problem: problem(&row, ticket),
                url: format!("{site}/browse/{}", row.issue_key),
                key: row.issue_key,
                kind: row.kind,
                risk: ticket.map(|ticket| subject::key(&ticket.subject)),
                found_at: row.found_at,
            }
        })
        .collect();
    Ok((views, count))
}

/// What to say at a ticket about its duplicate, if it has one.
pub(super) async fn of_ticket(
    db: &impl ConnectionTrait,
    ticket: &ticket::Model,
) -> Result<Option<String>, Problem> {
    let row = ticket_stranger::Entity::find()
        .filter(Column::TicketId.eq(ticket.id))
        .filter(Column::SettledAt.is_null())
        .order_by_asc(Column::Id)
        .one(db)
        .await?;
    Ok(row.map(|row| problem(&row, Some(ticket))))
}

fn problem(row: &ticket_stranger::Model, ticket: Option<&ticket::Model>) -> String {
    let key = &row.issue_key;
    match (row.kind.parse::<StrangerKind>().unwrap_or(StrangerKind::Unmarked), ticket) {
        (StrangerKind::Duplicate, Some(ticket)) => format!(
            "{key} carries the marker of {} too. Close one of them in JIRA and take its labels off.",
            ticket.issue_key.as_deref().unwrap_or_default()
        ),
        (StrangerKind::Duplicate | StrangerKind::Orphan, _) => format!(
            "{key} was made by this installation for a risk that this database does not know, such as one from after \
             the backup it was restored from. Record the risk again or close the issue, and take its labels off."
        ),
        (StrangerKind::NewerCopy, _) => format!(
            "{key} was made by a newer copy of this database. Two installations may be at work on one project: stop \
             one of them."
        ),
        (StrangerKind::Unmarked, _) => format!(
            "{key} carries our label and no marker: somebody copied a ticket, or set the label. Take the label off."
        ),
    }
}
