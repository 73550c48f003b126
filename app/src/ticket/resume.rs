//! Lets paused connections go on after a restore or a copy.

use abate_entity::{connection, ticket};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::connection::BY_HAND;
use super::reconcile;
use super::ticket_rules::TicketState;
use crate::platform::problem::Problem;

/// Resumes every connection that something else than a person has paused; answers how many.
///
/// # Errors
/// When the database refuses.
pub async fn run(tx: &DatabaseTransaction, now: DateTime<Utc>) -> Result<u64, Problem> {
    let paused = connection::Entity::find()
        .filter(connection::Column::Paused.eq(true))
        .filter(connection::Column::RemovedAt.is_null())
        .all(tx)
        .await?;
    let mut resumed = 0;
    for row in paused.iter().filter(|row| row.paused_because.as_deref() != Some(BY_HAND)) {
        resume(tx, row, now).await?;
        resumed += 1;
    }
    Ok(resumed)
}

/// Resumes one connection. What a backup knew as wanted may have been created since it was made, so it is looked for
/// before it is created.
///
/// # Errors
/// When the database refuses.
pub(super) async fn resume(
    tx: &DatabaseTransaction,
    row: &connection::Model,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    if row.paused_because.as_deref() != Some(BY_HAND) {
        let uncertain = [TicketState::Wanted, TicketState::Creating].map(TicketState::as_str);
        ticket::Entity::update_many()
            .set(reconcile::unknown("it may have been created after the backup was made", now))
            .filter(ticket::Column::ConnectionId.eq(row.id))
            .filter(ticket::Column::State.is_in(uncertain))
            .exec(tx)
            .await?;
    }
    connection::Entity::update_many()
        .set(connection::ActiveModel {
            paused: Set(false),
            paused_because: Set(None),
            retry_at: Set(None),
            ..Default::default()
        })
        .filter(connection::Column::Id.eq(row.id))
        .exec(tx)
        .await?;
    Ok(())
}
