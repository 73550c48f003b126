//! `GET /api/v1/incidents`, `/incidents/{key}` and `/incidents/{key}/export`

use actix_web::http::header::{CONTENT_DISPOSITION, ETAG};
use actix_web::{HttpResponse, get, web};
use serde::Deserialize;
use serde_json::json;

use super::view::{IncidentDetail, IncidentView};
use crate::access::require::Require;
use crate::access::right::See;
use crate::audit_log;
use crate::incident::export;
use crate::incident::finder::{self, IncidentFilter};
use crate::incident::key::IncidentKey;
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// The incidents that the caller may see, the newest first.
#[utoipa::path(tag = "incidents", params(IncidentFilter), responses((status = 200, body = Page<IncidentView>)))]
#[get("/incidents")]
pub(super) async fn list(
    caller: Require<See>,
    state: web::Data<AppState>,
    filter: web::Query<IncidentFilter>,
) -> Result<web::Json<Page<IncidentView>>, Problem> {
    let db = state.database.reader();
    let Page { items, next_cursor } = finder::page(db, &finder::scope(&caller), &filter).await?;
    Ok(web::Json(Page { items: IncidentView::of(db, items).await?, next_cursor }))
}

/// An incident with all that is known of it.
#[utoipa::path(tag = "incidents", params(("key" = String, Path)), responses((status = 200, body = IncidentDetail)))]
#[get("/incidents/{key}")]
pub(super) async fn show(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<IncidentKey>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let incident = finder::one(db, &finder::scope(&caller), *key).await?;
    let tag = format!("\"{}\"", incident.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(IncidentDetail::of(db, incident).await?))
}

/// How the report is wanted.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub(super) struct ExportQuery {
    /// json, which it is unless told, or markdown.
    format: Option<String>,
}

/// The incident as a report. The same incident gives the same bytes; each export is in the audit log.
#[utoipa::path(
    tag = "incidents",
    params(("key" = String, Path), ExportQuery),
    responses((status = 200, body = IncidentDetail))
)]
#[get("/incidents/{key}/export")]
pub(super) async fn export_incident(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<IncidentKey>,
    query: web::Query<ExportQuery>,
) -> Result<HttpResponse, Problem> {
    let (ending, kind) = match query.format.as_deref() {
        None | Some("" | "json") => ("json", "application/json"),
        Some("markdown" | "md") => ("md", "text/markdown; charset=utf-8"),
        Some(_) => return Err(Problem::invalid("format", "Use json or markdown.")),
    };
    let db = state.database.reader();
    let incident = finder::one(db, &finder::scope(&caller), *key).await?;
    let detail = IncidentDetail::of(db, incident).await?;
    let report = if ending == "md" {
        export::markdown(&detail)
    } else {
        serde_json::to_string_pretty(&detail).map_err(Problem::internal)?
    };
    let now = state.clock.now();
    let data = json!({ "format": ending, "version": detail.incident.version });
    state
        .database
        .write(async |tx| {
            audit_log::add(tx, &caller, "incident.export", &key.to_string(), data.clone(), now).await
        })
        .await?;
    let name = format!("attachment; filename=\"{}.{ending}\"", *key);
    Ok(HttpResponse::Ok().content_type(kind).insert_header((CONTENT_DISPOSITION, name)).body(report))
}
