//! What operations ask: whether the process lives, and whether it can do its work.

pub mod metrics;

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use sea_orm::ConnectionTrait;

use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers `/healthz`, `/readyz` and `/metrics`.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/healthz", web::get().to(healthz))
        .route("/readyz", web::get().to(readyz))
        .route("/metrics", web::get().to(metrics::metrics));
}

/// The process answers.
async fn healthz() -> impl Responder {
    HttpResponse::Ok().json(serde_json::json!({"status": "ok"}))
}

/// The process can reach its database.
async fn readyz(state: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    state.database.reader().execute_unprepared("SELECT 1").await.map_err(|_| Problem::unavailable(1))?;
    Ok(HttpResponse::Ok().json(serde_json::json!({"status": "ready"})))
}
