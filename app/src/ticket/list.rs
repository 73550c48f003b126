//! The tickets of every connection, by how they stand.

use std::collections::HashMap;

use abate_entity::{connection, risk, ticket, ticket_group};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use serde::{Deserialize, Serialize};

use super::group::finder as groups;
use super::subject;
use super::ticket_rules::TicketState;
use super::view::TicketView;
use crate::access::scope::Scope;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::risk::finder as risks;

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

/// A ticket and what it is about.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ListedTicket {
    #[serde(skip)]
    id: i64,
    /// The key of the risk, or of the group of risks, such as `G-3`.
    pub(super) risk: String,
    /// Its title.
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
    let groups = groups::visible(scope).select_only().column(ticket_group::Column::Id);
    let either = Condition::any()
        .add(ticket::Column::RiskId.in_subquery(visible.into_query()))
        .add(ticket::Column::GroupId.in_subquery(groups.into_query()));
    let mut query = ticket::Entity::find().filter(either).order_by_desc(ticket::Column::Id).limit(limit + 1);
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
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.group_id).collect();
    let of_groups: HashMap<i64, String> = ticket_group::Entity::find()
        .select_only()
        .columns([ticket_group::Column::Id, ticket_group::Column::Title])
        .filter(ticket_group::Column::Id.is_in(ids))
        .into_tuple::<(i64, String)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.risk_id).collect();
    let of_risks: HashMap<i64, String> = risk::Entity::find()
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
        let of_group = row.group_id.and_then(|id| of_groups.get(&id));
        let title = row.risk_id.and_then(|id| of_risks.get(&id)).or(of_group);
        ListedTicket {
            id: row.id,
            risk: subject::key(&row.subject),
            title: title.cloned().unwrap_or_default(),
            connection: site.map(|site| site.name.clone()).unwrap_or_default(),
            ticket: TicketView::new(row, site),
        }
    });
    Ok(Page::cut(items.collect(), limit, |item| item.id))
}
