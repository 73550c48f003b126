//! Writes into the row of one ticket, in a transaction of its own: what was learned is kept before JIRA is called again.

use abate_entity::ticket;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::platform::problem::Problem;
use crate::state::AppState;

/// Writes what is set.
///
/// # Errors
/// When the database refuses.
pub(super) async fn write(
    state: &AppState,
    ticket: &ticket::Model,
    set: ticket::ActiveModel,
) -> Result<(), Problem> {
    state
        .database
        .write(async |tx| {
            ticket::Entity::update_many()
                .set(set.clone())
                .filter(ticket::Column::Id.eq(ticket.id))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}
