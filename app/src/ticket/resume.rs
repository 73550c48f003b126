//! Lets paused connections go on after a restore or a copy.

use abate_entity::{connection, ticket};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::reconcile;
use super::ticket_rules::TicketState;
use crate::platform::problem::Problem;

/// Resumes every paused connection; answers how many. What the backup knew as wanted may have been created since it
/// was made, so it is looked for before it is created.
///
/// # Errors
/// When the database refuses.
pub async fn run(tx: &DatabaseTransaction, now: DateTime<Utc>) -> Result<u64, Problem> {
    let paused = connection::Entity::find().filter(connection::Column::Paused.eq(true)).all(tx).await?;
    for row in &paused {
        let uncertain = [TicketState::Wanted, TicketState::Creating].map(TicketState::as_str);
        ticket::Entity::update_many()
            .set(reconcile::unknown("it may have been created after the backup was made", now))
            .filter(ticket::Column::ConnectionId.eq(row.id))
            .filter(ticket::Column::State.is_in(uncertain))
            .exec(tx)
            .await?;
        connection::Entity::update_many()
            .set(connection::ActiveModel { paused: Set(false), retry_at: Set(None), ..Default::default() })
            .filter(connection::Column::Id.eq(row.id))
            .exec(tx)
            .await?;
    }
    Ok(paused.len() as u64)
}
