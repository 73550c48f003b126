//! Every route there is: the API with its description, the pages, the hooks, and what operations ask.

use std::collections::BTreeSet;

use actix_web::body::MessageBody;
use actix_web::dev::{HttpServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::{self, JsonConfig, PathConfig, QueryConfig, ServiceConfig};
use actix_web::{App, Error, HttpResponse, error};
use utoipa::OpenApi;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::{self, RefOr};
use utoipa_actix_web::{AppExt as _, OpenApiFactory, scope};
use utoipa_swagger_ui::SwaggerUi;

use crate::platform::problem::{FieldProblem, Kind, Problem};
use crate::{
    acceptance, access, asset, audit_log, control, datadog, evidence_pack, feed, gate, grid, hook, incident,
    intake, message, obligation, operations, owner, page, policy, posture, risk, slack, ticket, vex,
    workshop,
};

/// Largest JSON body, in bytes.
const JSON_LIMIT: usize = 1024 * 1024;
/// Largest form of a page, in bytes.
const FORM_LIMIT: usize = 256 * 1024;

#[derive(OpenApi)]
#[openapi(info(
    title = "Abate",
    description = "Takes each risk from the workshop or scanner that found it to the proof that it is gone.",
    license(name = "Apache-2.0", identifier = "Apache-2.0")
))]
struct Description;

/// The API: one line a group of endpoints.
pub fn api() -> impl HttpServiceFactory + OpenApiFactory + 'static {
    scope::scope("/api/v1")
        .configure(acceptance::api::routes)
        .configure(access::api::routes)
        .configure(asset::api::routes)
        .configure(audit_log::api::routes)
        .configure(evidence_pack::api::routes)
        .configure(control::api::routes)
        .configure(control::coverage_api::routes)
        .configure(gate::api::routes)
        .configure(grid::api::routes)
        .configure(vex::api::routes)
        .configure(policy::api::routes)
        .configure(posture::api::routes)
        .configure(message::api::routes)
        .configure(risk::api::routes)
        .configure(intake::api::routes)
        .configure(intake::source_api::routes)
        .configure(feed::api::routes)
        .configure(feed::ssvc_api::routes)
        .configure(hook::api::routes)
        .configure(incident::api::routes)
        .configure(datadog::api::routes)
        .configure(intake::plan::routes)
        .configure(intake::finding::api::routes)
        .configure(intake::rule::api::routes)
        .configure(intake::scope::routes)
        .configure(workshop::api::routes)
        .configure(workshop::hold_api::routes)
        .configure(workshop::mapping_api::routes)
        .configure(workshop::prompt_api::routes)
        .configure(obligation::api::routes)
        .configure(owner::api::routes)
        .configure(ticket::api::routes)
        .configure(ticket::connection::api::routes)
        .configure(ticket::rule::api::routes)
        .configure(ticket::mapping::api::routes)
        .configure(ticket::drift::api::routes)
        .configure(ticket::group::api::routes)
}

/// What the description of the API begins with.
#[must_use]
pub fn description_head() -> openapi::OpenApi {
    Description::openapi()
}

/// The description of the API.
#[must_use]
pub fn description() -> openapi::OpenApi {
    App::new().into_utoipa_app().openapi(description_head()).service(api()).split_for_parts().1
}

/// Everything but the API: pages, hooks, operations, limits.
pub fn configure(config: &mut ServiceConfig) {
    config
        .app_data(JsonConfig::default().limit(JSON_LIMIT).error_handler(|error, _| unreadable(&error).into()))
        .app_data(QueryConfig::default().error_handler(|error, _| unreadable_query(&error).into()))
        .app_data(PathConfig::default().error_handler(|_, _| Problem::not_found("such page").into()))
        .app_data(web::PayloadConfig::new(FORM_LIMIT))
        .configure(operations::routes)
        .configure(ticket::webhook::routes)
        .configure(page::pages)
        .configure(acceptance::page::pages)
        .configure(access::account::pages)
        .configure(access::page::pages)
        .configure(asset::page::pages)
        .configure(audit_log::page::pages)
        .configure(evidence_pack::page::pages)
        .configure(control::page::pages)
        .configure(gate::page::pages)
        .configure(grid::page::pages)
        .configure(intake::page::pages)
        .configure(feed::page::pages)
        .configure(hook::routes)
        .configure(hook::page::pages)
        .configure(incident::page::pages)
        .configure(datadog::page::pages)
        .configure(intake::finding::page::pages)
        .configure(intake::rule::page::pages)
        .configure(intake::scope::pages)
        .configure(workshop::page::pages)
        .configure(workshop::mapping_page::pages)
        .configure(obligation::page::pages)
        .configure(owner::page::pages)
        .configure(policy::page::pages)
        .configure(posture::page::pages)
        .configure(risk::page::pages)
        // Before those whose paths hold a number in its place.
        .configure(ticket::drift::page::pages)
        .configure(ticket::connection::page::pages)
        .configure(ticket::mapping::page::pages)
        .configure(ticket::page::pages)
        .configure(ticket::group::page::pages)
        .configure(ticket::rule::page::pages)
        .configure(slack::routes)
        .route("/api/openapi.json", web::get().to(describe))
        .route("/api/docs", web::get().to(async || web::Redirect::to("/api/docs/index.html").see_other()))
        .service(
            SwaggerUi::new("/api/docs/{_:.*}").config(utoipa_swagger_ui::Config::from("/api/openapi.json")),
        )
        .default_service(web::to(nothing_here));
}

/// Refuses parameters that the description of the API does not name: a filter that is misspelled would be no filter, and
/// the answer would look like the right one.
pub async fn known_parameters<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let unknown = unknown_parameters(&request);
    // A stranger is told who may ask, and nothing else.
    if unknown.is_empty() || !access::require::is_known(&request) {
        return next.call(request).await;
    }
    let detail = "There is no such parameter here; /api/docs names those that there are.";
    let errors = unknown.into_iter().map(|name| FieldProblem::new(name, detail)).collect();
    Err(Problem::all_invalid(errors).into())
}

fn unknown_parameters(request: &ServiceRequest) -> BTreeSet<String> {
    let none = BTreeSet::new;
    if request.query_string().is_empty() || request.method() != Method::GET {
        return none();
    }
    let Some(pattern) = request.match_pattern() else { return none() };
    let description = request.app_data::<web::Data<openapi::OpenApi>>();
    let operation = description.and_then(|description| description.paths.paths.get(&pattern)?.get.as_ref());
    let Some(operation) = operation else { return none() };
    let name = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) => Some(parameter.name.clone()),
        RefOr::Ref(_) => None,
    };
    let known: Vec<String> = operation.parameters.iter().flatten().filter_map(name).collect();
    let given = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let given = given.map(web::Query::into_inner).unwrap_or_default();
    given.into_iter().map(|(name, _)| name).filter(|name| !known.contains(name)).collect()
}

async fn describe(description: web::Data<openapi::OpenApi>) -> HttpResponse {
    HttpResponse::Ok().json(description.get_ref())
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found("such page"))
}

fn unreadable(error: &error::JsonPayloadError) -> Problem {
    let kind = match error {
        error::JsonPayloadError::OverflowKnownLength { .. } | error::JsonPayloadError::Overflow { .. } => {
            Kind::TooLarge
        }
        error::JsonPayloadError::ContentType => Kind::UnsupportedMedia,
        error::JsonPayloadError::Deserialize(error) if error.is_data() => Kind::Invalid,
        _ => Kind::Malformed,
    };
    Problem::new(kind, format!("The body is not as expected: {error}"))
}

fn unreadable_query(error: &error::QueryPayloadError) -> Problem {
    Problem::new(Kind::Invalid, format!("The query is not as expected: {error}"))
}
