//! `GET` and `PUT /api/v1/data-classes`

use std::collections::BTreeMap;

use actix_web::{get, put, web};
use serde::Deserialize;

use crate::access::require::Require;
use crate::access::right::{KeepRegister, See};
use crate::asset::data_class::{self, DataClassTable};
use crate::platform::problem::Problem;
use crate::policy::recompute;
use crate::state::AppState;

/// Which policy for due dates each class of data asks for.
#[utoipa::path(tag = "assets", responses((status = 200, body = DataClassTable)))]
#[get("/data-classes")]
pub(super) async fn show(
    _caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<web::Json<DataClassTable>, Problem> {
    Ok(web::Json(data_class::load(state.database.reader()).await?))
}

/// The table as it is to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TableForm {
    /// The version that was seen.
    version: Option<i32>,
    /// The policy that each class asks for.
    profiles: BTreeMap<String, String>,
}

/// Makes a new version of the table.
#[utoipa::path(tag = "assets", request_body = TableForm, responses((status = 200, body = DataClassTable)))]
#[put("/data-classes")]
pub(super) async fn replace(
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    form: web::Json<TableForm>,
) -> Result<web::Json<DataClassTable>, Problem> {
    // The table holds for everybody, so a right in one team is not enough.
    caller.require_in::<KeepRegister>(0)?;
    let now = state.clock.now();
    let table = state
        .database
        .write(async |tx| {
            let table = data_class::replace(tx, &caller, form.version, form.profiles.clone(), now).await?;
            recompute::want(tx, recompute::ALL, now).await?;
            Ok(table)
        })
        .await?;
    Ok(web::Json(table))
}
