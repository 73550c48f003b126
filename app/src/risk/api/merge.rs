//! `POST /api/v1/risks/{key}/merge` and `/split`

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;

use super::view::RiskDetail;
use crate::access::require::Require;
use crate::access::right::MergeRisks;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::risk::{finder, merge, split};
use crate::state::AppState;

/// The risk to join to.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MergeForm {
    /// Key of the risk that goes on.
    into: String,
    /// Why they are the same.
    #[serde(default)]
    reason: String,
}

/// Joins a risk to another: its findings move there, and it closes as a duplicate.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path)),
    request_body = MergeForm,
    responses((status = 200, body = RiskDetail), (status = 422, description = "The two cannot be one; says why"))
)]
#[post("/risks/{key}/merge")]
pub(super) async fn merge_risks(
    caller: Require<MergeRisks>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: web::Json<MergeForm>,
) -> Result<web::Json<RiskDetail>, Problem> {
    let now = state.clock.now();
    let into: RiskKey = form
        .into
        .parse()
        .map_err(|error: crate::risk::key::NotAKey| Problem::invalid("into", format!("{error}.")))?;
    let detail = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let from = finder::one(tx, &caller.scope(), *key).await?;
            let into = finder::one(tx, &caller.scope(), into).await.map_err(|_| {
                Problem::invalid("into", format!("There is no risk {into} that you may see."))
            })?;
            let risk = merge::merge(tx, &occasion, &caller, from, into, form.reason.trim()).await?;
            RiskDetail::read(tx, risk, now).await
        })
        .await?;
    Ok(web::Json(detail))
}

/// The findings to take out.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SplitForm {
    /// Numbers of findings of the risk.
    findings: Vec<i64>,
    /// Why they are another problem.
    #[serde(default)]
    reason: String,
}

/// Takes findings out of a risk into a new one; the next report leaves them there.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path)),
    request_body = SplitForm,
    responses((status = 201, body = RiskDetail), (status = 422, description = "Says which findings cannot be taken out"))
)]
#[post("/risks/{key}/split")]
pub(super) async fn split_risk(
    caller: Require<MergeRisks>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: web::Json<SplitForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let detail = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let from = finder::one(tx, &caller.scope(), *key).await?;
            let reason = form.reason.trim();
            let risk = split::split(tx, &state.ids, &occasion, &caller, from, &form.findings, reason).await?;
            RiskDetail::read(tx, risk, now).await
        })
        .await?;
    Ok(HttpResponse::Created().json(detail))
}
