//! `GET /api/v1/metrics/coverage`

use abate_entity::text_enum;
use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::coverage::{self, ControlCoverage, ItemCoverage};
use crate::access::require::Require;
use crate::access::right::See;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoint.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show);
}

text_enum! {
    /// What coverage is counted by.
    enum Group ("group") {
        /// Controls, with STRIDE and the kill chain.
        Control = "control",
        /// Items of frameworks.
        Framework = "framework",
    }
}

/// What coverage is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct Question {
    /// control (the default) or framework.
    group: Option<String>,
}

/// How far controls cover the risks that are not closed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CoverageView {
    /// By control, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    controls: Option<Vec<ControlCoverage>>,
    /// By item, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<ItemCoverage>>,
}

/// How far controls cover risks: by control with STRIDE and the kill chain, or by item of a framework.
#[utoipa::path(tag = "metrics", params(Question), responses((status = 200, body = CoverageView)))]
#[get("/metrics/coverage")]
async fn show(
    caller: Require<See>,
    state: web::Data<AppState>,
    question: web::Query<Question>,
) -> Result<web::Json<CoverageView>, Problem> {
    let (db, scope, now) = (state.database.reader(), caller.scope(), state.clock.now());
    let word = question.group.as_deref().unwrap_or(Group::Control.as_str());
    let group: Group = word.parse().map_err(|error| Problem::invalid("group", format!("{error}.")))?;
    let mut view = CoverageView { controls: None, items: None };
    match group {
        Group::Control => view.controls = Some(coverage::by_control(db, &scope, now).await?),
        Group::Framework => view.items = Some(coverage::by_item(db, &scope, now).await?),
    }
    Ok(web::Json(view))
}
