//! Finds groups. What the caller may see comes first in every query.

use abate_entity::ticket_group;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Select};

use super::model::GroupKey;
use crate::access::scope::Scope;
use crate::platform::problem::Problem;

/// The groups that may be seen: those of the teams whose risks may be.
pub(in crate::ticket) fn visible(scope: &Scope) -> Select<ticket_group::Entity> {
    let query = ticket_group::Entity::find();
    match scope.teams() {
        None => query,
        Some(teams) => query.filter(ticket_group::Column::TeamId.is_in(teams.iter().copied())),
    }
}

/// One group.
///
/// # Errors
/// 404 when there is none, or it may not be seen.
pub(in crate::ticket) async fn one(
    db: &impl ConnectionTrait,
    scope: &Scope,
    key: GroupKey,
) -> Result<ticket_group::Model, Problem> {
    let group = visible(scope).filter(ticket_group::Column::Id.eq(key.0)).one(db).await?;
    group.ok_or_else(|| Problem::not_found(format!("group {key}")))
}
