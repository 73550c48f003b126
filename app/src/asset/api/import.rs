//! `POST /api/v1/assets/import`

use actix_multipart::Multipart;
use actix_web::{post, web};

use crate::access::require::Require;
use crate::access::right::KeepRegister;
use crate::asset::import::{self as imports, ImportReport, upload};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// What is sent: the table as `file`.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "describes the form; the parts are read as they come in")]
struct TableBody {
    /// CSV or XLSX.
    #[schema(value_type = String, format = Binary)]
    file: String,
    /// apply or plan.
    mode: Option<String>,
}

/// Takes the register in as a table, or says what that would change.
#[utoipa::path(tag = "assets", request_body(content = TableBody, content_type = "multipart/form-data"),
    responses((status = 200, body = ImportReport), (status = 422, description = "names every wrong row; nothing is written")))]
#[post("/assets/import")]
pub(super) async fn import(
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    payload: Multipart,
) -> Result<web::Json<ImportReport>, Problem> {
    let table = upload::multipart(payload, None).await?;
    Ok(web::Json(imports::take(&state, Some(&caller), caller.via, table).await?))
}
