//! What owners ask of the ladder: one file each.

mod snooze;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(snooze::snooze_risk);
}
