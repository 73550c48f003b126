//! `/api/v1/connections`

use abate_entity::connection;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::check::{self, Finding};
use super::make::{self, NewConnection};
use super::store::{self, ConnectionChange};
use super::view::ConnectionView;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(create)
        .service(show)
        .service(change)
        .service(remove)
        .service(test)
        .service(pause)
        .service(resume);
}

/// The connections to JIRA.
#[utoipa::path(tag = "connections", responses((status = 200, body = Page<ConnectionView>)))]
#[get("/connections")]
async fn list(
    _caller: Require<Configure>,
    state: web::Data<AppState>,
) -> Result<web::Json<Page<ConnectionView>>, Problem> {
    Ok(web::Json(Page { items: all(&state).await?, next_cursor: None }))
}

/// Every connection that nobody has removed.
pub(super) async fn all(state: &AppState) -> Result<Vec<ConnectionView>, Problem> {
    let rows = connection::Entity::find()
        .filter(connection::Column::RemovedAt.is_null())
        .order_by_asc(connection::Column::Id)
        .all(state.database.reader())
        .await?;
    let mut items = Vec::new();
    for row in rows {
        items.push(ConnectionView::load(state, row).await?);
    }
    Ok(items)
}

/// Makes a connection; its secrets are sealed and never shown.
#[utoipa::path(
    tag = "connections",
    request_body = NewConnection,
    responses((status = 201, body = ConnectionView))
)]
#[post("/connections")]
async fn create(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    new: web::Json<NewConnection>,
) -> Result<HttpResponse, Problem> {
    let row = make::make(&state, &caller, new.into_inner()).await?;
    Ok(HttpResponse::Created().json(ConnectionView::load(&state, row).await?))
}

/// A connection.
#[utoipa::path(
    tag = "connections",
    params(("id" = i64, Path)),
    responses((status = 200, body = ConnectionView))
)]
#[get("/connections/{id}")]
async fn show(
    _caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<ConnectionView>, Problem> {
    let row = store::row(state.database.reader(), *id).await?;
    Ok(web::Json(ConnectionView::load(&state, row).await?))
}

/// Changes a connection, which is used again at once.
#[utoipa::path(
    tag = "connections",
    params(("id" = i64, Path)),
    request_body = ConnectionChange,
    responses((status = 200, body = ConnectionView), (status = 409, description = "It stands in the settings"))
)]
#[patch("/connections/{id}")]
async fn change(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    wish: web::Json<ConnectionChange>,
) -> Result<web::Json<ConnectionView>, Problem> {
    let row = store::change(&state, &caller, *id, wish.into_inner()).await?;
    Ok(web::Json(ConnectionView::load(&state, row).await?))
}

/// Ends a connection and forgets its secrets; its tickets keep their links.
#[utoipa::path(tag = "connections", params(("id" = i64, Path)), responses((status = 204)))]
#[delete("/connections/{id}")]
async fn remove(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    store::remove(&state, &caller, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a test of a connection found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TestAnswer {
    /// Whether everything is as it has to be.
    ok: bool,
    /// What was looked at.
    findings: Vec<Finding>,
}

/// Looks whether a connection works, by asking JIRA; the answer is kept with it.
#[utoipa::path(tag = "connections", params(("id" = i64, Path)), responses((status = 200, body = TestAnswer)))]
#[post("/connections/{id}/test")]
async fn test(
    _caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<TestAnswer>, Problem> {
    let findings = check::run(&state, *id).await?;
    Ok(web::Json(TestAnswer { ok: findings.iter().all(|finding| finding.ok), findings }))
}

/// Pauses a connection: nothing is sent or read until it is resumed.
#[utoipa::path(
    tag = "connections",
    params(("id" = i64, Path)),
    responses((status = 200, body = ConnectionView))
)]
#[post("/connections/{id}/pause")]
async fn pause(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<ConnectionView>, Problem> {
    let row = store::pause(&state, &caller, *id, true).await?;
    Ok(web::Json(ConnectionView::load(&state, row).await?))
}

/// Lets a paused connection go on. What may have been created meanwhile is looked for before it is created.
#[utoipa::path(
    tag = "connections",
    params(("id" = i64, Path)),
    responses((status = 200, body = ConnectionView))
)]
#[post("/connections/{id}/resume")]
async fn resume(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<ConnectionView>, Problem> {
    let row = store::pause(&state, &caller, *id, false).await?;
    Ok(web::Json(ConnectionView::load(&state, row).await?))
}
