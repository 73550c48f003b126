//! `/api/v1/tickets` and `/api/v1/risks/{key}/tickets`

use actix_web::{HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::ask;
use super::list::{self, ListedTicket, TicketFilter};
use super::view::TicketView;
use crate::access::require::Require;
use crate::access::right::{MoveRisks, See};
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::risk::finder as risks;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_all).service(of_risk).service(wish);
}

/// The tickets that you may see, newest first.
#[utoipa::path(
    tag = "tickets",
    params(TicketFilter, PageQuery),
    responses((status = 200, body = Page<ListedTicket>))
)]
#[get("/tickets")]
async fn list_all(
    caller: Require<See>,
    state: web::Data<AppState>,
    filter: web::Query<TicketFilter>,
    paging: web::Query<PageQuery>,
) -> Result<web::Json<Page<ListedTicket>>, Problem> {
    let page = list::page(state.database.reader(), &caller.scope(), &filter, &paging).await?;
    Ok(web::Json(page))
}

/// The tickets of a risk.
#[utoipa::path(tag = "tickets", params(("key" = String, Path)), responses((status = 200, body = Page<TicketView>)))]
#[get("/risks/{key}/tickets")]
async fn of_risk(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
) -> Result<web::Json<Page<TicketView>>, Problem> {
    let db = state.database.reader();
    let risk = risks::one(db, &caller.scope(), *key).await?;
    let items = TicketView::of_risk(db, risk.id).await?;
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// A wish for a ticket.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct TicketForm {
    /// Says that you have looked in JIRA, and a quarantined ticket may be looked for and created again.
    again: bool,
}

/// Asks for a ticket, whatever the rule says; it is created in the background.
#[utoipa::path(
    tag = "tickets",
    params(("key" = String, Path)),
    request_body = TicketForm,
    responses((status = 202, body = Page<TicketView>), (status = 409, description = "Quarantined, or no JIRA"))
)]
#[post("/risks/{key}/tickets")]
async fn wish(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: Option<web::Json<TicketForm>>,
) -> Result<HttpResponse, Problem> {
    let again = form.is_some_and(|form| form.again);
    let risk_id = ask::ask(&state, &caller, *key, again).await?;
    let items = TicketView::of_risk(state.database.reader(), risk_id).await?;
    Ok(HttpResponse::Accepted().json(Page { items, next_cursor: None }))
}
