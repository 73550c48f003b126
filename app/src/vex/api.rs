//! `GET /api/v1/vex`

use abate_integrations::vex::{cyclonedx, openvex};
use actix_web::{HttpResponse, get, web};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

use super::gather::gather;
use crate::access::require::Require;
use crate::access::right::See;
use crate::access::scope::Scope;
use crate::asset::finder;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show);
}

/// The format of a VEX document.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum VexFormat {
    /// OpenVEX 0.2.0.
    #[default]
    #[value(name = "openvex")]
    OpenVex,
    /// CycloneDX 1.6.
    #[value(name = "cyclonedx")]
    CycloneDx,
}

impl VexFormat {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenVex => "openvex",
            Self::CycloneDx => "cyclonedx",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::OpenVex => "application/json",
            Self::CycloneDx => "application/vnd.cyclonedx+json; version=1.6",
        }
    }
}

/// Which document is asked for.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct VexQuestion {
    /// Key of the asset.
    pub asset: String,
    /// openvex or cyclonedx; openvex unless told.
    #[serde(default)]
    #[param(inline)]
    pub format: VexFormat,
}

/// What was decided about the vulnerabilities of an asset, for scanners and customers. Confidential risks are left out.
#[utoipa::path(tag = "vex", params(VexQuestion), responses((status = 200, body = Value), (status = 404)))]
#[get("/vex")]
async fn show(
    caller: Require<See>,
    state: web::Data<AppState>,
    question: web::Query<VexQuestion>,
) -> Result<HttpResponse, Problem> {
    let document = document(state.database.reader(), &caller.scope_of::<See>(), &question).await?;
    let body = serde_json::to_string_pretty(&document).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type(question.format.content_type()).body(body))
}

/// The document about one asset that may be seen.
///
/// # Errors
/// 404 when there is no such asset.
pub async fn document(
    db: &impl ConnectionTrait,
    scope: &Scope,
    question: &VexQuestion,
) -> Result<Value, Problem> {
    let asset = finder::one(db, scope, question.asset.trim()).await?;
    let gathered = gather(db, scope, &asset).await?;
    Ok(match question.format {
        VexFormat::OpenVex => openvex(&gathered),
        VexFormat::CycloneDx => cyclonedx(&gathered),
    })
}
