//! `/api/v1/connections/{id}/drift`: what differed between risks and their tickets, and whose value counted.

use abate_entity::connection;
use actix_web::{get, web};
use sea_orm::EntityTrait;
use utoipa_actix_web::service_config::ServiceConfig;

use super::finder::{self, DriftFilter, DriftView};
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoint.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list);
}

/// What differed between risks and their tickets, and whose value counted, newest first.
#[utoipa::path(
    tag = "tickets",
    params(("id" = i64, Path), DriftFilter, PageQuery),
    responses((status = 200, body = Page<DriftView>))
)]
#[get("/connections/{id}/drift")]
async fn list(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    filter: web::Query<DriftFilter>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<DriftView>>, Problem> {
    caller.require_in::<Configure>(finder::EVERY_TEAM)?;
    let db = state.database.reader();
    if connection::Entity::find_by_id(*id).one(db).await?.is_none() {
        return Err(Problem::not_found("connection with this number"));
    }
    Ok(web::Json(finder::page(db, Some(*id), &filter, &page).await?))
}
