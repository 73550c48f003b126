//! `/api/v1/calendars`

use actix_web::{HttpResponse, get, post, web};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Looking, Making, Publishing};
use crate::access::require::Require;
use crate::access::right::{KeepPolicies, See};
use crate::platform::paging::Page;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::policy::calendar_form::CalendarForm;
use crate::policy::preview::{self, Preview};
use crate::policy::proposal::{self, Proposal};
use crate::policy::version::Version;
use crate::state::AppState;

/// Registers the endpoints.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(look).service(make).service(publish);
}

/// A calendar in force.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CalendarView {
    /// What it is asked for by.
    name: String,
    /// Which version of it is in force.
    version: i32,
    /// What it says.
    data: CalendarForm,
}

/// The calendars, by name, each in the version that is in force.
#[utoipa::path(tag = "due dates", responses((status = 200, body = Page<CalendarView>)))]
#[get("/calendars")]
async fn list(
    _caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<web::Json<Page<CalendarView>>, Problem> {
    let policies = Policies::load(state.database.reader()).await?;
    let view = |version: &Version<_>| CalendarView {
        name: version.name.clone(),
        version: version.number,
        data: CalendarForm::from(&version.data),
    };
    Ok(web::Json(Page {
        items: policies.calendars().in_force().into_iter().map(view).collect(),
        next_cursor: None,
    }))
}

/// What would become of the open risks. Nothing is changed.
#[utoipa::path(tag = "due dates", request_body = Looking<CalendarForm>, responses((status = 200, body = Preview)))]
#[post("/calendars/preview")]
async fn look(
    caller: Require<KeepPolicies>,
    state: web::Data<AppState>,
    form: web::Json<Looking<CalendarForm>>,
) -> Result<web::Json<Preview>, Problem> {
    caller.require_in::<KeepPolicies>(0)?;
    let proposal = Proposal::calendar(&form.name, &form.data, state.config.organisation.zone)?;
    Ok(web::Json(preview::look(&state, &proposal, state.clock.now()).await?))
}

/// Makes a calendar of a new name, as it was previewed.
#[utoipa::path(tag = "due dates", request_body = Making<CalendarForm>, responses((status = 201, body = Preview)))]
#[post("/calendars")]
async fn make(
    caller: Require<KeepPolicies>,
    state: web::Data<AppState>,
    form: web::Json<Making<CalendarForm>>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<KeepPolicies>(0)?;
    let proposal = Proposal::calendar(&form.name, &form.data, state.config.organisation.zone)?;
    if proposal.newest(&Policies::load(state.database.reader()).await?) > 0 {
        let detail =
            format!("There is a calendar called {} already; publish a new version of it.", form.name);
        return Err(Problem::new(Kind::Conflict, detail));
    }
    let made = proposal::publish(&state, &caller, &proposal, &form.digest, &form.reason).await?;
    Ok(HttpResponse::Created().json(made))
}

/// Publishes a new version, as it was previewed, and has the open risks worked out again.
#[utoipa::path(
    tag = "due dates",
    params(("name" = String, Path)),
    request_body = Publishing<CalendarForm>,
    responses((status = 200, body = Preview))
)]
#[post("/calendars/{name}/publish")]
async fn publish(
    caller: Require<KeepPolicies>,
    state: web::Data<AppState>,
    name: web::Path<String>,
    form: web::Json<Publishing<CalendarForm>>,
) -> Result<web::Json<Preview>, Problem> {
    caller.require_in::<KeepPolicies>(0)?;
    let proposal = Proposal::calendar(&name, &form.data, state.config.organisation.zone)?;
    if proposal.newest(&Policies::load(state.database.reader()).await?) == 0 {
        return Err(Problem::not_found(format!("calendar {name}")));
    }
    Ok(web::Json(proposal::publish(&state, &caller, &proposal, &form.digest, &form.reason).await?))
}
