//! `/api/v1/vulnerabilities/{cve}/ssvc`

use abate_entity::ssvc_assessment;
use abate_integrations::feed::cve_id;
use actix_web::{get, put, web};
use sea_orm::EntityTrait;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::ssvc::{self, NewAnswers, SsvcView};
use crate::access::require::Require;
use crate::access::right::{AssessVulnerabilities, See};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show).service(answer);
}

/// The answers about a vulnerability as they shall be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswersForm {
    /// none, poc or active.
    exploitation: String,
    /// Whether an attack can be automated.
    automatable: bool,
    /// Whether an attack takes over everything.
    total_impact: bool,
    /// Why.
    #[serde(default)]
    reason: String,
}

/// What is answered to the questions of SSVC about a vulnerability.
#[utoipa::path(tag = "feeds", params(("cve" = String, Path)), responses((status = 200, body = SsvcView)))]
#[get("/vulnerabilities/{cve}/ssvc")]
async fn show(
    _caller: Require<See>,
    state: web::Data<AppState>,
    cve: web::Path<String>,
) -> Result<web::Json<SsvcView>, Problem> {
    let cve = known(&cve)?;
    let row = ssvc_assessment::Entity::find_by_id(cve.clone()).one(state.database.reader()).await?;
    let row = row.ok_or_else(|| Problem::not_found(format!("answer about {cve}")))?;
    Ok(web::Json(row.into()))
}

/// Answers the questions of SSVC about a vulnerability; a record that is loaded later does not change it.
#[utoipa::path(tag = "feeds", params(("cve" = String, Path)), request_body = AnswersForm,
    responses((status = 200, body = SsvcView)))]
#[put("/vulnerabilities/{cve}/ssvc")]
async fn answer(
    caller: Require<AssessVulnerabilities>,
    state: web::Data<AppState>,
    cve: web::Path<String>,
    form: web::Json<AnswersForm>,
) -> Result<web::Json<SsvcView>, Problem> {
    let (cve, now) = (known(&cve)?, state.clock.now());
    let AnswersForm { exploitation, automatable, total_impact, reason } = form.into_inner();
    let new = NewAnswers { exploitation, automatable, total_impact, reason };
    let row = state.database.write(async |tx| ssvc::answer(tx, &caller, &cve, &new, now).await).await?;
    Ok(web::Json(row.into()))
}

fn known(cve: &str) -> Result<String, Problem> {
    cve_id(cve).ok_or_else(|| Problem::invalid("cve", "Give a CVE id, as CVE-2024-3094."))
}
