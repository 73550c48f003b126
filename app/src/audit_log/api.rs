//! `/api/v1/audit-log`: what was done, and the whole chain as a file that anybody can verify.

use actix_web::http::header::{CONTENT_DISPOSITION, ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpResponse, get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::export::{self, Export};
use super::finder::{self, EntryView, LogFilter};
use crate::access::require::Require;
use crate::access::right::ReadAuditLog;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// The log is one for all teams, so that the right to read it has to be held in all of them.
pub(crate) const EVERY_TEAM: i64 = 0;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(download);
}

/// The entries, newest first.
#[utoipa::path(tag = "audit log", params(LogFilter, PageQuery), responses((status = 200, body = Page<EntryView>)))]
#[get("/audit-log")]
async fn list(
    caller: Require<ReadAuditLog>,
    state: web::Data<AppState>,
    filter: web::Query<LogFilter>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<EntryView>>, Problem> {
    caller.require_in::<ReadAuditLog>(EVERY_TEAM)?;
    let zone = state.config.organisation.zone;
    Ok(web::Json(finder::page(state.database.reader(), zone, &filter, &page).await?))
}

/// Which part of the log is written.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
struct Days {
    /// The first day, in the organisation's zone; the beginning of the log unless told.
    from: Option<NaiveDate>,
    /// The last day, in the organisation's zone; today unless told.
    to: Option<NaiveDate>,
}

/// Entries with their seals and the signed checkpoints, one JSON object a line, for `abate verify-log --file`. Each
/// export is in the audit log.
#[utoipa::path(tag = "audit log", params(Days), responses((status = 200, content_type = "application/jsonl", body = String)))]
#[get("/audit-log/export")]
async fn download(
    caller: Require<ReadAuditLog>,
    state: web::Data<AppState>,
    days: web::Query<Days>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<ReadAuditLog>(EVERY_TEAM)?;
    let export = Export::begin(state.get_ref(), Some(&caller), days.from, days.to).await?;
    let name = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename("abate-audit-log.jsonl".to_owned())],
    };
    Ok(HttpResponse::Ok()
        .content_type("application/jsonl")
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(export::stream(export)))
}
