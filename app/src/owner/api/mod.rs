//! What owners ask of the ladder, and the hand-over of their work: one file each.

mod hand_over;
mod snooze;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(snooze::snooze_risk).service(hand_over::hand_over_risks);
}
