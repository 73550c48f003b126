//! Finds incidents, within what may be seen: those of one's teams, and all of them for who leads security, the
//! executives and auditors.

use abate_entity::incident;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde::Deserialize;

use super::key::IncidentKey;
use super::state_rules::{BREACH, CLOSED};
use crate::access::actor::Actor;
use crate::access::right::SeeEveryIncident;
use crate::access::scope::Scope;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;

/// What somebody may see of incidents.
#[must_use]
pub fn scope(actor: &Actor) -> Scope {
    if actor.holds::<SeeEveryIncident>() { Scope::All } else { actor.scope() }
}

/// Which incidents are asked for.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct IncidentFilter {
    /// breach or drill.
    pub kind: Option<String>,
    /// declared, acknowledged, contained or closed; open is every state but closed.
    pub state: Option<String>,
    /// Rows on the page, 1 to 200; 25 unless told.
    pub limit: Option<u64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

fn visible(scope: &Scope, query: Select<incident::Entity>) -> Select<incident::Entity> {
    match scope.teams() {
        None => query,
        Some(teams) => query.filter(incident::Column::TeamId.is_in(teams.iter().copied())),
    }
}

/// One incident that may be seen.
///
/// # Errors
/// 404 when there is none.
pub async fn one(
    db: &impl ConnectionTrait,
    scope: &Scope,
    key: IncidentKey,
) -> Result<incident::Model, Problem> {
    let found = visible(scope, incident::Entity::find_by_id(key.0)).one(db).await?;
    found.ok_or_else(|| Problem::not_found(format!("incident {key}")))
}

/// How many breaches are not closed.
///
/// # Errors
/// When the database cannot be asked.
pub async fn open_breaches(db: &impl ConnectionTrait, scope: &Scope) -> Result<u64, Problem> {
    let open = visible(scope, incident::Entity::find())
        .filter(incident::Column::Kind.eq(BREACH))
        .filter(incident::Column::State.ne(CLOSED));
    Ok(open.count(db).await?)
}

/// A page of the incidents that may be seen, the newest first.
///
/// # Errors
/// 422 for a filter that means nothing.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &IncidentFilter,
) -> Result<Page<incident::Model>, Problem> {
    let page = PageQuery { limit: filter.limit, cursor: filter.cursor.clone() };
    let (limit, after) = (page.limit()?, page.after::<i64>()?);
    let mut query = visible(scope, incident::Entity::find());
    match filter.kind.as_deref() {
        None | Some("") => {}
        Some(kind @ ("breach" | "drill")) => query = query.filter(incident::Column::Kind.eq(kind)),
        Some(_) => return Err(Problem::invalid("kind", "Use breach or drill.")),
    }
    match filter.state.as_deref() {
        None | Some("") => {}
        Some("open") => query = query.filter(incident::Column::State.ne(CLOSED)),
        Some(state @ ("declared" | "acknowledged" | "contained" | "closed")) => {
            query = query.filter(incident::Column::State.eq(state));
        }
        Some(_) => {
            return Err(Problem::invalid("state", "Use open, declared, acknowledged, contained or closed."));
        }
    }
    if let Some(after) = after {
        query = query.filter(incident::Column::Id.lt(after));
    }
    let rows = query.order_by_desc(incident::Column::Id).limit(limit + 1).all(db).await?;
    Ok(Page::cut(rows, limit, |row| row.id))
}
