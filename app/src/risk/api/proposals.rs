//! `/api/v1/risks/{key}/merge-proposals`

use actix_web::{HttpResponse, delete, get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::access::require::Require;
use crate::access::right::{MergeRisks, See};
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::risk::{alias, finder};
use crate::state::AppState;

/// Another risk that may be the same one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ProposalView {
    id: i64,
    /// Key of the other risk.
    with: String,
    title: String,
    /// Why they may be one.
    because: String,
    created_at: DateTime<Utc>,
}

/// The risks that may be the same as this one, because a later report knows another name; join them or decline.
#[utoipa::path(tag = "risks", params(("key" = String, Path)), responses((status = 200, body = Page<ProposalView>)))]
#[get("/risks/{key}/merge-proposals")]
pub(super) async fn proposals(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
) -> Result<web::Json<Page<ProposalView>>, Problem> {
    let db = state.database.reader();
    let scope = caller.scope();
    let risk = finder::one(db, &scope, *key).await?;
    let items = alias::of(db, &scope, risk.id).await?;
    let items = items
        .into_iter()
        .map(|(row, other)| ProposalView {
            id: row.id,
            with: RiskKey(other.id).to_string(),
            title: other.title,
            because: row.because,
            created_at: row.created_at,
        })
        .collect();
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// Says that the two are not one; it is not proposed again.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path), ("id" = i64, Path)),
    responses((status = 204, description = "Declined"))
)]
#[delete("/risks/{key}/merge-proposals/{id}")]
pub(super) async fn decline(
    caller: Require<MergeRisks>,
    state: web::Data<AppState>,
    path: web::Path<(RiskKey, i64)>,
) -> Result<HttpResponse, Problem> {
    let (key, id) = path.into_inner();
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let risk = finder::one(tx, &caller.scope(), key).await?;
            alias::decline(tx, &caller, &risk, id, now).await
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
