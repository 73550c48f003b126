//! The groups, newest first.

use abate_entity::ticket_group;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;

use super::finder;
use super::model::GroupState;
use super::view::{self, GroupView};
use crate::access::scope::Scope;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;

/// Which groups.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct GroupFilter {
    /// open or closed.
    pub(super) state: Option<String>,
}

/// A page of the groups that the caller may see.
///
/// # Errors
/// 422 for a state that there is not.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &GroupFilter,
    paging: &PageQuery,
) -> Result<Page<GroupView>, Problem> {
    let limit = paging.limit()?;
    let mut query = finder::visible(scope).order_by_desc(ticket_group::Column::Id).limit(limit + 1);
    if let Some(after) = paging.after::<i64>()? {
        query = query.filter(ticket_group::Column::Id.lt(after));
    }
    if let Some(state) = filter.state.as_deref().filter(|state| !state.is_empty()) {
        let state: GroupState =
            state.parse().map_err(|_| Problem::invalid("state", "Use open or closed."))?;
        query = query.filter(ticket_group::Column::State.eq(state.as_str()));
    }
    let views = view::all(db, query.all(db).await?).await?;
    Ok(Page::cut(views, limit, |group| group.id))
}
