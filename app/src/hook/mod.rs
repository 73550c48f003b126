//! Hooks: other systems push what they see. A hook verifies, stores and answers; a job reads what was stored.
//!
//! - one file for each kind of sender; `secret` is what they share with us.
//! - `delivery` keeps what came, `read` takes it through the one door for reports, `tidy` forgets it.

pub mod api;
mod aws;
pub mod certificate;
mod datadog;
mod delivery;
mod generic;
mod kind;
pub mod page;
mod read;
mod secret;
mod tidy;
mod view;

use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

pub use self::read::JOB;
pub use self::tidy::TIMER;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Largest event.
const EVENT_LIMIT: usize = 1024 * 1024;
/// Largest report that is pushed; larger ones are uploaded.
const REPORT_LIMIT: usize = 16 * 1024 * 1024;

/// Registers the addresses that other systems call.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/hooks/aws/{id}")
                .app_data(web::PayloadConfig::new(EVENT_LIMIT))
                .route(web::post().to(receive_aws)),
        )
        .service(
            web::resource("/hooks/datadog/{id}")
                .app_data(web::PayloadConfig::new(EVENT_LIMIT))
                .route(web::post().to(receive_datadog)),
        )
        .service(
            web::resource("/hooks/generic/{id}")
                .app_data(web::PayloadConfig::new(REPORT_LIMIT))
                .route(web::post().to(receive_generic)),
        );
}

async fn receive_aws(
    state: web::Data<AppState>,
    id: web::Path<String>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let hook = delivery::hook(&state, &id, kind::AWS).await?;
    match aws::check(&state, &hook, &request, &body).await? {
        Some(new) => delivery::store(&state, &hook, new).await,
        None => Ok(HttpResponse::Ok().finish()),
    }
}

async fn receive_datadog(
    state: web::Data<AppState>,
    id: web::Path<String>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let hook = delivery::hook(&state, &id, kind::DATADOG).await?;
    let new = datadog::check(&state, &hook, &request, &body)?;
    delivery::store(&state, &hook, new).await
}

async fn receive_generic(
    state: web::Data<AppState>,
    id: web::Path<String>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let hook = delivery::hook(&state, &id, kind::GENERIC).await?;
    let new = generic::check(&state, &hook, &request, &body)?;
    delivery::store(&state, &hook, new).await
}
