//! `GET` and `PUT /api/v1/assets/{key}/matchers`

use actix_web::{get, put, web};
use serde::{Deserialize, Serialize};

use super::view::MatcherView;
use crate::access::require::Require;
use crate::access::right::{KeepRegister, See};
use crate::asset::{edit, finder, matcher};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// What finds an asset in reports.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Matchers {
    matchers: Vec<MatcherView>,
}

/// What finds an asset in reports.
#[utoipa::path(tag = "assets", params(("key" = String, Path)), responses((status = 200, body = Matchers)))]
#[get("/assets/{key}/matchers")]
pub(super) async fn list(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<String>,
) -> Result<web::Json<Matchers>, Problem> {
    let db = state.database.reader();
    let asset = finder::one(db, &caller.scope(), &key).await?;
    Ok(web::Json(Matchers { matchers: MatcherView::of_asset(db, asset.id).await? }))
}

/// Makes these the matchers of an asset, and no others. What has been found before stays where it is.
#[utoipa::path(tag = "assets", params(("key" = String, Path)), request_body = Matchers,
    responses((status = 200, body = Matchers), (status = 409, description = "another asset has one of them")))]
#[put("/assets/{key}/matchers")]
pub(super) async fn replace(
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: web::Json<Matchers>,
) -> Result<web::Json<Matchers>, Problem> {
    let now = state.clock.now();
    let wanted = matcher::read(form.matchers.iter().map(|row| (row.kind.as_str(), row.pattern.as_str())))?;
    let matchers = state
        .database
        .write(async |tx| {
            let asset = finder::one(tx, &caller.scope(), &key).await?;
            edit::set_matchers(tx, &caller, &asset, &wanted, now).await?;
            MatcherView::of_asset(tx, asset.id).await
        })
        .await?;
    Ok(web::Json(Matchers { matchers }))
}
