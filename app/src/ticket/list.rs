//! The tickets of every connection, by how they stand.

use std::collections::HashMap;

use abate_entity::{connection, risk, ticket};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde::{Deserialize, Serialize};

use super::ticket_rules::TicketState;
use super::view::TicketView;
use crate::access::scope::Scope;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::risk::finder as risks;
use crate::risk::key::RiskKey;

/// Which tickets.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TicketFilter {
    /// held, wanted, creating, linked, unknown, quarantined or cancelled; or waiting (any that is to be created or looked
    /// for), broken (JIRA no longer shows it) or problem (anything is wrong).
    pub(super) state: Option<String>,
    /// The number of a connection.
    pub(super) connection: Option<i64>,
}

/// What can be asked for beside the states.
const GROUPS: [&str; 3] = ["waiting", "broken", "problem"];

/// A ticket and its risk.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ListedTicket {
    #[serde(skip)]
    id: i64,
    /// The key of the risk.
    pub(super) risk: String,
    /// The title of the risk.
    pub(super) title: String,
    /// The name of the connection.
    pub(super) connection: String,
    /// The ticket.
    #[serde(flatten)]
    pub(super) ticket: TicketView,
}

/// A page of the tickets that the caller may see, newest first.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &TicketFilter,
    paging: &PageQuery,
) -> Result<Page<ListedTicket>, Problem> {
    let limit = paging.limit()?;
    let visible = risks::visible(scope, risk::Entity::find()).select_only().column(risk::Column::Id);
    let mut query = ticket::Entity::find()
        .filter(ticket::Column::RiskId.in_subquery(visible.into_query()))
        .order_by_desc(ticket::Column::Id)
        .limit(limit + 1);
    if let Some(after) = paging.after::<i64>()? {
        query = query.filter(ticket::Column::Id.lt(after));
    }
    if let Some(id) = filter.connection {
        query = query.filter(ticket::Column::ConnectionId.eq(id));
    }
    let waiting = [TicketState::Wanted, TicketState::Creating, TicketState::Unknown].map(TicketState::as_str);
    query = match filter.state.as_deref().filter(|state| !state.is_empty()) {
        None => query,
        Some("waiting") => query.filter(ticket::Column::State.is_in(waiting)),
        Some("broken") => query.filter(ticket::Column::Broken.eq(true)),
        Some("problem") => query.filter(ticket::Column::Problem.is_not_null()),
        Some(state) => {
            let state: TicketState = state.parse().map_err(|_| {
                let states = TicketState::ALL.iter().map(|state| state.as_str()).chain(GROUPS);
                let known = states.collect::<Vec<_>>().join(", ");
                Problem::invalid("state", format!("Use one of: {known}."))
            })?;
            query.filter(ticket::Column::State.eq(state.as_str()))
        }
    };
    let rows = query.all(db).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.risk_id).collect();
    let titles: HashMap<i64, String> = risk::Entity::find()
        .select_only()
        .columns([risk::Column::Id, risk::Column::Title])
        .filter(risk::Column::Id.is_in(ids))
        .into_tuple::<(i64, String)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let sites: HashMap<i64, connection::Model> =
        connection::Entity::find().all(db).await?.into_iter().map(|row| (row.id, row)).collect();
    let items = rows.into_iter().map(|row| {
        let site = sites.get(&row.connection_id);
        ListedTicket {
            id: row.id,
            risk: RiskKey(row.risk_id).to_string(),
            title: titles.get(&row.risk_id).cloned().unwrap_or_default(),
            connection: site.map(|site| site.name.clone()).unwrap_or_default(),
            ticket: TicketView::new(row, site),
        }
    });
    Ok(Page::cut(items.collect(), limit, |item| item.id))
}
