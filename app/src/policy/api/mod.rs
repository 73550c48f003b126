//! `/api/v1/sla-policies`, `/calendars` and the due dates of teams.

mod calendars;
mod sla_policies;
mod teams;

use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    sla_policies::routes(config);
    calendars::routes(config);
    config.service(teams::choose);
}

/// What is published, and why.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Publishing<T> {
    /// What the new version says.
    data: T,
    /// The digest of the preview that was looked at.
    digest: String,
    /// Why.
    reason: String,
}

/// What is made, under a name of its own.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Making<T> {
    /// A word of small letters, digits, _ and -.
    name: String,
    /// What it says.
    data: T,
    /// The digest of the preview that was looked at.
    digest: String,
    /// Why.
    reason: String,
}

/// What is to be looked at.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Looking<T> {
    /// Of which policy or calendar it would be a version.
    name: String,
    /// What it would say.
    data: T,
}
