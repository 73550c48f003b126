//! `/api/v1/sla-policies`

use actix_web::{HttpResponse, get, post, web};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Looking, Making, Publishing};
use crate::access::require::Require;
use crate::access::right::{KeepPolicies, See};
use crate::platform::paging::Page;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::policy::policy_form::PolicyForm;
use crate::policy::preview::{self, Preview};
use crate::policy::proposal::{self, Proposal};
use crate::policy::version::Version;
use crate::state::AppState;

/// Registers the endpoints.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(look).service(make).service(publish);
}

/// A policy in force.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PolicyView {
    /// What it is asked for by.
    name: String,
    /// Which version of it is in force.
    version: i32,
    /// What it says.
    data: PolicyForm,
}

/// The policies for due dates, by name, each in the version that is in force.
#[utoipa::path(tag = "due dates", responses((status = 200, body = Page<PolicyView>)))]
#[get("/sla-policies")]
async fn list(
    _caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<web::Json<Page<PolicyView>>, Problem> {
    let policies = Policies::load(state.database.reader()).await?;
    let view = |version: &Version<_>| PolicyView {
        name: version.name.clone(),
        version: version.number,
        data: PolicyForm::from(&version.data),
    };
    Ok(web::Json(Page {
        items: policies.sla().in_force().into_iter().map(view).collect(),
        next_cursor: None,
    }))
}

/// What would become of the open risks. Nothing is changed.
#[utoipa::path(tag = "due dates", request_body = Looking<PolicyForm>, responses((status = 200, body = Preview)))]
#[post("/sla-policies/preview")]
async fn look(
    caller: Require<KeepPolicies>,
    state: web::Data<AppState>,
    form: web::Json<Looking<PolicyForm>>,
) -> Result<web::Json<Preview>, Problem> {
    caller.require_in::<KeepPolicies>(0)?;
    let proposal = Proposal::policy(&form.name, &form.data)?;
    Ok(web::Json(preview::look(&state, &proposal, state.clock.now()).await?))
}

/// Makes a policy of a new name, as it was previewed.
#[utoipa::path(tag = "due dates", request_body = Making<PolicyForm>, responses((status = 201, body = Preview)))]
#[post("/sla-policies")]
async fn make(
    caller: Require<KeepPolicies>,
    state: web::Data<AppState>,
    form: web::Json<Making<PolicyForm>>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<KeepPolicies>(0)?;
    let proposal = Proposal::policy(&form.name, &form.data)?;
    if proposal.newest(&Policies::load(state.database.reader()).await?) > 0 {
        let detail = format!("There is a policy called {} already; publish a new version of it.", form.name);
        return Err(Problem::new(Kind::Conflict, detail));
    }
    let made = proposal::publish(&state, &caller, &proposal, &form.digest, &form.reason).await?;
    Ok(HttpResponse::Created().json(made))
}

/// Publishes a new version, as it was previewed, and has the open risks worked out again.
#[utoipa::path(
    tag = "due dates",
    params(("name" = String, Path)),
    request_body = Publishing<PolicyForm>,
    responses((status = 200, body = Preview))
)]
#[post("/sla-policies/{name}/publish")]
async fn publish(
    caller: Require<KeepPolicies>,
    state: web::Data<AppState>,
    name: web::Path<String>,
    form: web::Json<Publishing<PolicyForm>>,
) -> Result<web::Json<Preview>, Problem> {
    caller.require_in::<KeepPolicies>(0)?;
    let proposal = Proposal::policy(&name, &form.data)?;
    if proposal.newest(&Policies::load(state.database.reader()).await?) == 0 {
        return Err(Problem::not_found(format!("policy {name}")));
    }
    Ok(web::Json(proposal::publish(&state, &caller, &proposal, &form.digest, &form.reason).await?))
}
