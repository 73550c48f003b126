//! `/api/v1/sources`, and the kept file of an import

use abate_entity::source;
use actix_web::{HttpResponse, get, patch, web};
use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::source::{self as sources, SourceEdit};
use super::{api, kept_file, silent_rules};
use crate::access::require::Require;
use crate::access::right::{KeepSources, ReadKeptFiles};
use crate::audit_log;
use crate::file::download;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// A source reports on assets of any team, so the right has to be held in all of them.
const EVERY_TEAM: i64 = 0;
/// Scopes that are named beside a source.
const MOST_SCOPES: u64 = 100;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(change).service(file);
}

/// Who reports.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SourceView {
    name: String,
    /// The format of its reports.
    format: String,
    /// Whether its files are kept, encrypted.
    keep_files: bool,
    /// After how many days without a full scan it counts as silent.
    silent_after_days: i64,
    /// When its newest full scan ran.
    last_full_scan: Option<DateTime<Utc>>,
    /// What it reports over; the first hundred.
    scopes: Vec<String>,
}

impl SourceView {
    async fn of(db: &impl ConnectionTrait, row: source::Model) -> Result<Self, Problem> {
        Ok(Self {
            last_full_scan: sources::last_full_scan(db, row.id).await?,
            scopes: sources::scopes(db, row.id, MOST_SCOPES).await?,
            silent_after_days: silent_rules::days(row.silent_after_days),
            name: row.name,
            format: row.format,
            keep_files: row.keep_files,
        })
    }
}

/// The sources that have reported, by name.
#[utoipa::path(tag = "imports", params(PageQuery), responses((status = 200, body = Page<SourceView>)))]
#[get("/sources")]
async fn list(
    caller: Require<KeepSources>,
    state: web::Data<AppState>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<SourceView>>, Problem> {
    caller.require_in::<KeepSources>(EVERY_TEAM)?;
    let db = state.database.reader();
    let limit = page.limit()?;
    let rows = sources::list(db, page.after::<String>()?, limit + 1).await?;
    let rows = Page::cut(rows, limit, |source| source.name.clone());
    let mut items = Vec::with_capacity(rows.items.len());
    for row in rows.items {
        items.push(SourceView::of(db, row).await?);
    }
    Ok(web::Json(Page { items, next_cursor: rows.next_cursor }))
}

/// What to change; what is left out stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct SourceForm {
    /// Whether its files are kept, encrypted, for administrators to download.
    keep_files: Option<bool>,
    /// After how many days without a full scan it counts as silent; null for the usual number.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i32>)]
    silent_after_days: Option<Option<i32>>,
}

/// Tells a field that is null from one that was left out.
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<i32>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// Changes what was agreed with a source.
#[utoipa::path(tag = "imports", params(("name" = String, Path)), request_body = SourceForm, responses((status = 200, body = SourceView)))]
#[patch("/sources/{name}")]
async fn change(
    caller: Require<KeepSources>,
    state: web::Data<AppState>,
    name: web::Path<String>,
    form: web::Json<SourceForm>,
) -> Result<web::Json<SourceView>, Problem> {
    caller.require_in::<KeepSources>(EVERY_TEAM)?;
    let now = state.clock.now();
    let edit = SourceEdit { keep_files: form.keep_files, silent_after_days: form.silent_after_days };
    let view = state
        .database
        .write(async |tx| {
            let source = sources::by_name(tx, &name).await?;
            let source = sources::change(tx, &caller, source, &edit, now).await?;
            SourceView::of(tx, source).await
        })
        .await?;
    Ok(web::Json(view))
}

/// The file of an import, where its source's files are kept. Each download is in the audit log.
#[utoipa::path(
    tag = "imports",
    params(("id" = i64, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 404, description = "No file was kept"))
)]
#[get("/imports/{id}/file")]
async fn file(
    caller: Require<ReadKeptFiles>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let import = api::find(db, &caller, *id).await?;
    let file = kept_file::of(db, &import).await?;
    let now = state.clock.now();
    let data = json!({ "file": import.sha256, "name": file.name });
    let subject = format!("import-{}", import.id);
    state
        .database
        .write(async |tx| audit_log::add(tx, &caller, "import.download", &subject, data.clone(), now).await)
        .await?;
    Ok(download::attachment(&state, file))
}
