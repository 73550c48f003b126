//! `/api/v1/connections/{id}/mapping`

use actix_web::{get, post, put, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::metadata::{self, FieldView};
use super::model::Mapping;
use super::store::{self, NewVersion};
use super::try_out::{self, Trial};
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::state::AppState;
use crate::ticket::connection::row;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show).service(change).service(fields).service(try_it);
}

/// The mapping in force.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct MappingView {
    /// Its version; 0 where nobody has made one.
    pub(super) version: i32,
    /// What of a risk goes into which field.
    #[schema(value_type = Object)]
    pub(super) mapping: Mapping,
    /// Why this version was made.
    pub(super) note: String,
    /// When this version was made.
    pub(super) created_at: Option<DateTime<Utc>>,
}

/// A mapping to be put in force.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMapping {
    /// The version that it was made from; the one in force unless told.
    #[serde(default)]
    pub(super) base: Option<i32>,
    /// What of a risk goes into which field.
    #[schema(value_type = Object)]
    pub(super) mapping: Mapping,
    /// Why.
    #[serde(default)]
    pub(super) note: String,
}

/// What to try.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// The key of a risk.
    #[schema(value_type = String)]
    risk: RiskKey,
    /// The mapping to try; the one in force where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    mapping: Option<Mapping>,
}

/// What of a risk goes into which field of its ticket at a connection.
#[utoipa::path(tag = "connections", params(("id" = i64, Path)), responses((status = 200, body = MappingView)))]
#[get("/connections/{id}/mapping")]
async fn show(
    _caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<MappingView>, Problem> {
    Ok(web::Json(view(&state, *id).await?))
}

/// The mapping in force.
pub(super) async fn view(state: &AppState, id: i64) -> Result<MappingView, Problem> {
    let db = state.database.reader();
    row(db, id).await?;
    let newest = store::newest(db, id).await?;
    Ok(MappingView {
        mapping: store::read(newest.as_ref())?,
        version: newest.as_ref().map_or(0, |row| row.version),
        created_at: newest.as_ref().map(|row| row.created_at),
        note: newest.map(|row| row.note).unwrap_or_default(),
    })
}

/// Makes a new version of the mapping, which is in force at once.
#[utoipa::path(
    tag = "connections",
    params(("id" = i64, Path)),
    request_body = NewMapping,
    responses((status = 200, body = MappingView), (status = 412, description = "somebody else made a version meanwhile"))
)]
#[put("/connections/{id}/mapping")]
async fn change(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    new: web::Json<NewMapping>,
) -> Result<web::Json<MappingView>, Problem> {
    make(&state, &caller, *id, new.into_inner()).await?;
    Ok(web::Json(view(&state, *id).await?))
}

/// Makes a new version.
pub(super) async fn make(state: &AppState, actor: &Actor, id: i64, new: NewMapping) -> Result<(), Problem> {
    let now = state.clock.now();
    let version = NewVersion { base: new.base, mapping: new.mapping, note: new.note };
    state
        .database
        .write(async |tx| {
            let connection = row(tx, id).await?;
            store::add(tx, actor, &connection, version.clone(), now).await.map(drop)
        })
        .await
}

/// The fields that the project takes for a new issue, as JIRA says now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct FieldsAnswer {
    /// The fields.
    items: Vec<FieldView>,
}

/// Asks JIRA for the fields of the create screen: what kind each is, whether it is required, and what it offers.
#[utoipa::path(tag = "connections", params(("id" = i64, Path)), responses((status = 200, body = FieldsAnswer)))]
#[get("/connections/{id}/mapping/fields")]
async fn fields(
    _caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<FieldsAnswer>, Problem> {
    let active = metadata::active(&state, *id).await?;
    let screen = metadata::screen(&state, &active).await?;
    Ok(web::Json(FieldsAnswer { items: metadata::fields(&screen) }))
}

/// Shows what would be sent to JIRA for a risk, and what would be left out; nothing is written there.
#[utoipa::path(
    tag = "connections",
    params(("id" = i64, Path)),
    request_body = Wish,
    responses((status = 200, body = Trial))
)]
#[post("/connections/{id}/mapping/try")]
async fn try_it(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    wish: web::Json<Wish>,
) -> Result<web::Json<Trial>, Problem> {
    let wish = wish.into_inner();
    let scope = caller.scope();
    Ok(web::Json(try_out::run(&state, &scope, *id, wish.risk, wish.mapping).await?))
}
