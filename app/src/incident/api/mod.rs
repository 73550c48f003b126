//! `/api/v1/incidents`: one file a group of endpoints.

mod declare;
mod list;
mod rules;
mod steps;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) use declare::DataForm;
pub(crate) use declare::{IncidentForm, resolve};
pub(super) use steps::{act, take};
pub use view::{DutyView, EntryView, IncidentDetail, IncidentView};

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list)
        .service(list::show)
        .service(list::export_incident)
        .service(declare::create)
        .service(declare::of_risk)
        .service(declare::of_finding)
        .service(steps::edit)
        .service(steps::acknowledge)
        .service(steps::contain)
        .service(steps::close)
        .service(steps::data)
        .service(steps::entries)
        .service(steps::duties)
        .service(steps::actions)
        .service(rules::rules)
        .service(rules::replace_rules);
}
