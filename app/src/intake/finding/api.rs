//! `/api/v1/findings`: those without a risk, and what a person decides about them.

use abate_entity::level::Level;
use actix_web::{get, post, web};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::decision;
use super::finder::{self, FindingView};
use crate::access::require::Require;
use crate::access::right::{DecideFindings, See};
use crate::intake::plan_rules::Intake;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(decide);
}

/// Which findings to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
struct Which {
    /// waiting (unless told), kept, suppressed or put_aside.
    intake: Option<String>,
    /// Rows on the page, 1 to 200; 25 unless told.
    limit: Option<u64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The findings without a risk, the newest first.
#[utoipa::path(tag = "findings", params(Which), responses((status = 200, body = Page<FindingView>)))]
#[get("/findings")]
async fn list(
    caller: Require<See>,
    state: web::Data<AppState>,
    which: web::Query<Which>,
) -> Result<web::Json<Page<FindingView>>, Problem> {
    let which = which.into_inner();
    let intake = match which.intake.as_deref() {
        None => Intake::Waiting,
        Some(word) => {
            word.parse::<Intake>().map_err(|error| Problem::invalid("intake", error.to_string()))?
        }
    };
    let page = PageQuery { limit: which.limit, cursor: which.cursor };
    Ok(web::Json(finder::page(state.database.reader(), &caller.scope(), intake, &page).await?))
}

/// What a person decides.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Decision {
    /// make_risk or keep.
    decision: String,
    /// info, low, medium, high or critical; needed where the tool gives none.
    severity: Option<String>,
}

/// What came of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Decided {
    /// Number of the finding.
    finding: i64,
    /// Key of the risk that it supports now.
    risk: Option<String>,
}

/// Makes a risk of a finding, or keeps it as it is.
#[utoipa::path(tag = "findings", params(("id" = i64, Path)), request_body = Decision, responses((status = 200, body = Decided),
    (status = 409, description = "it supports a risk already")))]
#[post("/findings/{id}/decide")]
async fn decide(
    caller: Require<DecideFindings>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<Decision>,
) -> Result<web::Json<Decided>, Problem> {
    let risk = match form.decision.as_str() {
        "make_risk" => {
            let key = decision::make_risk(&state, &caller, *id, severity(form.severity.as_deref())?).await?;
            Some(key.to_string())
        }
        "keep" => {
            decision::keep(&state, &caller, *id).await?;
            None
        }
        _ => return Err(Problem::invalid("decision", "Use make_risk or keep.")),
    };
    Ok(web::Json(Decided { finding: *id, risk }))
}

/// Reads a severity; none for an empty word.
pub(super) fn severity(word: Option<&str>) -> Result<Option<Level>, Problem> {
    word.filter(|word| !word.is_empty())
        .map(|word| word.parse::<Level>().map_err(|error| Problem::invalid("severity", error.to_string())))
        .transpose()
}
