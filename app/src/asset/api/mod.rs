//! `/api/v1/assets` and `/api/v1/data-classes`

mod assessments;
mod data_classes;
mod edit;
mod import;
mod list;
mod matchers;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list)
        .service(list::create)
        // Before the endpoints of one asset, whose key it would be taken for.
        .service(import::import)
        .service(list::show)
        .service(edit::edit)
        .service(edit::retire)
        .service(edit::merge)
        .service(matchers::list)
        .service(matchers::replace)
        .service(assessments::list)
        .service(assessments::add)
        .service(data_classes::show)
        .service(data_classes::replace);
}
