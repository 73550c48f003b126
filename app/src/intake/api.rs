//! `/api/v1/imports`

use abate_entity::{asset, import};
use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::Serialize;
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::receive;
use super::stage::{self, Sender};
use super::view::ImportView;
use super::{apply, status, undo};
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::{ApproveImports, Import, SignedIn};
use crate::access::scope::Scope;
use crate::audit_log;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// Longest `Idempotency-Key`, in bytes.
const KEY_BYTES: usize = 200;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create).service(list).service(show).service(approve).service(take_back);
}

/// What is sent: the report as `file`, and what there is to say about it.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "describes the form; the parts are read as they come in")]
struct UploadBody {
    /// The report.
    #[schema(value_type = String, format = Binary)]
    file: String,
    /// auto, or the name of a format.
    format: Option<String>,
    /// Key of the asset; an unknown one becomes an unreviewed asset.
    asset: Option<String>,
    /// Who reports; the tool's name unless told.
    source: Option<String>,
    /// Over what; the target without tag or digest unless told.
    scope: Option<String>,
    /// apply, plan or backlog.
    mode: Option<String>,
    /// Whether the scan covered only a part of the scope.
    partial: Option<bool>,
    /// Name of the run; the same run twice is one import.
    run: Option<String>,
    branch: Option<String>,
    commit: Option<String>,
    digest: Option<String>,
    /// When the scan ran.
    scanned_at: Option<chrono::DateTime<chrono::Utc>>,
    /// What the columns and words of a table mean, as JSON: `{"columns": {"What": "title"}, "values": {}}`.
    mapping: Option<String>,
}

/// What a new import answers.
#[derive(Serialize, utoipa::ToSchema)]
struct Accepted {
    id: i64,
    status: String,
}

/// Takes a report in.
#[utoipa::path(tag = "imports", request_body(content = UploadBody, content_type = "multipart/form-data"),
    responses((status = 202, body = Accepted), (status = 422, description = "the file cannot be used; says line and column")))]
#[post("/imports")]
async fn create(
    caller: Require<Import>,
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: Multipart,
) -> Result<HttpResponse, Problem> {
    let idempotency_key = idempotency_key(&request)?;
    let upload = receive::multipart(payload, None).await?;
    let sender = Sender { via: caller.via, actor: Some(caller.into_actor()), idempotency_key };
    // Apart from the request: a report that arrived whole is staged to its end, also when the connection is lost now,
    // so that the same request again finds the import instead of half of one.
    let staged = actix_web::rt::spawn(async move { stage::stage(&state, &sender, upload).await });
    let import = staged.await.map_err(Problem::internal)??;
    Ok(HttpResponse::Accepted()
        .insert_header(("Location", format!("/api/v1/imports/{}", import.id)))
        .json(Accepted { id: import.id, status: import.status }))
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get("Idempotency-Key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= KEY_BYTES => Ok(Some(key.to_owned())),
        _ => Err(Problem::invalid("Idempotency-Key", format!("Use 1 to {KEY_BYTES} plain characters."))),
    }
}

/// The imports that you may see, newest first.
#[utoipa::path(tag = "imports", params(PageQuery), responses((status = 200, body = Page<ImportView>)))]
#[get("/imports")]
async fn list(
    caller: Require<SignedIn>,
    state: web::Data<AppState>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<ImportView>>, Problem> {
    let db = state.database.reader();
    let limit = page.limit()?;
    let mut query = visible(&caller).order_by_desc(import::Column::Id).limit(limit + 1);
    if let Some(after) = page.after::<i64>()? {
        query = query.filter(import::Column::Id.lt(after));
    }
    let rows = Page::cut(query.all(db).await?, limit, |import| import.id);
    let mut items = Vec::with_capacity(rows.items.len());
    for import in rows.items {
        items.push(ImportView::of(db, import).await?);
    }
    Ok(web::Json(Page { items, next_cursor: rows.next_cursor }))
}

/// What a caller may see: the imports of the teams in scope, and what the caller sent.
pub(super) fn visible(actor: &Actor) -> Select<import::Entity> {
    let query = import::Entity::find();
    let Scope::Teams(teams) = actor.scope() else {
        return query;
    };
    let assets = Query::select()
        .column(asset::Column::Id)
        .from(asset::Entity)
        .and_where(Expr::col(asset::Column::TeamId).is_in(teams))
        .to_owned();
    query.filter(import::Column::AssetId.in_subquery(assets).or(import::Column::ActorId.eq(actor.id)))
}

pub(crate) async fn find(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: i64,
) -> Result<import::Model, Problem> {
    let found = visible(actor).filter(import::Column::Id.eq(id)).one(db).await?;
    found.ok_or_else(|| Problem::not_found(format!("import {id}")))
}

/// An import.
#[utoipa::path(tag = "imports", params(("id" = i64, Path)), responses((status = 200, body = ImportView)))]
#[get("/imports/{id}")]
async fn show(
    caller: Require<SignedIn>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<ImportView>, Problem> {
    let db = state.database.reader();
    let import = find(db, &caller, *id).await?;
    Ok(web::Json(ImportView::of(db, import).await?))
}

/// Applies a plan, or agrees to an import that would close much.
#[utoipa::path(tag = "imports", params(("id" = i64, Path)), request_body(content = Option<Agreement>), responses((status = 202, body = ImportView)))]
#[post("/imports/{id}/apply")]
async fn approve(
    caller: Require<Import>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let agreement: Agreement = match body.is_empty() {
        true => Agreement::default(),
        false => serde_json::from_slice(&body).map_err(|error| {
            Problem::new(Kind::Malformed, format!("The body is not as expected: {error}"))
        })?,
    };
    let import = approve_as(&state, &caller, *id, agreement.backlog).await?;
    Ok(HttpResponse::Accepted().json(ImportView::of(state.database.reader(), import).await?))
}

/// What is agreed to.
#[derive(Debug, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Agreement {
    /// Whether the first import of a source is its backlog: clocks start today, tickets only on request.
    backlog: Option<bool>,
}

pub(super) async fn approve_as(
    state: &AppState,
    actor: &Actor,
    id: i64,
    backlog: Option<bool>,
) -> Result<import::Model, Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let import = find(tx, actor, id).await?;
            let team = team_of(tx, &import).await?;
            actor.require_in::<Import>(team)?;
            // A plan with questions asks them, too.
            if import.status == status::NEEDS_APPROVAL || import.problem.is_some() {
                actor.require_in::<ApproveImports>(team)?;
            }
            let import = apply::approve(state, tx, &import, backlog, now).await?;
            let data = json!({ "file": import.sha256, "status": import.status, "mode": import.mode });
            audit_log::add(tx, actor, "import.apply", &format!("import-{}", import.id), data, now).await?;
            Ok(import)
        })
        .await
}

/// Undoes an applied import.
#[utoipa::path(tag = "imports", params(("id" = i64, Path)), responses((status = 200, body = ImportView)))]
#[post("/imports/{id}/undo")]
async fn take_back(
    caller: Require<ApproveImports>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<ImportView>, Problem> {
    let import = undo_as(&state, &caller, *id).await?;
    Ok(web::Json(ImportView::of(state.database.reader(), import).await?))
}

pub(super) async fn undo_as(state: &AppState, actor: &Actor, id: i64) -> Result<import::Model, Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let import = find(tx, actor, id).await?;
            actor.require_in::<ApproveImports>(team_of(tx, &import).await?)?;
            undo::undo(tx, actor, import, now).await
        })
        .await
}

/// The team whose right counts; none for an import that is about no asset, where the right has to be held for all.
pub(crate) async fn team_of(db: &impl ConnectionTrait, import: &import::Model) -> Result<i64, Problem> {
    let Some(asset_id) = import.asset_id else { return Ok(0) };
    Ok(asset::Entity::find_by_id(asset_id).one(db).await?.map_or(0, |asset| asset.team_id))
}
