//! `/api/v1/groups`

use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::change::{self, GroupForm};
use super::finder;
use super::list::{self, GroupFilter};
use super::model::{GroupKey, GroupState};
use super::suggest::{self, SuggestionView};
use super::view::{GroupDetail, GroupView};
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::{MoveRisks, See};
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_groups)
        .service(make_group)
        .service(group_suggestions)
        .service(show_group)
        .service(edit_group)
        .service(add_members)
        .service(remove_member);
}

/// The groups of risks that share a ticket, newest first.
#[utoipa::path(tag = "tickets", params(GroupFilter, PageQuery), responses((status = 200, body = Page<GroupView>)))]
#[get("/groups")]
async fn list_groups(
    caller: Require<See>,
    state: web::Data<AppState>,
    filter: web::Query<GroupFilter>,
    paging: web::Query<PageQuery>,
) -> Result<web::Json<Page<GroupView>>, Problem> {
    Ok(web::Json(list::page(state.database.reader(), &caller.scope(), &filter, &paging).await?))
}

/// Makes a group: of the risks that you name, or of all confirmed ones on an asset that have a library or a rule in common.
#[utoipa::path(
    tag = "tickets",
    request_body = GroupForm,
    responses((status = 201, body = GroupDetail), (status = 409, description = "There is one for these already"))
)]
#[post("/groups")]
async fn make_group(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    form: web::Json<GroupForm>,
) -> Result<HttpResponse, Problem> {
    let id = change::make(&state, &caller, &form).await?;
    Ok(HttpResponse::Created().json(detail(&state, &caller, GroupKey(id)).await?))
}

/// The groups that could be made, the largest first.
#[utoipa::path(tag = "tickets", responses((status = 200, body = Page<SuggestionView>)))]
#[get("/groups/suggestions")]
async fn group_suggestions(
    caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<web::Json<Page<SuggestionView>>, Problem> {
    let items = suggest::suggestions(state.database.reader(), &caller.scope()).await?;
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// A group, its risks and its ticket.
#[utoipa::path(tag = "tickets", params(("key" = String, Path)), responses((status = 200, body = GroupDetail)))]
#[get("/groups/{key}")]
async fn show_group(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<GroupKey>,
) -> Result<web::Json<GroupDetail>, Problem> {
    Ok(web::Json(detail(&state, &caller, *key).await?))
}

/// What changes of a group.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct GroupEdit {
    /// One line.
    title: Option<String>,
    /// closed lets its risks go and closes its ticket; nothing opens it again.
    state: Option<String>,
}

/// Gives a group another title, or closes it.
#[utoipa::path(
    tag = "tickets",
    params(("key" = String, Path)),
    request_body = GroupEdit,
    responses((status = 200, body = GroupDetail), (status = 409, description = "It is closed"))
)]
#[patch("/groups/{key}")]
async fn edit_group(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<GroupKey>,
    edit: web::Json<GroupEdit>,
) -> Result<web::Json<GroupDetail>, Problem> {
    let close = match edit.state.as_deref() {
        None => false,
        Some(state) if state == GroupState::Closed.as_str() => true,
        Some(_) => return Err(Problem::invalid("state", "A group can be closed only.")),
    };
    change::edit(&state, &caller, *key, edit.title.as_deref(), close).await?;
    Ok(web::Json(detail(&state, &caller, *key).await?))
}

/// Risks to be put into a group.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct MembersForm {
    /// Their keys.
    risks: Vec<String>,
}

/// Puts risks into a group; those of another one leave that first.
#[utoipa::path(
    tag = "tickets",
    params(("key" = String, Path)),
    request_body = MembersForm,
    responses((status = 200, body = GroupDetail), (status = 409, description = "It is closed"))
)]
#[post("/groups/{key}/members")]
async fn add_members(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<GroupKey>,
    form: web::Json<MembersForm>,
) -> Result<web::Json<GroupDetail>, Problem> {
    change::add(&state, &caller, *key, &form.risks).await?;
    Ok(web::Json(detail(&state, &caller, *key).await?))
}

/// Takes a risk out of a group; its own ticket is used again.
#[utoipa::path(
    tag = "tickets",
    params(("key" = String, Path), ("risk" = String, Path)),
    responses((status = 204), (status = 404, description = "It is not in there"))
)]
#[delete("/groups/{key}/members/{risk}")]
async fn remove_member(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    path: web::Path<(GroupKey, RiskKey)>,
) -> Result<HttpResponse, Problem> {
    let (key, risk) = path.into_inner();
    change::remove(&state, &caller, key, risk).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn detail(state: &AppState, caller: &Actor, key: GroupKey) -> Result<GroupDetail, Problem> {
    let db = state.database.reader();
    let group = finder::one(db, &caller.scope(), key).await?;
    GroupDetail::read(db, group).await
}
