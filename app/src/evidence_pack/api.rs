//! `/api/v1/evidence-packs`: what auditors ask for, in one file.

use abate_entity::{evidence_pack, team};
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

use super::ask;
use super::make::Order;
use super::period_rules::Days;
use crate::access::require::Require;
use crate::access::right::ExportEvidence;
use crate::file::download::attachment;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(show).service(download);
}

/// A pack of evidence.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PackView {
    id: i64,
    /// The first day.
    from: NaiveDate,
    /// The last day.
    to: NaiveDate,
    /// The day that the register is shown of, unless it is the last one.
    as_of: Option<NaiveDate>,
    /// Key of the team that it is about; none for all.
    team: Option<String>,
    with_files: bool,
    /// wanted, made or failed.
    state: String,
    /// Why it could not be made.
    problem: String,
    /// Digest of its bytes.
    sha256: String,
    size: i64,
    /// What is in it, once it is made.
    #[schema(value_type = Object)]
    manifest: Value,
    created_at: DateTime<Utc>,
    made_at: Option<DateTime<Utc>>,
}

impl PackView {
    async fn of(db: &impl ConnectionTrait, pack: evidence_pack::Model) -> Result<Self, Problem> {
        let team = match pack.team_id {
            Some(id) => team::Entity::find_by_id(id).one(db).await?.map(|team| team.key),
            None => None,
        };
        Ok(Self {
            id: pack.id,
            from: pack.from_on,
            to: pack.to_on,
            as_of: pack.as_of_on,
            team,
            with_files: pack.with_files,
            state: pack.state,
            problem: pack.problem,
            sha256: pack.sha256,
            size: pack.size,
            manifest: pack.manifest,
            created_at: pack.created_at,
            made_at: pack.made_at,
        })
    }
}

/// The packs that you may have, newest first.
#[utoipa::path(tag = "evidence packs", params(PageQuery), responses((status = 200, body = Page<PackView>)))]
#[get("/evidence-packs")]
async fn list(
    caller: Require<ExportEvidence>,
    state: web::Data<AppState>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<PackView>>, Problem> {
    let db = state.database.reader();
    let limit = page.limit()?;
    let scope = caller.scope_of::<ExportEvidence>();
    let rows = ask::list(db, &scope, page.after::<i64>()?, limit + 1).await?;
    let page = Page::cut(rows, limit, |pack| pack.id);
    let mut items = Vec::with_capacity(page.items.len());
    for pack in page.items {
        items.push(PackView::of(db, pack).await?);
    }
    Ok(web::Json(Page { items, next_cursor: page.next_cursor }))
}

/// What a pack is to have in it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPack {
    /// The first day, in the organisation's zone.
    from: NaiveDate,
    /// The last day.
    to: NaiveDate,
    /// The day at whose end the register is shown; the last day unless told.
    as_of: Option<NaiveDate>,
    /// Key of the team that it is about; all teams unless told. A team's pack is without the audit log.
    team: Option<String>,
    /// Puts the files of evidence inside.
    #[serde(default)]
    with_files: bool,
}

/// Asks for a pack. It is made in the background; the same days give the same bytes.
#[utoipa::path(
    tag = "evidence packs",
    request_body = NewPack,
    responses((status = 202, body = PackView), (status = 422, description = "Days that are out of order"))
)]
#[post("/evidence-packs")]
async fn create(
    caller: Require<ExportEvidence>,
    state: web::Data<AppState>,
    new: web::Json<NewPack>,
) -> Result<HttpResponse, Problem> {
    let new = new.into_inner();
    let db = state.database.reader();
    let team = match new.team.as_deref().filter(|key| !key.is_empty()) {
        Some(key) => Some(crate::access::team::by_key(db, "team", key).await?.id),
        None => None,
    };
    let days = Days { from: new.from, to: new.to, as_of: new.as_of };
    let pack = ask::ask(&state, &caller, Order { days, team, with_files: new.with_files }).await?;
    Ok(HttpResponse::Accepted().json(PackView::of(db, pack).await?))
}

/// A pack, and what is in it.
#[utoipa::path(tag = "evidence packs", params(("id" = i64, Path)), responses((status = 200, body = PackView)))]
#[get("/evidence-packs/{id}")]
async fn show(
    caller: Require<ExportEvidence>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<PackView>, Problem> {
    let db = state.database.reader();
    let pack = ask::one(db, &caller.scope_of::<ExportEvidence>(), *id).await?;
    Ok(web::Json(PackView::of(db, pack).await?))
}

/// The file of a pack. Each download is in the audit log.
#[utoipa::path(
    tag = "evidence packs",
    params(("id" = i64, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 409, description = "It is not made yet"))
)]
#[get("/evidence-packs/{id}/file")]
async fn download(
    caller: Require<ExportEvidence>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let pack = ask::one(state.database.reader(), &caller.scope_of::<ExportEvidence>(), *id).await?;
    let file = ask::take(&state, &caller, &pack).await?;
    Ok(attachment(&state, file))
}
