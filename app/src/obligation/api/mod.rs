//! `/api/v1/cadences` and `/api/v1/runs`: one file a group of endpoints.

mod cadences;
mod runs;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(cadences::list)
        .service(cadences::create_cadence)
        .service(cadences::preview)
        .service(cadences::create_default_cadences)
        .service(cadences::show)
        .service(cadences::edit_cadence)
        .service(cadences::list_runs)
        .service(runs::show)
        .service(runs::start_run)
        .service(runs::complete_run)
        .service(runs::skip_run)
        .service(runs::snooze_run)
        .service(runs::explain_run);
}
