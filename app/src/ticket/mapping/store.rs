//! Keeps the versions of a connection's mapping.

use abate_entity::{connection, ticket, ticket_mapping};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr,
    EntityTrait, QueryFilter, QueryOrder, SqlErr,
};
use serde_json::json;

use super::model::Mapping;
use crate::access::actor::Actor;
use crate::audit_log;
use crate::platform::problem::{FieldProblem, Kind, Problem};
use crate::risk::create::check_text;
use crate::ticket::connection::health_rules::ProblemKind;
use crate::ticket::screen;
use crate::ticket::ticket_rules::TicketState;

/// The row of the version in force; none where nobody has made one.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn newest(
    db: &impl ConnectionTrait,
    connection_id: i64,
) -> Result<Option<ticket_mapping::Model>, Problem> {
    Ok(ticket_mapping::Entity::find()
        .filter(ticket_mapping::Column::ConnectionId.eq(connection_id))
        .order_by_desc(ticket_mapping::Column::Version)
        .one(db)
        .await?)
}

/// What a row says.
pub(super) fn read(row: Option<&ticket_mapping::Model>) -> Result<Mapping, Problem> {
    match row {
        Some(row) => serde_json::from_value(row.data.clone()).map_err(Problem::internal),
        None => Ok(Mapping::default()),
    }
}

/// The mapping in force.
///
/// # Errors
/// When the database cannot be asked, or holds something else.
pub(crate) async fn in_force(db: &impl ConnectionTrait, connection_id: i64) -> Result<Mapping, Problem> {
    Ok(versioned(db, connection_id).await?.1)
}

/// The mapping in force and its version, 0 where nobody has made one.
///
/// # Errors
/// When the database cannot be asked, or holds something else.
pub(crate) async fn versioned(
    db: &impl ConnectionTrait,
    connection_id: i64,
) -> Result<(i32, Mapping), Problem> {
    let row = newest(db, connection_id).await?;
    Ok((row.as_ref().map_or(0, |row| row.version), read(row.as_ref())?))
}

/// A version to be made.
#[derive(Clone, Debug)]
pub(super) struct NewVersion {
    /// The version that it was made from; none for whichever is in force.
    pub(super) base: Option<i32>,
    /// The mapping.
    pub(super) mapping: Mapping,
    /// Why.
    pub(super) note: String,
}

/// Refuses a mapping that cannot be.
pub(super) fn check(mapping: &Mapping) -> Result<(), Problem> {
    let problems = mapping.problems();
    if problems.is_empty() {
        return Ok(());
    }
    let errors =
        problems.into_iter().map(|(field, detail)| FieldProblem::new(format!("mapping.{field}"), detail));
    Err(Problem::all_invalid(errors.collect()))
}

/// Makes a new version. Tickets that JIRA has refused are tried again at once.
///
/// # Errors
/// 412 when somebody else made one meanwhile, 422 naming each field that is wrong.
pub(super) async fn add(
    tx: &DatabaseTransaction,
    actor: &Actor,
    connection: &connection::Model,
    new: NewVersion,
    now: DateTime<Utc>,
) -> Result<ticket_mapping::Model, Problem> {
    let version = newest(tx, connection.id).await?.map_or(0, |row| row.version);
    if new.base.is_some_and(|base| base != version) {
        return Err(stale(version));
    }
    check_text("note", &new.note, 2_000)?;
    check(&new.mapping)?;
    let row = ticket_mapping::ActiveModel {
        connection_id: Set(connection.id),
        version: Set(version + 1),
        data: Set(serde_json::to_value(&new.mapping).map_err(Problem::internal)?),
        note: Set(new.note),
        made_by: Set(Some(actor.id)),
        created_at: Set(now),
        ..Default::default()
    };
    let taken = |error: DbErr| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => stale(version + 1),
        _ => error.into(),
    };
    let row = row.insert(tx).await.map_err(taken)?;
    screen::forget(tx, connection.id).await?;
    try_again(tx, connection, now).await?;
    let data = json!({ "version": row.version, "mapping": row.data, "note": row.note });
    audit_log::add(tx, actor, "ticket_mapping.change", &format!("jira-{}", connection.id), data, now).await?;
    Ok(row)
}

fn stale(version: i32) -> Problem {
    Problem::new(
        Kind::Stale,
        format!("The mapping is at version {version} by now; read it again and repeat."),
    )
}

/// What was wrong with the project may be mended now.
async fn try_again(
    tx: &DatabaseTransaction,
    connection: &connection::Model,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    connection::Entity::update_many()
        .set(connection::ActiveModel {
            problem: Set(None),
            problem_kind: Set(None),
            problem_since: Set(None),
            retry_at: Set(None),
            failures: Set(0),
            ..Default::default()
        })
        .filter(connection::Column::Id.eq(connection.id))
        .filter(connection::Column::ProblemKind.eq(ProblemKind::Project.as_str()))
        .exec(tx)
        .await?;
    ticket::Entity::update_many()
        .set(ticket::ActiveModel { next_try_at: Set(now), ..Default::default() })
        .filter(ticket::Column::ConnectionId.eq(connection.id))
        .filter(ticket::Column::State.eq(TicketState::Wanted.as_str()))
        .filter(ticket::Column::Problem.is_not_null())
        .exec(tx)
        .await?;
    ticket::Entity::update_many()
        .set(ticket::ActiveModel { sync_at: Set(Some(now)), ..Default::default() })
        .filter(ticket::Column::ConnectionId.eq(connection.id))
        .filter(ticket::Column::State.eq(TicketState::Linked.as_str()))
        .filter(ticket::Column::Broken.eq(false))
        .filter(ticket::Column::Problem.is_not_null())
        .exec(tx)
        .await?;
    Ok(())
}
