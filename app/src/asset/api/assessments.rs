//! `GET` and `POST /api/v1/assets/{key}/assessments`

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::Deserialize;

use super::view::AssessmentView;
use crate::access::require::Require;
use crate::access::right::{KeepRegister, See};
use crate::asset::assessment::{self, NewAssessment};
use crate::asset::finder;
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// The judgements on an asset before controls, the one that counts first.
#[utoipa::path(tag = "assets", params(("key" = String, Path)), responses((status = 200, body = Page<AssessmentView>)))]
#[get("/assets/{key}/assessments")]
pub(super) async fn list(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<String>,
) -> Result<web::Json<Page<AssessmentView>>, Problem> {
    let db = state.database.reader();
    let asset = finder::one(db, &caller.scope(), &key).await?;
    let rows = assessment::of_asset(db, asset.id).await?;
    Ok(web::Json(Page { items: AssessmentView::of_all(db, rows).await?, next_cursor: None }))
}

/// A judgement of how bad it could be before controls.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AssessmentForm {
    /// 1 to 5.
    likelihood: u8,
    /// 1 to 5.
    impact: u8,
    rationale: String,
    /// Name of whoever judged; yours unless told.
    assessor: Option<String>,
    /// The day of the judgement; today unless told.
    assessed_on: Option<NaiveDate>,
}

/// Writes a judgement down; the level is read from the grid in force.
#[utoipa::path(tag = "assets", params(("key" = String, Path)), request_body = AssessmentForm,
    responses((status = 201, body = AssessmentView)))]
#[post("/assets/{key}/assessments")]
pub(super) async fn add(
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: web::Json<AssessmentForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let new = NewAssessment {
        likelihood: form.likelihood,
        impact: form.impact,
        rationale: form.rationale.clone(),
        assessor: form.assessor.clone(),
        assessed_on: form.assessed_on,
    };
    let view = state
        .database
        .write(async |tx| {
            let asset = finder::one(tx, &caller.scope(), &key).await?;
            let row = assessment::add(tx, &caller, &asset, new.clone(), now).await?;
            Ok(AssessmentView::of_all(tx, vec![row]).await?.pop())
        })
        .await?;
    Ok(HttpResponse::Created().json(view))
}
