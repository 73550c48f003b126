//! Around every page: the headers that keep it safe, and problems as pages instead of documents.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use askama::Template;

use super::badge::Tone;
use super::context::{self, DemoBars};
use super::form::label_of;
use super::frame::{Frame, Section};
use super::listing::address;
use super::problem::ErrorPage;
use super::said;
use crate::access::actor::{Actor, Via};
use crate::access::session::{self, CurrentSession};
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// What a page may load and where its forms may go: this server, and nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// The same for the API's browser, which styles its elements one by one.
const DOCS_POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; \
     img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// A rendered page.
///
/// # Errors
/// When the template fails, which no template of ours does.
pub fn html(page: &impl Template) -> Result<HttpResponse, Problem> {
    let body = page.render().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(body))
}

/// A rendered page that says what was wrong with the form sent to it.
///
/// # Errors
/// When the template fails, which no template of ours does.
pub fn html_with_problem(page: &impl Template, problem: &Problem) -> Result<HttpResponse, Problem> {
    let mut response = html(page)?;
    *response.status_mut() = problem.status_code();
    Ok(response)
}

/// The middleware around all pages.
///
/// # Errors
/// Never of its own.
pub async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let mut response = match page_of(&response).await {
        Some(page) => response.into_response(page),
        None => response,
    };
    let told = response.status().is_success() && response.request().cookie(said::COOKIE).is_some();
    if told {
        // A message that does not fit a header stays out of it: it is gone after a minute anyway.
        drop(response.response_mut().add_cookie(&said::forget()));
    }
    let policy = if response.request().path().starts_with("/api/docs") { DOCS_POLICY } else { POLICY };
    secure(response.headers_mut(), policy);
    Ok(response)
}

/// The page that stands for a response that is a problem, where a browser asked.
async fn page_of(response: &ServiceResponse) -> Option<HttpResponse> {
    let request = response.request();
    let problem = response.response().error()?.as_error::<Problem>()?;
    let of_page = !["/api/", "/hooks/", "/slack/"].iter().any(|path| request.path().starts_with(path));
    if !of_page || !accepts_html(request.headers()) {
        return None;
    }
    if problem.kind() == Kind::Unauthenticated {
        return Some(to_sign_in(request));
    }
    if let Some(cause) = problem.cause() {
        tracing::error!(path = request.path(), error = format!("{cause:#}"), "a page failed");
    }
    let page = ErrorPage {
        frame: frame(request, problem.title()).await,
        status: problem.status_code().as_u16(),
        title: problem.title().to_owned(),
        detail: if problem.errors().is_empty() { problem.detail().to_owned() } else { String::new() },
        items: problem.errors().iter().map(|error| (label_of(&error.field), error.detail.clone())).collect(),
        reference: reference(request),
    };
    let body = page.render().ok()?;
    Some(HttpResponse::build(problem.status_code()).content_type("text/html; charset=utf-8").body(body))
}

/// Leads a stranger to the sign-in page, or to the demo's door, and back here afterwards.
fn to_sign_in(request: &HttpRequest) -> HttpResponse {
    let in_demo = request.app_data::<web::Data<DemoBars>>().is_some();
    let door = if in_demo { "/demo" } else { "/sign-in" };
    if request.method() == Method::GET {
        let here = request.uri().path_and_query().map_or("/", |here| here.as_str());
        let next = if here == "/" { "" } else { here };
        return HttpResponse::SeeOther()
            .insert_header((header::LOCATION, address(door, &[("next", next)])))
            .finish();
    }
    // A form was sent: back to the page that it was on.
    let from = request.headers().get(header::REFERER).and_then(|value| value.to_str().ok());
    let from = from.and_then(|from| from.parse::<url::Url>().ok());
    let next = from.map(|from| from[url::Position::BeforePath..url::Position::AfterQuery].to_owned());
    let text = "Your session has ended, and what you sent was not taken. Sign in, then send it again.";
    said::see_other(&address(door, &[("next", &next.unwrap_or_default())]), Tone::Warn, text)
}

/// The frame of an error: with the bar for somebody signed in, bare for a stranger.
async fn frame(request: &HttpRequest, title: &str) -> Frame {
    match actor(request).await {
        Some(actor) => context::frame(request, &actor, title, Section::Elsewhere),
        None => context::stranger(request, title),
    }
}

/// Who looks at an error. Asked anew, because the handler may have failed before it knew.
async fn actor(request: &HttpRequest) -> Option<Actor> {
    let state = request.app_data::<web::Data<AppState>>()?;
    let db = state.database.reader();
    let session = session::find(db, request, state.clock.now()).await.ok()??;
    let actor = Actor::load(db, session.user_id, Via::Page).await.ok()?;
    request.extensions_mut().insert(CurrentSession(session));
    Some(actor)
}

/// The id under which the log knows the request.
fn reference(request: &HttpRequest) -> String {
    request.extensions().get::<tracing_actix_web::RequestId>().map(ToString::to_string).unwrap_or_default()
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/html"))
}

fn secure(headers: &mut HeaderMap, policy: &'static str) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
        (header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
        (header::PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
